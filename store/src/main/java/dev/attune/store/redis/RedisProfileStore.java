package dev.attune.store.redis;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Profiles in Redis. Lookups have a connection of their own, so that they do not queue behind bulk
 * reads and writes. Stages complete on the driver's threads: who continues there must not block.
 *
 * <p>A write that was not answered in time may have been done or not: read before writing again. No
 * command is sent a second time after the connection broke.
 */
public final class RedisProfileStore implements ProfileStore {
  private static final LookupResult ABSENT = new LookupResult.Absent();
  private static final int SCAN_PAGE = 1_000;

  private final Keys keys;
  private final Deadlines deadlines = new Deadlines();
  private final ClientResources resources;
  private final RedisClient client;
  private final RedisLink lookups;
  private final RedisLink bulk;

  private RedisProfileStore(RedisSettings settings) {
    keys = new Keys(settings.prefix());
    resources = RedisDriver.resources(settings);
    client = RedisDriver.client(settings, resources);
    lookups = new RedisLink(client, RedisDriver.uri(settings));
    bulk = new RedisLink(client, RedisDriver.uri(settings));
  }

  /** A store that connects when it is first asked for something. */
  public static RedisProfileStore create(RedisSettings settings) {
    return new RedisProfileStore(settings);
  }

  @Override
  public CompletionStage<LookupResult> find(Identifier identifier, Duration timeout) {
    Call<LookupResult> call = deadlines.call(timeout);
    withConnection(
        call,
        lookups,
        redis -> {
          var commands = redis.async();
          call.then(
              commands.hget(keys.identity(identifier), Keys.PROFILE_ID),
              id -> {
                if (id == null || id.length == 0) {
                  call.complete(ABSENT);
                } else {
                  follow(commands, call, Records.text(id), 0);
                }
              });
        });
    return call;
  }

  @Override
  public CompletionStage<LookupResult> findById(String profileId, Duration timeout) {
    Call<LookupResult> call = deadlines.call(timeout);
    withConnection(call, lookups, redis -> follow(redis.async(), call, profileId, 0));
    return call;
  }

  private void follow(
      RedisAsyncCommands<String, byte[]> commands,
      Call<LookupResult> call,
      String profileId,
      int redirects) {
    call.then(
        commands.hmget(keys.profile(profileId), Keys.SERVED, Keys.REDIRECT),
        fields -> {
          var served = fields.get(0);
          var redirect = fields.get(1);
          if (served.hasValue()) {
            call.complete(new LookupResult.Found(new Served(Records.bytes(served.getValue()))));
          } else if (!redirect.hasValue()) {
            call.complete(ABSENT);
          } else if (redirects == REDIRECTS_MAX) {
            call.fail(
                new StoreException(
                    StoreException.Kind.CORRUPT,
                    "more than " + REDIRECTS_MAX + " redirects in a row"));
          } else {
            follow(commands, call, Records.text(redirect.getValue()), redirects + 1);
          }
        });
  }

