package dev.attune.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.testkit.Await;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisClusterBackend;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes of a cluster die, hang and hand slots over. */
@Timeout(120)
class RedisClusterFaultsIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration SLACK = Duration.ofSeconds(1);
  private static final Duration HEALED = Duration.ofSeconds(40);
  private static final int PEOPLE = 300;

  private final RedisClusterBackend cluster = RedisClusterBackend.start();
  private final RedisProfileStore store =
      RedisProfileStore.create(
          RedisSettings.cluster(
              cluster.ports().stream().map(port -> new RedisAddress("127.0.0.1", port)).toList(),
              "faults"));
  private final List<LostWrites> told = new CopyOnWriteArrayList<>();

  RedisClusterFaultsIT() {
    store.onLostWrites(told::add);
  }

  @AfterEach
  void stop() {
    store.close();
    cluster.close();
  }

  @Test
  void master_killed_itsReplicaTakesOver() {
    writePeople();
    int master = cluster.masterOf(slot(0));
    int replica = cluster.replicaOf(master);
    awaitReplicated(master);

    cluster.node(master).kill();
    int failures = 0;
    while (failures < 10) {
      failures += lookUpAll();
    }
    cluster.awaitPromoted(replica);
    Await.until(HEALED, "the store did not heal", () -> lookUpAll() == 0);
    assertThat(await(store.readProfiles(List.of("p0", "p1", "p2"), TIMEOUT)))
        .doesNotContain(Optional.empty());
    assertThat(write("p0", 1, 2)).isTrue();
    assertThat(scan()).hasSize(PEOPLE);

    awaitTold(LostWrites.Cause.FAILED_OVER, replica);
    cluster.node(master).restart();
    cluster.awaitHealthy();
    assertThat(lookUpAll()).isZero();
  }

  @Test
  void write_acknowledgedButNotReplicated_isToldWhenItIsLost() {
    writePeople();
    int slot = slot(0);
    int master = cluster.masterOf(slot);
    int replica = cluster.replicaOf(master);
    awaitReplicated(master);

    cluster.node(replica).pause();
    cluster.ask(master, "CLIENT KILL TYPE replica"); // else the kernel keeps the write for it
    Instant written = Instant.now();
    assertThat(write("p0", 1, 2)).isTrue();
    cluster.node(master).kill();
    cluster.node(replica).resume();
    cluster.awaitPromoted(replica);

    Await.until(HEALED, "the store did not heal", () -> lookUpAll() == 0);
    assertThat(version("p0")).isEqualTo(1); // the acknowledged write is gone
    LostWrites lost = awaitTold(LostWrites.Cause.FAILED_OVER, replica);
    assertThat(lost.since()).isBefore(written);
    assertThat(contains(lost.slots(), slot)).isTrue();
  }

  @Test
  void master_hangs_itsReplicaTakesOver() {
    writePeople();
    int master = cluster.masterOf(slot(0));
    int replica = cluster.replicaOf(master);
    awaitReplicated(master);

    cluster.node(master).pause();
    assertThat(isLate("p0")).isTrue();
    cluster.awaitPromoted(replica);
    Await.until(HEALED, "the store did not heal", () -> lookUpAll() == 0);
    assertThat(write("p0", 1, 2)).isTrue();

    cluster.node(master).resume(); // it believes for a moment that it is the master still
    cluster.awaitHealthy();
    assertThat(lookUpAll()).isZero();
    assertThat(version("p0")).isEqualTo(2);
    awaitTold(LostWrites.Cause.FAILED_OVER, replica);
  }

  @Test
  void master_startedAgainBeforeItIsMissed_isTold() {
    writePeople();
    int master = cluster.masterOf(slot(0));
    awaitReplicated(master);
    // Nobody takes over, however slow this machine is.
    cluster.node(cluster.replicaOf(master)).pause();
    cluster.node(master).kill();
    cluster.node(master).restart();
    Await.until(HEALED, "the store did not heal", () -> lookUpAll() == 0);
    awaitTold(LostWrites.Cause.RESTARTED, master);
    assertThat(write("p0", 1, 2)).isTrue(); // it has forgotten the scripts
  }

  @Test
  void slot_movedWhileReadingAndWriting_nothingFails() throws Exception {
    writePeople();
    int from = cluster.masterOf(slot(0));
    int to =
        cluster.masterOf((slot(0) + RedisClusterBackend.SLOTS / 2) % RedisClusterBackend.SLOTS);
    assertThat(to).isNotEqualTo(from);
    // Many keys of the one slot, by a tag in their names.
    List<String> ids = IntStream.range(0, 200).mapToObj(i -> "{p0}" + i).toList();
    int slot = cluster.slotOf("faults:p:{p0}0");
    int owner = cluster.masterOf(slot);
    int target = owner == from ? to : from;
    for (String id : ids) {
      assertThat(write(id, 0, 1)).isTrue();
    }
    var stop = new AtomicBoolean();
    var rounds = new AtomicInteger();
    CompletableFuture<Void> traffic =
        CompletableFuture.runAsync(
            () -> {
              for (int version = 1; !stop.get(); version++) {
                int expected = version;
                List<ProfileWrite> writes =
                    ids.stream()
                        .map(
                            id ->
                                new ProfileWrite(
                                    expected,
                                    ProfileStoreContract.live(id, expected + 1, "content")))
                        .toList();
                assertThat(await(store.writeProfiles(writes, TIMEOUT))).containsOnly(true);
                assertThat(await(store.readVersions(ids, TIMEOUT))).containsOnly(expected + 1L);
                for (String id : ids.subList(0, 20)) {
                  assertThat(await(store.findById(id, TIMEOUT)))
                      .isInstanceOf(LookupResult.Found.class);
                }
                rounds.incrementAndGet();
              }
            });
    awaitRounds(traffic, rounds, 3);
    cluster.beginMove(slot, owner, target);
    awaitRounds(traffic, rounds, 3);
    while (cluster.moveKeys(slot, owner, target)) {
      awaitRounds(traffic, rounds, 1);
    }
    awaitRounds(traffic, rounds, 3);
    cluster.endMove(slot, owner, target);
    awaitRounds(traffic, rounds, 3);
    stop.set(true);
    traffic.get(30, TimeUnit.SECONDS);
    assertThat(cluster.masterOf(slot)).isEqualTo(target);
    assertThat(scan()).hasSize(PEOPLE + ids.size());
    assertThat(told).isEmpty();
  }

  private static void awaitRounds(CompletableFuture<Void> traffic, AtomicInteger rounds, int more) {
    int before = rounds.get();
    Await.until(HEALED, "no traffic", () -> traffic.isDone() || rounds.get() >= before + more);
    if (traffic.isDone()) {
      traffic.join(); // says why
    }
  }

  private void writePeople() {
    List<ProfileWrite> profiles = new ArrayList<>();
    List<IdentityWrite> identities = new ArrayList<>();
    for (int i = 0; i < PEOPLE; i++) {
      profiles.add(new ProfileWrite(0, ProfileStoreContract.live("p" + i, 1, "of " + i)));
      identities.add(
          new IdentityWrite(
              person(i),
              0,
              IdentityRecord.newBuilder().setVersion(1).setProfileId("p" + i).build()));
    }
    assertThat(await(store.writeProfiles(profiles, HEALED))).containsOnly(true);
    assertThat(await(store.writeIdentities(identities, HEALED))).containsOnly(true);
  }

  /** Returns once all is with the replica, and the watch has heard of it. */
  private void awaitReplicated(int master) {
    Await.until(
        HEALED,
        "the replica is behind",
        () -> {
          String info = cluster.ask(master, "INFO replication");
          return info.contains("state=online")
              && info.contains(",offset=" + field(info, "master_repl_offset") + ",");
        });
    long[] expected = {asked(master)};
    Await.until(HEALED, "the master is not watched", () -> asked(master) > ++expected[0] + 3);
  }

  private long asked(int node) {
    return cluster
        .ask(node, "INFO commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_info:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("cmdstat_info:calls=(\\d+),.*", "$1")))
        .sum();
  }

  private static String field(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  /** Looks everybody up; an answer is right, or a failure is in time. Returns how many failed. */
  private int lookUpAll() {
    long started = System.nanoTime();
    List<CompletionStage<LookupResult>> lookups =
        IntStream.range(0, PEOPLE).mapToObj(i -> store.find(person(i), TIMEOUT)).toList();
    int failures = 0;
    for (CompletionStage<LookupResult> lookup : lookups) {
      try {
        assertThat(await(lookup)).isInstanceOf(LookupResult.Found.class);
      } catch (StoreException e) {
        assertThat(e.kind()).isEqualTo(StoreException.Kind.UNAVAILABLE);
        failures++;
      }
    }
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(TIMEOUT.plus(SLACK));
    return failures;
  }

  private boolean isLate(String id) {
    long started = System.nanoTime();
    try {
      await(store.findById(id, TIMEOUT));
      return false;
    } catch (StoreException e) {
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(TIMEOUT.plus(SLACK));
      return e.kind() == StoreException.Kind.UNAVAILABLE;
    }
  }

  private LostWrites awaitTold(LostWrites.Cause cause, int node) {
    var server = new RedisAddress("127.0.0.1", cluster.ports().get(node));
    Await.until(HEALED, "nobody was told", () -> told.stream().anyMatch(is(cause, server)));
    return told.stream().filter(is(cause, server)).findFirst().orElseThrow();
  }

  private static Predicate<LostWrites> is(LostWrites.Cause cause, RedisAddress server) {
    return lost -> lost.cause() == cause && lost.server().equals(server);
  }

  private static boolean contains(String ranges, int slot) {
    return List.of(ranges.split(" ", -1)).stream()
        .map(range -> List.of(range.split("-", -1)))
        .anyMatch(
            ends ->
                slot >= Integer.parseInt(ends.getFirst())
                    && slot <= Integer.parseInt(ends.getLast()));
  }

  private Set<String> scan() {
    Set<String> ids = new HashSet<>();
    String cursor = ProfileIdPage.FIRST;
    do {
      ProfileIdPage page = await(store.scanProfileIds(cursor, TIMEOUT));
      ids.addAll(page.profileIds());
      cursor = page.nextCursor();
    } while (!cursor.isEmpty());
    return ids;
  }

  private boolean write(String id, long expectedVersion, long version) {
    ProfileRecord record = ProfileStoreContract.live(id, version, "content");
    return await(store.writeProfiles(List.of(new ProfileWrite(expectedVersion, record)), TIMEOUT))
        .getFirst();
  }

  private long version(String id) {
    return await(store.readVersions(List.of(id), TIMEOUT)).getFirst();
  }

  private int slot(int person) {
    return cluster.slotOf("faults:p:p" + person);
  }

  private static Identifier person(int i) {
    return new Identifier("email", "person" + i + "@example.org");
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
