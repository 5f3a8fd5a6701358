package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileRestore;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Transition;
import dev.attune.store.memory.MemoryProfileStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/**
 * A store that lost all it had, or its last writes, gets it back from the log: equal canonical
 * profiles, one partition, and the same from there on as if nothing had been lost. Set {@code
 * -Dattune.seed} to repeat a failure.
 */
class RestoreTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int SEQUENCES = 500;
  private static final int RACES = 2_000;
  private static final int SHARDS = 3;
  private static final int PARTITIONS = 2;
  private static final Catalog CATALOG =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              """
              namespaces:
                user_id: {unique: true}
                email: {max: 2}
                anonymous_id: {max: 3}
                person: {unique: true}
              traits:
                plan: {type: integer}
                age: {type: number}
              """));

  private final List<ProfileChange> log = Collections.synchronizedList(new ArrayList<>());

  @Test
  void restore_emptiedStore_isAsBeforeAndGoesOnAlike() {
    each(
        (seed, random) -> {
          var history = new History(random);
          ProfileStore before = new MemoryProfileStore();
          write(before, history.before, random, 0);
          transitions(before, random);
          Map<Identifier, Profile> was = profiles(before, history.before);
          Map<String, ProfileRecord> records = records(before);
          List<ProfileChange> told = random.nextBoolean() ? List.copyOf(log) : compacted(log);

          ProfileStore store = new MemoryProfileStore();
          restore(store, told, random, 0);

          profiles(store, history.before)
              .forEach((identifier, profile) -> assertThat(profile).isEqualTo(was.get(identifier)));
          // Nothing was written meanwhile: versions, redirects and former ids are back, too.
          assertThat(records(store)).isEqualTo(records);
          write(store, history.during, random, 0);
          write(store, history.after, random, 0);
          compareWithModel(store, history.all());
        });
  }

  @Test
  void restore_whileEventsGoOn_losesNeither() {
    each(
        RACES,
        (seed, random) -> {
          var history = new History(random);
          ProfileStore before = new MemoryProfileStore();
          write(before, history.before, random, 0);
          transitions(before, random);
          if (random.nextBoolean()) {
            writer(before, () -> false).refold(records(before).keySet(), 1);
          }
          ProfileStore store = new MemoryProfileStore();
          // Some come between the loss and the restore: poorer records, the newest of the log.
          int between = random.nextInt(history.during.size() + 1);
          write(store, history.during.subList(0, between), random, 0);
          List<ProfileChange> told = List.copyOf(log);
          double faults = random.nextBoolean() ? 0.02 : 0;
          Random own = new Random(random.nextLong());
          List<Consumer<Runnable>> workers = restores(store, told, random, faults);
          workers.add(
              turn ->
                  write(
                      store,
                      lastOf(history.during, between),
                      own,
                      Turns.faults(turn, own, faults)));
          Turns.take(random, workers);
          List<ProfileInput> both = new ArrayList<>(history.before);
          both.addAll(history.during);
          compareWithModel(store, both);
          // A writer that dies may leave a record untold (RATIONALE).
          if (faults == 0) {
            compareLog(store);
          }
          write(store, history.after, random, 0);
          compareWithModel(store, history.all());
        });
  }

  @Test
  void restore_twiceLostInBetween_usesWhatBothTold() {
    each(
        (seed, random) -> {
          var history = new History(random);
          write(new MemoryProfileStore(), history.before, random, 0);
          // Lost, gone on with, and lost again: the log's newest records are all poor ones.
          write(new MemoryProfileStore(), history.during, random, 0);
          ProfileStore store = new MemoryProfileStore();
          restore(store, List.copyOf(log), random, 0);
          List<ProfileInput> both = new ArrayList<>(history.before);
          both.addAll(history.during);
          compareWithModel(store, both);
          write(store, history.after, random, 0);
          compareWithModel(store, history.all());
        });
  }

  @Test
  void restore_lostTail_comesBackFromTheEndOfTheLog() {
    each(
        (seed, random) -> {
          var history = new History(random);
          ProfileStore replica = new MemoryProfileStore();
          write(replica, history.before, random, 0);
          // From here on the replica gets nothing more.
          int from = log.size();
          ProfileStore primary = copy(replica, history.before);
          write(primary, history.during, random, 0);
          int early = random.nextInt(from + 1);
          List<ProfileChange> tail = List.copyOf(log.subList(Math.min(early, from), log.size()));

          write(replica, history.after, random, 0);
          restore(replica, tail, random, 0);

          compareWithModel(replica, history.all());
        });
  }

  @Test
  void restore_lostTailsOfShardsWhileEventsGoOn_losesNeither() {
    each(
        RACES,
        (seed, random) -> {
          var history = new History(random);
          ProfileStore primary = new MemoryProfileStore();
          List<Map<String, ProfileRecord>> profiles = new ArrayList<>();
          List<Map<Identifier, IdentityRecord>> identities = new ArrayList<>();
          write(primary, history.before, random, 0);
          if (random.nextBoolean()) {
            writer(primary, () -> false).refold(records(primary).keySet(), 1);
          }
          int from = random.nextInt(log.size() + 1);
          for (ProfileInput input : history.during) {
            profiles.add(records(primary));
            identities.add(identities(primary, history.all()));
            write(primary, List.of(input), random, 0);
          }
          profiles.add(records(primary));
          identities.add(identities(primary, history.all()));
          // Each shard lost what came after a moment of its own.
          int[] lostAfter = random.ints(SHARDS, 0, profiles.size()).toArray();
          ProfileStore store =
              of(
                  keptBy(profiles, key -> lostAfter[shard(key)]),
                  keptBy(identities, key -> lostAfter[shard(ProfileIds.of(key))]));
          List<ProfileChange> told = List.copyOf(log.subList(from, log.size()));
          Random own = new Random(random.nextLong());
          double faults = random.nextBoolean() ? 0.02 : 0;
          List<Consumer<Runnable>> workers = restores(store, told, random, faults);
          workers.add(turn -> write(store, history.after, own, Turns.faults(turn, own, faults)));
          Turns.take(random, workers);
          compareWithModel(store, history.all());
        });
  }

  private static int shard(String key) {
    return Math.floorMod(key.hashCode(), SHARDS);
  }

  private static <K, V> Map<K, V> keptBy(List<Map<K, V>> states, ToIntFunction<K> lostAfter) {
    Map<K, V> kept = new HashMap<>();
    for (K key : states.getLast().keySet()) {
      V value = states.get(lostAfter.applyAsInt(key)).get(key);
      if (value != null) {
        kept.put(key, value);
      }
    }
    return kept;
  }

  @Test
  void restore_thatFailsAnywhere_isCompletedByRepeating() {
    each(
        (seed, random) -> {
          var history = new History(random);
          write(new MemoryProfileStore(), history.before, random, 0.05);
          ProfileStore store = new MemoryProfileStore();
          write(store, history.during, random, 0.05);
          List<ProfileChange> told = List.copyOf(log);
          restore(store, told, random, 0.05);
          List<ProfileInput> both = new ArrayList<>(history.before);
          both.addAll(history.during);
          compareWithModel(store, both);
          write(store, history.after, random, 0.05);
          compareWithModel(store, history.all());
        });
  }

  @Test
  void restore_writersAtOnceBefore_isAsBefore() {
    each(
        (seed, random) -> {
          var history = new History(random);
          ProfileStore before = new MemoryProfileStore();
          // A writer that dies may have told an older record behind another one's newer record:
          // both are there until the log is compacted (RATIONALE).
          double faults = random.nextBoolean() ? 0.02 : 0;
          Random one = new Random(random.nextLong());
          Random other = new Random(random.nextLong());
          Turns.take(
              random,
              List.of(
                  turn -> write(before, history.before, one, Turns.faults(turn, one, faults)),
                  turn -> write(before, history.during, other, Turns.faults(turn, other, faults))));
          ProfileStore store = new MemoryProfileStore();
          restore(
              store,
              faults > 0 || random.nextBoolean() ? List.copyOf(log) : compacted(log),
              random,
              0);
          List<ProfileInput> both = new ArrayList<>(history.before);
          both.addAll(history.during);
          compareWithModel(store, both);
        });
  }

  @Test
  void restore_membershipsToldWhileNobodyWasThere_comeBack() {
    each(
        (seed, random) -> {
          var history = new History(random);
          ProfileStore primary = new MemoryProfileStore();
          write(primary, history.before, random, 0);
          ProfileStore replica = copy(primary, history.before);
          write(primary, history.during, random, 0);
          List<ProfileChange> told = List.copyOf(log);
          List<Transition> earlier = said(primary, random, 1);
          List<Transition> later = said(primary, random, 2);
          ProfileWriter writer = writer(replica, () -> false);
          // Some meet a profile that is older, some none; nothing of that is noticed.
          writer.applyMemberships(earlier);
          writer.applyMemberships(later);
          restore(replica, told, random, 0.02);
          ProfileRestore memberships = new ProfileRestore(replica, writer, () -> CATALOG, TIMEOUT);
          memberships.memberships(earlier);
          memberships.memberships(later);

          writer(primary, () -> false).applyMemberships(earlier);
          writer(primary, () -> false).applyMemberships(later);
          assertThat(memberships(replica)).isEqualTo(memberships(primary));
          int known = log.size();
          memberships.memberships(later);
          assertThat(log).as("told again, though nothing was missing").hasSize(known);
        });
  }

  private interface Scenario {
    void run(long seed, Random random);
  }

  private void each(Scenario scenario) {
    each(SEQUENCES, scenario);
  }

  private void each(int sequences, Scenario scenario) {
    Long given = Long.getLong("attune.seed");
    long[] seeds = given != null ? new long[] {given} : new Random().longs(sequences).toArray();
    for (long seed : seeds) {
      log.clear();
      try {
        scenario.run(seed, new Random(seed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /** The same few people in three spans of time. */
  private static final class History {
    final List<ProfileInput> before;
    final List<ProfileInput> during;
    final List<ProfileInput> after;

    History(Random random) {
      List<ProfileInput> all = new Inputs(random).take(3 + random.nextInt(40));
      int first = 1 + random.nextInt(all.size() - 1);
      int second = first + random.nextInt(all.size() - first);
      before = all.subList(0, first);
      during = all.subList(first, second);
      after = all.subList(second, all.size());
    }

    List<ProfileInput> all() {
      List<ProfileInput> all = new ArrayList<>(before);
      all.addAll(during);
      all.addAll(after);
      return all;
    }
  }

  private ProfileWriter writer(ProfileStore store, BooleanSupplier fault) {
    return new ProfileWriter(
        store, FaultyStore.log(log, fault), () -> CATALOG, InstantSource.system(), TIMEOUT);
  }

  private static <T> List<T> lastOf(List<T> all, int from) {
    return all.subList(from, all.size());
  }

  private void write(ProfileStore store, List<ProfileInput> inputs, Random random, double faults) {
    write(store, inputs, random, () -> random.nextDouble() < faults);
  }

  private void write(
      ProfileStore store, List<ProfileInput> inputs, Random random, BooleanSupplier fault) {
    ProfileWriter writer = writer(new FaultyStore(store, fault), fault);
    for (int from = 0; from < inputs.size(); ) {
      int to = Math.min(inputs.size(), from + 1 + random.nextInt(8));
      List<ProfileInput> batch = inputs.subList(from, to);
      untilDone(() -> writer.apply(batch));
      from = to;
    }
  }

  private void transitions(ProfileStore store, Random random) {
    writer(store, () -> false).applyMemberships(said(store, random, 1));
  }

  private static List<Transition> said(ProfileStore store, Random random, long version) {
    List<Transition> said = new ArrayList<>();
    for (String id : records(store).keySet()) {
      if (random.nextBoolean()) {
        said.add(
            Transition.newBuilder()
                .setProfileId(id)
                .setAudience("audience-" + random.nextInt(2))
                .setEntered(version == 1 || random.nextBoolean())
                .setAtMicros(5)
                .setGeneration(1)
                .setVersion(version)
                .build());
      }
    }
    return said;
  }

  /** Of everybody who is not redirected. */
  private static Map<String, List<MembershipState>> memberships(ProfileStore store) {
    Map<String, List<MembershipState>> memberships = new TreeMap<>();
    records(store)
        .forEach(
            (id, record) -> {
              if (record.hasLive()) {
                memberships.put(id, facts(record).getMembershipsList());
              }
            });
    return memberships;
  }

  private static Facts facts(ProfileRecord record) {
    try {
      return Facts.parseFrom(record.getLive().getFacts());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private void restore(ProfileStore store, List<ProfileChange> told, Random random, double faults) {
    restore(store, told, random, () -> random.nextDouble() < faults);
  }

  private void restore(
      ProfileStore store, List<ProfileChange> told, Random random, BooleanSupplier fault) {
    List<RestoreSteps> partitions = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      partitions.add(restoreOf(partition, store, told, random, fault));
    }
    for (int step = 0; step < RestoreSteps.COUNT; step++) {
      for (RestoreSteps partition : partitions) {
        partition.take(step);
      }
    }
  }

  /** The restores of all partitions, for workers that take turns. */
  private List<Consumer<Runnable>> restores(
      ProfileStore store, List<ProfileChange> told, Random random, double faults) {
    List<Consumer<Runnable>> workers = new ArrayList<>();
    AtomicInteger taken = new AtomicInteger();
    for (int i = 0; i < PARTITIONS; i++) {
      int partition = i;
      Random own = new Random(random.nextLong());
      workers.add(
          turn -> {
            var steps = restoreOf(partition, store, told, own, Turns.faults(turn, own, faults));
            for (int step = 0; step < RestoreSteps.COUNT; step++) {
              steps.take(step);
              taken.incrementAndGet();
              // Each step by all before the next.
              long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
              while (taken.get() < PARTITIONS * (step + 1)) {
                assertThat(System.nanoTime()).as("a partition got stuck").isLessThan(deadline);
                turn.run();
              }
            }
          });
    }
    return workers;
  }

  private RestoreSteps restoreOf(
      int partition,
      ProfileStore store,
      List<ProfileChange> told,
      Random random,
      BooleanSupplier fault) {
    ProfileStore used = new FaultyStore(store, fault);
    return new RestoreSteps(
        new ProfileRestore(used, writer(used, fault), () -> CATALOG, TIMEOUT),
        told.stream().filter(change -> partition(key(change)) == partition).toList(),
        random);
  }

  /** One partition's restore, in the steps that all partitions take together. */
  private record RestoreSteps(ProfileRestore restore, List<ProfileChange> told, Random random) {
    static final int COUNT = 6;

    void take(int step) {
      switch (step) {
        case 0 ->
            batches(
                batch ->
                    restore.identities(
                        batch.stream()
                            .filter(ProfileChange::hasIdentity)
                            .map(ProfileChange::getIdentity)
                            .toList()));
        case 2 -> untilDone(restore::finishIdentities);
        case 3 ->
            batches(
                batch ->
                    restore.profiles(
                        batch.stream()
                            .filter(ProfileChange::hasChanged)
                            .map(change -> change.getChanged().getRecord())
                            .toList()));
        case 5 -> untilDone(restore::finishProfiles);
        default -> untilDone(restore::mark);
      }
    }

    private void batches(Consumer<List<ProfileChange>> take) {
      for (int from = 0; from < told.size(); ) {
        int to = Math.min(told.size(), from + 1 + random.nextInt(10));
        List<ProfileChange> batch = told.subList(from, to);
        untilDone(() -> take.accept(batch));
        from = to;
      }
    }
  }

  private static String key(ProfileChange change) {
    return change.hasIdentity()
        ? "~" + ProfileIds.of(Identifier.of(change.getIdentity().getIdentifier()))
        : change.getChanged().getRecord().getProfileId();
  }

  private static int partition(String key) {
    return Math.floorMod(key.hashCode(), PARTITIONS);
  }

  /** The newest record of each key, in the log's order. */
  private static List<ProfileChange> compacted(Collection<ProfileChange> log) {
    Map<String, ProfileChange> newest = new LinkedHashMap<>();
    for (ProfileChange change : log) {
      newest.remove(key(change));
      newest.put(key(change), change);
    }
    return List.copyOf(newest.values());
  }

  private static void untilDone(Runnable work) {
    for (int tries = 0; tries < 1_000; tries++) {
      try {
        work.run();
        return;
      } catch (StoreException e) {
        // As after a crash: it comes again.
      }
    }
    throw new IllegalStateException("a batch did not get through in 1000 tries");
  }

  private static Map<String, ProfileRecord> records(ProfileStore store) {
    List<String> ids =
        store
            .scanProfileIds(ProfileIdPage.FIRST, TIMEOUT)
            .toCompletableFuture()
            .join()
            .profileIds();
    var read = store.readProfiles(ids, TIMEOUT).toCompletableFuture().join();
    Map<String, ProfileRecord> records = new TreeMap<>();
    for (int i = 0; i < ids.size(); i++) {
      records.put(ids.get(i), read.get(i).orElseThrow());
    }
    return records;
  }

  private static Map<Identifier, Profile> profiles(
      ProfileStore store, Collection<ProfileInput> inputs) {
    Map<Identifier, Profile> found = new TreeMap<>();
    for (Identifier identifier : Model.profiles(inputs, CATALOG).keySet()) {
      LookupResult result = store.find(identifier, TIMEOUT).toCompletableFuture().join();
      assertThat(result)
          .as("a lookup of a known identifier")
          .isInstanceOf(LookupResult.Found.class);
      found.put(identifier, ((LookupResult.Found) result).served().profile());
    }
    return found;
  }

  /** A store with the same records, as a replica has them. */
  private static ProfileStore copy(ProfileStore store, Collection<ProfileInput> inputs) {
    return of(records(store), identities(store, inputs));
  }

  private static ProfileStore of(
      Map<String, ProfileRecord> profiles, Map<Identifier, IdentityRecord> identities) {
    ProfileStore store = new MemoryProfileStore();
    List<ProfileStore.ProfileWrite> writes =
        profiles.values().stream().map(r -> new ProfileStore.ProfileWrite(0, r)).toList();
    store.writeProfiles(writes, TIMEOUT).toCompletableFuture().join();
    List<ProfileStore.IdentityWrite> assignments = new ArrayList<>();
    identities.forEach(
        (identifier, record) ->
            assignments.add(new ProfileStore.IdentityWrite(identifier, 0, record)));
    store.writeIdentities(assignments, TIMEOUT).toCompletableFuture().join();
    return store;
  }

  /** Of those identifiers that are known by now. */
  private static Map<Identifier, IdentityRecord> identities(
      ProfileStore store, Collection<ProfileInput> inputs) {
    List<Identifier> identifiers = List.copyOf(Model.profiles(inputs, CATALOG).keySet());
    var read = store.readIdentities(identifiers, TIMEOUT).toCompletableFuture().join();
    Map<Identifier, IdentityRecord> identities = new HashMap<>();
    for (int i = 0; i < identifiers.size(); i++) {
      Identifier identifier = identifiers.get(i);
      read.get(i).ifPresent(record -> identities.put(identifier, record));
    }
    return identities;
  }

  private static void compareWithModel(ProfileStore store, Collection<ProfileInput> inputs) {
    Map<Identifier, Profile> found = profiles(store, inputs);
    Model.profiles(inputs, CATALOG)
        .forEach(
            (identifier, expected) ->
                assertThat(bare(found.getOrDefault(identifier, Profile.getDefaultInstance())))
                    .isEqualTo(bare(expected)));
  }

  // The model knows no memberships.
  private static Profile bare(Profile profile) {
    return profile.toBuilder().clearVersion().clearMergedFrom().clearAudiences().build();
  }

  /** The log's newest record of each profile is the store's, but for those that fence. */
  private void compareLog(ProfileStore store) {
    Map<String, ProfileRecord> newest = new HashMap<>();
    for (ProfileChange change : log) {
      if (change.hasChanged()) {
        ProfileRecord record = change.getChanged().getRecord();
        newest.merge(
            record.getProfileId(), record, (a, b) -> b.getVersion() >= a.getVersion() ? b : a);
      }
    }
    records(store)
        .forEach(
            (id, record) -> {
              if (!(record.getVersion() == 1 && record.hasRedirectTo())) {
                assertThat(newest.get(id)).isEqualTo(record);
              }
            });
  }
}
