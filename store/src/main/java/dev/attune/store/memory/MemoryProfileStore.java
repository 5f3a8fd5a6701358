package dev.attune.store.memory;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Keeps everything on the heap and forgets it with the process: for tests, and for what is rebuilt
 * anyway. Every call is answered before it returns.
 */
public final class MemoryProfileStore implements ProfileStore {
  private static final int PAGE = 1_000;
  private static final String AFTER = "after:";

  private final Map<Identifier, IdentityRecord> identities = new ConcurrentHashMap<>();
  private final NavigableMap<String, ProfileRecord> profiles = new ConcurrentSkipListMap<>();
  private final Map<String, Long> marks = new ConcurrentHashMap<>();
  private volatile boolean closed;

  @Override
  public CompletionStage<LookupResult> find(Identifier identifier, Duration timeout) {
    return answer(
        () -> {
          IdentityRecord identity = identities.get(identifier);
          return identity == null ? new LookupResult.Absent() : follow(identity.getProfileId());
        });
  }

  @Override
  public CompletionStage<LookupResult> findById(String profileId, Duration timeout) {
    return answer(() -> follow(profileId));
  }

  private LookupResult follow(String profileId) {
    String id = profileId;
    for (int redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      ProfileRecord record = profiles.get(id);
      if (record == null) {
        return new LookupResult.Absent();
      }
      if (record.hasLive()) {
        return new LookupResult.Found(new Served(record.getLive().getServed()));
      }
      id = record.getRedirectTo();
    }
    throw new StoreException(
        StoreException.Kind.CORRUPT, "more than " + REDIRECTS_MAX + " redirects in a row");
  }

  @Override
  public CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout) {
    checkSize(identifiers);
    return answer(
        () -> identifiers.stream().map(i -> Optional.ofNullable(identities.get(i))).toList());
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    checkSize(profileIds);
    return answer(
        () -> profileIds.stream().map(id -> Optional.ofNullable(profiles.get(id))).toList());
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    checkSize(profileIds);
    return answer(
        () ->
            profileIds.stream()
                .map(
                    id ->
                        Optional.ofNullable(profiles.get(id))
                            .map(ProfileRecord::getVersion)
                            .orElse(0L))
                .toList());
  }

  @Override
  public CompletionStage<List<Boolean>> writeIdentities(
      List<IdentityWrite> writes, Duration timeout) {
    checkSize(writes);
    return answer(
        () ->
            writes.stream()
                .map(
                    write ->
                        compareAndSet(
                            identities,
                            write.identifier(),
                            IdentityRecord::getVersion,
                            write.expectedVersion(),
                            write.record()))
                .toList());
  }

  @Override
  public CompletionStage<List<Boolean>> writeProfiles(List<ProfileWrite> writes, Duration timeout) {
    checkSize(writes);
    for (ProfileWrite write : writes) {
      if (write.record().getContentCase() == ProfileRecord.ContentCase.CONTENT_NOT_SET) {
        throw new IllegalArgumentException("record: neither live nor a redirect");
      }
    }
    return answer(
        () ->
            writes.stream()
                .map(
                    write ->
                        compareAndSet(
                            profiles,
                            write.record().getProfileId(),
                            ProfileRecord::getVersion,
                            write.expectedVersion(),
                            write.record()))
                .toList());
  }

  @Override
  public boolean createsPeople() {
    return true;
  }

  /** In one step: one who writes an identity record, or creates someone, waits for it. */
  @Override
  public CompletionStage<List<Boolean>> createPeople(List<NewPerson> people, Duration timeout) {
    checkSize(people);
    return answer(() -> people.stream().map(this::create).toList());
  }

  private boolean create(NewPerson person) {
    var created = new AtomicBoolean();
    identities.computeIfAbsent(
        person.identifier(),
        _ -> {
          created.set(
              profiles.putIfAbsent(person.profile().getProfileId(), person.profile()) == null);
          return created.get() ? person.identity() : null;
        });
    return created.get();
  }

  private static <K, R> boolean compareAndSet(
      Map<K, R> records, K key, ToLongFunction<R> versionOf, long expectedVersion, R record) {
    var written = new AtomicBoolean();
    records.compute(
        key,
        (ignored, stored) -> {
          // A skip-list map may call this more than once: only the last call counts.
          written.set((stored == null ? 0 : versionOf.applyAsLong(stored)) == expectedVersion);
          return written.get() ? record : stored;
        });
    return written.get();
  }

  /** The heap keeps marks for as long as it lasts. */
  @Override
  public CompletionStage<Void> raiseMarks(
      Map<String, Long> raised, Duration keep, Duration timeout) {
    checkSize(raised.keySet());
    return answer(
        () -> {
          raised.forEach((name, value) -> marks.merge(name, value, Math::max));
          return null;
        });
  }

  @Override
  public CompletionStage<List<Long>> readMarks(List<String> names, Duration timeout) {
    checkSize(names);
    return answer(() -> names.stream().map(name -> marks.getOrDefault(name, -1L)).toList());
  }

  @Override
  public CompletionStage<ProfileIdPage> scanProfileIds(String cursor, Duration timeout) {
    NavigableMap<String, ProfileRecord> rest;
    if (cursor.equals(ProfileIdPage.FIRST)) {
      rest = profiles;
    } else if (cursor.startsWith(AFTER)) {
      rest = profiles.tailMap(cursor.substring(AFTER.length()), false);
    } else {
      throw new IllegalArgumentException("cursor: not one of this store's");
    }
    return answer(
        () -> {
          List<String> ids = new ArrayList<>();
          for (String id : rest.keySet()) {
            ids.add(id);
            if (ids.size() == PAGE) {
              return new ProfileIdPage(ids, AFTER + id);
            }
          }
          return new ProfileIdPage(ids, "");
        });
  }

  private static void checkSize(Collection<?> batch) {
    if (batch.size() > BATCH_MAX) {
      throw new IllegalArgumentException(
          "batch: " + batch.size() + " records (expected: at most " + BATCH_MAX + ")");
    }
  }

  private <T extends @Nullable Object> CompletionStage<T> answer(Supplier<T> work) {
    if (closed) {
      return CompletableFuture.failedFuture(
          new StoreException(StoreException.Kind.UNAVAILABLE, "the store is closed"));
    }
    try {
      return CompletableFuture.completedFuture(work.get());
    } catch (StoreException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Never: the heap does not push back. */
  @Override
  public boolean isOverload(Throwable error) {
    return false;
  }

  @Override
  public void close() {
    closed = true;
  }
}
