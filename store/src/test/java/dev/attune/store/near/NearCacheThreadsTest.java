package dev.attune.store.near;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileReader.Reading;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sentences that the cache promises, with threads that get in each other's way. */
@Timeout(120)
class NearCacheThreadsTest {
  private static final Duration ANY = Duration.ofDays(1);
  private static final Duration BOUND = Duration.ofSeconds(2);
  private static final long BOUND_MICROS = BOUND.toMillis() * 1_000;
  private static final Duration TIMEOUT = Duration.ofHours(1);
  private static final int BYTES = 4 << 20;
  private static final int PROFILE_BYTES_MAX = 3_000;

  private static final int READERS = 4;
  private static final int WRITERS = 2;
  private static final int PEOPLE = 16;
  private static final int READS = 10_000;

  /** Fills that a change overtook: with fewer nothing was tried. */
  private static final long RACES = 20;

  private static final long STEP_MICROS_MAX = 5_000;

  private final long seed = System.nanoTime();
  private final HandStore store = new HandStore();
  private final AtomicLong micros = new AtomicLong(1_000_000);
  private final MovingPeople people = new MovingPeople(PEOPLE, seed, micros);
  private final NearCache cache =
      NearCache.create(
          store,
          new NearCacheSettings(BYTES, BOUND),
          () -> Instant.EPOCH.plus(micros.get(), ChronoUnit.MICROS),
          () -> micros.get() * 1_000);

  /** All at once; the first failure of any is thrown. */
  private static void together(List<Callable<Void>> tasks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      for (Future<Void> each : threads.invokeAll(tasks, 60, TimeUnit.SECONDS)) {
        assertThat(each.isCancelled()).as("a thread did not end within 60 s").isFalse();
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Reading answer(CompletionStage<Reading> reading) throws Exception {
    return reading.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  // ---- the bound on bytes

  private static Profile sized(String profileId, long version) {
    int length = new Random(version).nextInt(PROFILE_BYTES_MAX);
    return Profile.newBuilder()
        .setProfileId(profileId)
        .addTraits(
            Trait.newBuilder()
                .setName("t")
                .setValue(Value.newBuilder().setText("x".repeat(length))))
        .setVersion(version)
        .build();
  }

  private static Changed told(Profile profile) {
    return Changed.newBuilder()
        .setRecord(
            ProfileRecord.newBuilder()
                .setProfileId(profile.getProfileId())
                .setVersion(profile.getVersion())
                .setLive(LiveProfile.newBuilder().setServed(Served.of(profile).bytes())))
        .build();
  }

  @Test
  void fillsOfManyThreads_neverTakeMoreThanTheBound_andEachByteIsCounted() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      ids.add(ProfileIds.of(new Identifier("user_id", "u" + i)));
    }
    AtomicLong versions = new AtomicLong();
    AtomicLong most = new AtomicLong();
    store.atOnce(
        key -> new LookupResult.Found(Served.of(sized((String) key, versions.incrementAndGet()))));
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      Random random = new Random(seed + i);
      tasks.add(
          () -> {
            for (int call = 0; call < 50_000; call++) {
              String id = ids.get(random.nextInt(ids.size()));
              if (random.nextInt(4) == 0) {
                cache.changed(told(sized(id, versions.incrementAndGet())));
              } else {
                answer(cache.findById(id, random.nextBoolean() ? ANY : Duration.ZERO, TIMEOUT));
              }
              if (call % 16 == 0) {
                most.accumulateAndGet(cache.counts().bytes(), Math::max);
              }
            }
            return null;
          });
    }
    together(tasks);
    assertThat(most).as("seed %d", seed).hasValueLessThanOrEqualTo(BYTES);
    long kept = 0;
    for (String id : ids) {
      Reading near = cache.nearbyById(id, ANY);
      if (near != null && near.result() instanceof LookupResult.Found found) {
        kept += Weights.of(id, new Entry.Body(found, found.served().version(), new Asked(0, 0, 0)));
      }
    }
    assertThat(cache.counts().bytes()).as("seed %d", seed).isEqualTo(kept);
    assertThat(kept).as("it was full").isBetween(BYTES / 2L, (long) BYTES);
  }

  // ---- changes that are told while threads fill

  @Test
  void changeOfAProfile_leavesAFloor_belowWhichNoFillOfAnyThreadIsKept() throws Exception {
    whileThreadsRead(writer -> MovingPeople.Person::grow, true, 0);
    assertThat(cache.counts().hits()).isPositive();
    assertAllIsAsStored();
  }

