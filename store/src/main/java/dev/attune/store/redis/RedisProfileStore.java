package dev.attune.store.redis;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Profiles in Redis, on one server or on a cluster. Lookups have connections of their own, so that
 * they do not queue behind bulk reads and writes; all go to masters. Stages complete on the
 * driver's threads: who continues there must not block.
 *
 * <p>A write that was not answered in time may have been done or not: read before writing again. No
 * command is sent a second time after the connection broke.
 */
public final class RedisProfileStore implements ProfileStore {
  private static final LookupResult ABSENT = new LookupResult.Absent();

  private final Keys keys;
  private final boolean single;
  private final Servers servers;
  private final Scan scan;
  private final Deadlines deadlines;

  private RedisProfileStore(RedisSettings settings, Loops loops) {
    keys = new Keys(settings.prefix());
    single = settings.mode() == RedisSettings.Mode.SINGLE;
    servers = new Servers(settings, loops, InstantSource.system());
    scan = new Scan(servers, keys);
    deadlines = new Deadlines();
  }

  /**
   * A store that connects when it is first asked for something.
   *
   * @throws IllegalArgumentException when a file for the encryption cannot be read
   */
  public static RedisProfileStore create(RedisSettings settings) {
    return new RedisProfileStore(settings, Loops.NONE);
  }

  /**
   * The same for callers on event loops: a lookup that is asked on one is answered on it, over a
   * connection of its own. Other threads may ask, too.
   *
   * @param loops outlive the store, which does not close them; they handle Java's own channels
   */
  public static RedisProfileStore create(RedisSettings settings, EventLoopGroup loops) {
    return new RedisProfileStore(settings, Loops.of(loops));
  }

  /**
   * Tells from now on when acknowledged writes may have been lost, on a thread where the listener
   * may take its time. One that throws is told again a little later. It is not told of what happens
   * before the store is first asked for something, nor while no store is open.
   */
  public void onLostWrites(Consumer<LostWrites> listener) {
    servers.watch().add(listener);
  }

  @Override
  public CompletionStage<LookupResult> find(Identifier identifier, Duration timeout) {
    Call<LookupResult> call = deadlines.call(timeout);
    servers
        .lookups()
        .ask(
            call,
            Request.hget(keys.identity(identifier), Keys.PROFILE_ID),
            id -> {
              if (id == null || id.length == 0) {
                call.complete(ABSENT);
              } else {
                follow(call, Records.text(id), 0);
              }
            });
    return call;
  }

  @Override
  public CompletionStage<LookupResult> findById(String profileId, Duration timeout) {
    Call<LookupResult> call = deadlines.call(timeout);
    follow(call, profileId, 0);
    return call;
  }

  /** Asks for what nearly every profile has and, only where it is not, whether it was merged. */
  private void follow(Call<LookupResult> call, String profileId, int redirects) {
    servers
        .lookups()
        .ask(
            call,
            Request.hget(keys.profile(profileId), Keys.SERVED),
            served -> {
              if (served != null) {
                found(call, served);
              } else {
                followMerged(call, profileId, redirects);
              }
            });
  }

  private void followMerged(Call<LookupResult> call, String profileId, int redirects) {
    servers
        .lookups()
        .ask(
            call,
            Request.hmget(keys.profile(profileId), Records.SERVED_OR_REDIRECT),
            fields -> {
              byte[] served = fields.get(0); // a redirect may just have become a profile again
              byte[] redirect = fields.get(1);
              if (served != null) {
                found(call, served);
              } else if (redirect == null) {
                call.complete(ABSENT);
              } else if (redirects == REDIRECTS_MAX) {
                call.fail(
                    new StoreException(
                        StoreException.Kind.CORRUPT,
                        "more than " + REDIRECTS_MAX + " redirects in a row"));
              } else {
                follow(call, Records.text(redirect), redirects + 1);
              }
            });
  }

  private static void found(Call<LookupResult> call, byte[] served) {
    call.complete(new LookupResult.Found(new Served(Records.bytes(served))));
  }

  @Override
  public CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout) {
    checkSize(identifiers);
    Call<List<Optional<IdentityRecord>>> call = deadlines.call(timeout);
    servers
        .bulk()
        .askAll(
            call,
            identifiers.stream().map(i -> Request.hget(keys.identity(i), Keys.RECORD)).toList(),
            records -> call.complete(records.stream().map(Records::identity).toList()));
    return call;
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    checkSize(profileIds);
    Call<List<Optional<ProfileRecord>>> call = deadlines.call(timeout);
    servers
        .bulk()
        .askAll(
            call,
            profileIds.stream()
                .map(id -> Request.hmget(keys.profile(id), Records.PROFILE_FIELDS))
                .toList(),
            fields -> {
              List<Optional<ProfileRecord>> records = new ArrayList<>(fields.size());
              for (int i = 0; i < fields.size(); i++) {
                records.add(Records.profile(profileIds.get(i), fields.get(i)));
              }
              call.complete(records);
            });
    return call;
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    checkSize(profileIds);
    Call<List<Long>> call = deadlines.call(timeout);
    servers
        .bulk()
        .askAll(
            call,
            profileIds.stream().map(id -> Request.hget(keys.profile(id), Keys.VERSION)).toList(),
            versions -> call.complete(versions.stream().map(Records::version).toList()));
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

  /** In a cluster the two records of a person lie on different servers. */
  @Override
  public boolean createsPeople() {
    return single;
  }

  @Override
  public CompletionStage<List<Boolean>> createPeople(List<NewPerson> people, Duration timeout) {
    if (!single) {
      return ProfileStore.super.createPeople(people, timeout);
    }
    checkSize(people);
    Call<List<Boolean>> call = deadlines.call(timeout);
    servers
        .bulk()
        .askAll(
            call,
            Creation.requests(people, keys),
            answers -> call.complete(Creation.created(answers)));
    return call;
  }

  private CompletionStage<List<Boolean>> compareAndSet(
      List<CompareAndSet> writes, Duration timeout) {
    Call<List<Boolean>> call = deadlines.call(timeout);
    servers
        .bulk()
        .askAll(
            call,
            writes.stream().map(CompareAndSet::request).toList(),
            written -> call.complete(written.stream().map(answer -> answer == 1).toList()));
    return call;
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
    servers
        .lookups()
        .askAll(
            call,
            names.stream().map(name -> Request.get(keys.mark(name))).toList(),
            marks -> call.complete(marks.stream().map(Records::mark).toList()));
    return call;
  }

  @Override
  public CompletionStage<ProfileIdPage> scanProfileIds(String cursor, Duration timeout) {
    Scan.Position position = Scan.Position.parse(cursor);
    Call<ProfileIdPage> call = deadlines.call(timeout);
    scan.page(call, position);
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
    servers.close();
    deadlines.close();
  }

  private static void checkSize(List<?> batch) {
    if (batch.size() > BATCH_MAX) {
      throw new IllegalArgumentException(
          "batch: " + batch.size() + " records (expected: at most " + BATCH_MAX + ")");
    }
  }
}
