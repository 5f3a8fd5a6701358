package dev.attune.core.profile;

import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.NewPerson;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** The store as a writer calls it: blocking, in chunks, each within a timeout. */
final class StoreCalls {
  private static final int CHUNK = 1_000;

  private final ProfileStore store;
  private final Supplier<Duration> timeout;

  StoreCalls(ProfileStore store, Duration timeout) {
    this(store, () -> timeout);
  }

  /**
   * @param timeout asked before each call
   */
  StoreCalls(ProfileStore store, Supplier<Duration> timeout) {
    this.store = store;
    this.timeout = timeout;
  }

  List<Optional<IdentityRecord>> readIdentities(List<Identifier> identifiers) {
    return chunked(identifiers, chunk -> store.readIdentities(chunk, timeout.get()));
  }

  Map<String, Optional<ProfileRecord>> readProfiles(Collection<String> profileIds) {
    List<String> ids = List.copyOf(new LinkedHashSet<>(profileIds));
    List<Optional<ProfileRecord>> read =
        chunked(ids, chunk -> store.readProfiles(chunk, timeout.get()));
    Map<String, Optional<ProfileRecord>> records = new LinkedHashMap<>();
    for (int i = 0; i < ids.size(); i++) {
      records.put(ids.get(i), read.get(i));
    }
    return records;
  }

  Map<String, Long> readVersions(List<String> profileIds) {
    List<Long> read = chunked(profileIds, chunk -> store.readVersions(chunk, timeout.get()));
    Map<String, Long> versions = new HashMap<>();
    for (int i = 0; i < profileIds.size(); i++) {
      versions.put(profileIds.get(i), read.get(i));
    }
    return versions;
  }

  /** The identifiers that these profiles hold, as their records say. */
  Set<Identifier> identifiersOf(Collection<String> profileIds) {
    Set<Identifier> identifiers = new LinkedHashSet<>();
    identifiersByProfile(profileIds).forEach(identifiers::addAll);
    return identifiers;
  }

  /** The same, each profile's own; redirects and profiles that are not there are left out. */
  List<Set<Identifier>> identifiersByProfile(Collection<String> profileIds) {
    List<Set<Identifier>> identifiers = new ArrayList<>();
    for (Optional<ProfileRecord> record : readProfiles(profileIds).values()) {
      Set<Identifier> own = new LinkedHashSet<>();
      record
          .map(content -> Content.of(content).facts().getIdentifiersList())
          .ifPresent(list -> list.forEach(identifier -> own.add(Identifier.of(identifier))));
      if (!own.isEmpty()) {
        identifiers.add(own);
      }
    }
    return identifiers;
  }

  boolean writeIdentities(List<IdentityWrite> writes) {
    return tryIdentities(writes).stream().allMatch(written -> written);
  }

  List<Boolean> tryIdentities(List<IdentityWrite> writes) {
    return chunked(writes, chunk -> store.writeIdentities(chunk, timeout.get()));
  }

  List<Boolean> writeProfiles(List<ProfileWrite> writes) {
    return chunked(writes, chunk -> store.writeProfiles(chunk, timeout.get()));
  }

  boolean createsPeople() {
    return store.createsPeople();
  }

  /** Not waited for. */
  CompletionStage<List<Boolean>> createPeople(List<NewPerson> people) {
    return store.createPeople(people, timeout.get());
  }

  private static <T, R> List<R> chunked(
      List<T> items, Function<List<T>, CompletionStage<List<R>>> call) {
    List<R> results = new ArrayList<>(items.size());
    for (int from = 0; from < items.size(); from += CHUNK) {
      results.addAll(await(call.apply(items.subList(from, Math.min(items.size(), from + CHUNK)))));
    }
    return results;
  }

  /** Waits; the call ends by itself within its timeout. */
  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