  @Override
  public CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout) {
    checkSize(identifiers);
    Call<List<Optional<IdentityRecord>>> call = deadlines.call(timeout);
    var commands =
        identifiers.stream().map(i -> Batch.hget(keys.identity(i), Keys.RECORD)).toList();
    withConnection(
        call,
        bulk,
        redis ->
            call.then(
                Batch.send(redis, call, commands),
                _ ->
                    call.complete(
                        commands.stream().map(c -> Records.identity(c.join())).toList())));
    return call;
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    checkSize(profileIds);
    Call<List<Optional<ProfileRecord>>> call = deadlines.call(timeout);
    var commands =
        profileIds.stream()
            .map(id -> Batch.hmget(keys.profile(id), Records.PROFILE_FIELDS))
            .toList();
    withConnection(
        call,
        bulk,
        redis ->
            call.then(
                Batch.send(redis, call, commands),
                _ -> {
                  List<Optional<ProfileRecord>> records = new ArrayList<>(commands.size());
                  for (int i = 0; i < commands.size(); i++) {
                    records.add(Records.profile(profileIds.get(i), commands.get(i).join()));
                  }
                  call.complete(records);
                }));
    return call;
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    checkSize(profileIds);
    Call<List<Long>> call = deadlines.call(timeout);
    var commands =
        profileIds.stream().map(id -> Batch.hget(keys.profile(id), Keys.VERSION)).toList();
    withConnection(
        call,
        bulk,
        redis ->
            call.then(
                Batch.send(redis, call, commands),
                _ ->
                    call.complete(commands.stream().map(c -> Records.version(c.join())).toList())));
    return call;
  }

  @Override
  public CompletionStage<List<Boolean>> writeIdentities(
      List<IdentityWrite> writes, Duration timeout) {
    checkSize(writes);
    return compareAndSet(
        writes.stream()
            .map(
                w ->
                    CompareAndSet.of(
                        keys.identity(w.identifier()), w.expectedVersion(), w.record()))
            .toList(),
        timeout);
  }

  @Override
  public CompletionStage<List<Boolean>> writeProfiles(List<ProfileWrite> writes, Duration timeout) {
    checkSize(writes);
    return compareAndSet(
        writes.stream()
            .map(
                w ->
                    CompareAndSet.of(
                        keys.profile(w.record().getProfileId()), w.expectedVersion(), w.record()))
            .toList(),
        timeout);
  }

  private CompletionStage<List<Boolean>> compareAndSet(
      List<CompareAndSet> writes, Duration timeout) {
    Call<List<Boolean>> call = deadlines.call(timeout);
    withConnection(
        call,
        bulk,
        redis -> {
          var commands = writes.stream().map(CompareAndSet::byDigest).toList();
          call.then(Batch.send(redis, call, commands), _ -> finish(redis, call, writes, commands));
        });
    return call;
  }

  /** Completes the call, after a second try of those writes whose script Redis had forgotten. */
  private static void finish(
      StatefulRedisConnection<String, byte[]> redis,
      Call<List<Boolean>> call,
      List<CompareAndSet> writes,
      List<AsyncCommand<String, byte[], Long>> commands) {
    var answered = new ArrayList<>(commands);
    List<AsyncCommand<String, byte[], Long>> again = new ArrayList<>();
    for (int i = 0; i < writes.size(); i++) {
      var command = commands.get(i);
      if (command.isCompletedExceptionally() && RedisErrors.isNoScript(command.exceptionNow())) {
        answered.set(i, writes.get(i).byText());
        again.add(answered.get(i));
      }
    }
    call.then(
        Batch.send(redis, call, again),
        _ -> call.complete(answered.stream().map(c -> c.join() == 1).toList()));
  }

  @Override
  public CompletionStage<Void> raiseMarks(
      Map<String, Long> marks, Duration keep, Duration timeout) {
    List<CompareAndSet> raises = new ArrayList<>();
    marks.forEach((name, value) -> raises.add(CompareAndSet.ofMark(keys.mark(name), value, keep)));
    checkSize(raises);
    return compareAndSet(raises, timeout).thenApply(_ -> null);
  }

  @Override
  public CompletionStage<List<Long>> readMarks(List<String> names, Duration timeout) {
    checkSize(names);
    Call<List<Long>> call = deadlines.call(timeout);
    var commands = names.stream().map(name -> Batch.get(keys.mark(name))).toList();
    withConnection(
        call,
        lookups,
        redis ->
            call.then(
                Batch.send(redis, call, commands),
                _ -> call.complete(commands.stream().map(c -> Records.mark(c.join())).toList())));
    return call;
  }

  @Override
  public CompletionStage<ProfileIdPage> scanProfileIds(String cursor, Duration timeout) {
    if (!cursor.matches("\\d{1,20}")) {
      throw new IllegalArgumentException("cursor: not one of this store's");
    }
    Call<ProfileIdPage> call = deadlines.call(timeout);
    var args = ScanArgs.Builder.matches(keys.profilePattern()).limit(SCAN_PAGE);
    withConnection(
        call,
        bulk,
        redis ->
            call.then(
                redis.async().scan(ScanCursor.of(cursor), args),
                page ->
                    call.complete(
                        new ProfileIdPage(
                            page.getKeys().stream().map(keys::profileId).toList(),
                            page.isFinished() ? "" : page.getCursor()))));
    return call;
  }

  @Override
  public boolean isOverload(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof StoreException e && e.kind() == StoreException.Kind.OVERLOADED;
  }

  @Override
  public void close() {
    RedisDriver.close(client, resources);
    deadlines.close();
  }

  private static void withConnection(
      Call<?> call, RedisLink link, Consumer<StatefulRedisConnection<String, byte[]>> work) {
    if (!call.isDone()) {
      call.then(link.connection(), work);
    }
  }

  private static void checkSize(List<?> batch) {
    if (batch.size() > BATCH_MAX) {
      throw new IllegalArgumentException(
          "batch: " + batch.size() + " records (expected: at most " + BATCH_MAX + ")");
    }
  }
}
