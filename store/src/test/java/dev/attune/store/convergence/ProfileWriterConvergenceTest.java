package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.store.memory.MemoryProfileStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * I1: any order, duplication, batching, crash point and interleaving of the same inputs gives equal
 * canonical profiles and one partition. Set {@code -Dattune.seed} to repeat a failure.
 */
class ProfileWriterConvergenceTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int SEQUENCES = 3_000;

  private static final Catalog NEWEST_WINS = catalog(2, "", "");
  private static final Catalog CRM_WINS = catalog(2, "", ", precedence: [\"model:crm\"]");

  /** Change who hangs together, too. */
  private static final Catalog FEWER_EMAILS = catalog(1, "", "");

  private static final Catalog BLOCKED_EMAIL = catalog(2, ", blocked: [e1]", "");

  private static final List<Catalog> LAST =
      List.of(NEWEST_WINS, CRM_WINS, FEWER_EMAILS, BLOCKED_EMAIL);

  private static Catalog catalog(int emails, String blocked, String precedence) {
    return Catalog.parse(
        Yaml.parse(
            "catalog.yaml",
            """
            namespaces:
              user_id: {unique: true}
              email: {max: %d%s}
              anonymous_id: {max: 3}
              person: {unique: true}
            traits:
              plan: {type: integer%s}
              age: {type: number}
            """
                .formatted(emails, blocked, precedence)));
  }

  private final List<ProfileChange> log = Collections.synchronizedList(new ArrayList<>());

  @Test
  void apply_anyOrderBatchesAndCopies_givesOnePartitionAndEqualProfiles() {
    for (long seed : seeds(SEQUENCES)) {
      run(seed, 0, 1);
    }
  }

  @Test
  void apply_crashesAtAnyCall_isCompletedByRepeating() {
    for (long seed : seeds(SEQUENCES)) {
      run(seed, 0.05, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void apply_concurrentWriters_convergeToo(int writers) {
    for (long seed : seeds(SEQUENCES / 10)) {
      run(seed, 0, writers);
      run(seed, 0.02, writers);
    }
  }

  private static long[] seeds(int count) {
    Long given = Long.getLong("attune.seed");
    return given != null ? new long[] {given} : new Random().longs(count).toArray();
  }

  private void run(long seed, double faults, int writers) {
    Random random = new Random(seed);
    log.clear();
    List<ProfileInput> inputs = new Inputs(random).take(1 + random.nextInt(40));
    List<ProfileInput> sent = new ArrayList<>(inputs);
    for (int copies = random.nextInt(10); copies > 0; copies--) {
      sent.add(inputs.get(random.nextInt(inputs.size())));
    }
    Collections.shuffle(sent, random);
    ProfileStore store = new MemoryProfileStore();
    try {
      Catalog last = LAST.get(random.nextInt(LAST.size()));
      // A writer that dies between storing and telling, while another settles what both had begun,
      // may leave
      // a record untold until its next write (RATIONALE): the log is held to less when both come
      // together.
      boolean logIsHeld = faults == 0 || writers == 1;
      write(store, sent, random, faults, writers);
      if (logIsHeld) {
        compareLog(store, inputs);
      }
      refold(store, last);
      compare(store, inputs, last);
      // Known gap (RATIONALE): of several writers at one person, one may tell a later time.
      if (writers == 1) {
        assertThat(firstSeen(store)).isEqualTo(Model.firstSeen(inputs));
      }
      if (logIsHeld) {
        compareLog(store, inputs);
      }
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + ", faults " + faults + ", writers " + writers, e);
    }
  }

  private void write(
      ProfileStore store, List<ProfileInput> sent, Random random, double faults, int writers) {
    List<Consumer<Runnable>> workers = new ArrayList<>();
    for (int w = 0; w < writers; w++) {
      Random own = new Random(random.nextLong());
      List<ProfileInput> part =
          sent.subList(sent.size() * w / writers, sent.size() * (w + 1) / writers);
      workers.add(
          turn -> {
            BooleanSupplier fault = Turns.faults(turn, own, faults);
            var writer =
                new ProfileWriter(
                    new FaultyStore(store, fault),
                    FaultyStore.log(log, fault),
                    () -> own.nextBoolean() ? NEWEST_WINS : CRM_WINS,
                    InstantSource.system(),
                    TIMEOUT);
            for (int from = 0; from < part.size(); ) {
              int to = Math.min(part.size(), from + 1 + own.nextInt(8));
              // As events are written, or as a table is.
              boolean rows = own.nextBoolean();
              writeUntilDone(rows ? writer::load : writer::apply, part.subList(from, to));
              from = to;
            }
          });
    }
    Turns.take(random, workers);
  }

  private void refold(ProfileStore store, Catalog last) {
    new ProfileWriter(
            store,
            change -> {
              log.add(change);
              return CompletableFuture.completedFuture(null);
            },
            () -> last,
            InstantSource.system(),
            TIMEOUT)
        .refold(ids(store), 1);
  }

  private static void writeUntilDone(Consumer<List<ProfileInput>> write, List<ProfileInput> batch) {
    for (int tries = 0; tries < 1_000; tries++) {
      try {
        write.accept(batch);
        return;
      } catch (StoreException e) {
        // As after a crash: the offset was not committed, so the batch comes again.
      }
    }
    throw new IllegalStateException("a batch did not get through in 1000 tries");
  }

  private static List<String> ids(ProfileStore store) {
    return store
        .scanProfileIds(ProfileIdPage.FIRST, TIMEOUT)
        .toCompletableFuture()
        .join()
        .profileIds();
  }

  private static void compare(ProfileStore store, List<ProfileInput> inputs, Catalog catalog) {
    Map<Identifier, Profile> expected = Model.profiles(inputs, catalog);
    expected.forEach(
        (identifier, profile) -> {
          LookupResult result = store.find(identifier, TIMEOUT).toCompletableFuture().join();
          assertThat(result)
              .as("a lookup of a known identifier")
              .isInstanceOf(LookupResult.Found.class);
          Profile stored = ((LookupResult.Found) result).served().profile();
          assertThat(stored.toBuilder().clearVersion().clearMergedFrom().build())
              .isEqualTo(profile.toBuilder().clearVersion().build());
          assertThat(Fold.canonical(stored)).isEqualTo(Fold.canonical(profile));
        });
  }

  private static Map<Identifier, Long> firstSeen(ProfileStore store) {
    Map<Identifier, Long> seen = new TreeMap<>();
    for (var record : store.readProfiles(ids(store), TIMEOUT).toCompletableFuture().join()) {
      Facts facts = facts(record.orElseThrow());
      for (int i = 0; i < facts.getFirstSeenMicrosCount(); i++) {
        if (facts.getFirstSeenMicros(i) != 0) {
          seen.put(Identifier.of(facts.getIdentifiers(i)), facts.getFirstSeenMicros(i));
        }
      }
    }
    return seen;
  }

  private static Facts facts(ProfileRecord record) {
    try {
      return Facts.parseFrom(record.getLive().getFacts());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The log's newest record of each profile is the store's, and it tells every cause. */
  private void compareLog(ProfileStore store, List<ProfileInput> inputs) {
    Map<String, ProfileRecord> newest = new HashMap<>();
    TreeSet<String> causes = new TreeSet<>();
    for (ProfileChange change : log) {
      newest.put(change.getChanged().getRecord().getProfileId(), change.getChanged().getRecord());
      change.getChanged().getCausesList().forEach(cause -> causes.add(name(cause)));
    }
    List<String> ids = ids(store);
    var stored = store.readProfiles(ids, TIMEOUT).toCompletableFuture().join();
    for (int i = 0; i < ids.size(); i++) {
      assertThat(newest.get(ids.get(i)))
          .as("the newest change of a profile")
          .isEqualTo(stored.get(i).orElseThrow());
    }
    assertThat(causes)
        .containsAll(inputs.stream().map(i -> name(i.cause())).collect(Collectors.toSet()));
  }

  private static String name(Cause cause) {
    return cause.hasEvent() ? cause.getEvent().getEventId() : cause.getRow().getRunId();
  }
}