  @Test
  void identifiersThatAreAddedAndRemoved_leaveNoOlderMappingNorNegativeBehind() throws Exception {
    whileThreadsRead(writer -> person -> person.move(writer), true, 0);
    assertThat(cache.counts().hits()).isPositive();
    assertAllIsAsStored();
  }

  // ---- age

  @Test
  void entriesOlderThanTheBound_areReadAgain_whicheverThreadAsksAndWithoutAnyFeed()
      throws Exception {
    whileThreadsRead(writer -> person -> person.move(writer), false, STEP_MICROS_MAX);
    assertThat(cache.counts().hits()).isPositive();
    assertThat(cache.counts().refreshes()).as("in the background, seed %d", seed).isPositive();
  }

  @Test
  void changesThatAreToldWhileTimePasses_makeNothingOlderOrWrong() throws Exception {
    whileThreadsRead(writer -> person -> person.move(writer), true, STEP_MICROS_MAX);
    assertThat(cache.counts().hits()).isPositive();
    assertAllIsAsStored();
  }

  /** What a writer does to a person next, and what is to be told of it. */
  private interface Step {
    List<Changed> of(MovingPeople.Person person);
  }

  /** A writer's steps, drawn from its own numbers. */
  private interface Steps {
    Step of(Random random);
  }

  /**
   * Readers ask for anybody; meanwhile writers change people of their own, and after each change
   * look at what is kept.
   *
   * @param told whether the cache hears of the changes
   * @param stepMicrosMax how much time passes with each read at most
   */
  private void whileThreadsRead(Steps steps, boolean told, long stepMicrosMax) throws Exception {
    store.atOnce(people::read);
    AtomicLong reading = new AtomicLong(READERS);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int first = i;
      Random random = new Random(seed + i);
      Step step = steps.of(random);
      tasks.add(
          () -> {
            while (reading.get() > 0) {
              int own = random.nextInt(PEOPLE / WRITERS) * WRITERS + first;
              write(people.get(own), step, random, told);
              LockSupport.parkNanos(1_000); // so that the readers keep up
            }
            return null;
          });
    }
    for (int i = 0; i < READERS; i++) {
      Random random = new Random(seed - 1 - i);
      tasks.add(
          () -> {
            try {
              for (int reads = 0; reads < READS || lacksRaces(told); reads++) {
                read(random);
                micros.addAndGet(stepMicrosMax == 0 ? 0 : random.nextLong(stepMicrosMax));
              }
            } finally {
              reading.decrementAndGet();
            }
            return null;
          });
    }
    together(tasks);
  }

  private boolean lacksRaces(boolean told) {
    return told && cache.counts().rereads() < RACES && !Thread.currentThread().isInterrupted();
  }

  private void write(MovingPeople.Person person, Step step, Random random, boolean told) {
    List<Changed> changes = new ArrayList<>(step.of(person));
    if (!told) {
      return;
    }
    Collections.shuffle(changes, random);
    changes.forEach(cache::changed);
    person.assertNotBefore(
        cache.nearby(person.identifier, ANY),
        Arrays.asList(
            cache.nearbyById(person.homes.get(0), ANY),
            cache.nearbyById(person.homes.get(1), ANY)));
  }

  private void read(Random random) throws Exception {
    MovingPeople.Person person = people.get(random.nextInt(PEOPLE));
    Duration maxAge = random.nextInt(8) == 0 ? Duration.ZERO : ANY;
    long limit = maxAge.isZero() ? 0 : BOUND_MICROS;
    long asked = micros.get();
    boolean byId = random.nextInt(4) == 0;
    String profileId = person.homes.get(random.nextInt(person.homes.size()));
    Reading reading =
        answer(
            byId
                ? cache.findById(profileId, maxAge, TIMEOUT)
                : cache.find(person.identifier, maxAge, TIMEOUT));
    assertThat(reading.readAtMicros())
        .as("read at, of %s", person)
        .isBetween(asked - limit, micros.get());
    person.assertTrueSince(reading, byId ? profileId : person.identifier);
  }

  private void assertAllIsAsStored() throws Exception {
    for (int i = 0; i < people.size(); i++) {
      MovingPeople.Person person = people.get(i);
      person.assertNotBefore(
          answer(cache.find(person.identifier, ANY, TIMEOUT)),
          List.of(
              answer(cache.findById(person.homes.get(0), ANY, TIMEOUT)),
              answer(cache.findById(person.homes.get(1), ANY, TIMEOUT))));
    }
  }
}
