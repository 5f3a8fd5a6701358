package dev.attune.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.StoreException;
import dev.attune.testkit.Await;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;
import dev.attune.testkit.RedisTalk;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One Redis is not the one any more that acknowledged the writes. */
@Timeout(60)
class RedisFailoverIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration SOON = Duration.ofSeconds(20);

  private final RedisBackend redis = RedisBackend.start();
  private final RedisProfileStore store =
      RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), "failover"));
  private final List<LostWrites> told = new CopyOnWriteArrayList<>();

  RedisFailoverIT() {
    store.onLostWrites(told::add);
  }

  @AfterEach
  void stop() {
    store.close();
    redis.close();
  }

  @Test
  void redis_startedAgain_isTold() {
    awaitServing();
    awaitWatched(redis);
    Instant before = Instant.now();
    assertThat(write(0)).isTrue();
    redis.kill();
    redis.restart();
    awaitServing();
    Await.until(SOON, "nobody was told", () -> !told.isEmpty());
    LostWrites lost = told.getFirst();
    assertThat(lost.cause()).isEqualTo(LostWrites.Cause.RESTARTED);
    assertThat(lost.server()).isEqualTo(new RedisAddress(redis.host(), redis.port()));
    assertThat(lost.slots()).isEqualTo("all");
    assertThat(lost.since()).isBetween(before.minusSeconds(10), Instant.now());
    assertThat(told).hasSize(1);
  }

  @Test
  void redis_startedAgainWithoutAFile_isToldFromItsLastSave() {
    try (RedisBackend forgetful = RedisBackend.start(List.of("--appendonly", "no"));
        var other =
            RedisProfileStore.create(
                RedisSettings.plain(forgetful.host(), forgetful.port(), "failover"))) {
      other.onLostWrites(told::add);
      awaitServing(other);
      awaitWatched(forgetful);
      long saved = Long.parseLong(RedisTalk.ask(forgetful.port(), "LASTSAVE"));
      forgetful.kill();
      forgetful.restart();
      awaitServing(other);
      Await.until(SOON, "nobody was told", () -> !told.isEmpty());
      assertThat(told.getFirst().since()).isEqualTo(Instant.ofEpochSecond(saved));
    }
  }

  @Test
  void redis_withItsFirstReplica_hasLostNothing() {
    awaitServing();
    awaitWatched(redis);
    String history = history(redis);
    try (RedisBackend replica = RedisBackend.start()) {
      RedisTalk.ask(replica.port(), "REPLICAOF 127.0.0.1 " + redis.port());
      Await.until(
          SOON,
          "the replica did not come",
          () -> RedisTalk.ask(redis.port(), "INFO replication").contains("state=online"));
      // Redis begins a new history for it: had the watch taken that for a loss, it would be first.
      assertThat(history(redis)).isNotEqualTo(history);
      awaitWatched(redis);
      redis.kill();
      redis.restart();
      Await.until(SOON, "nobody was told", () -> !told.isEmpty());
      assertThat(told.getFirst().cause()).isEqualTo(LostWrites.Cause.RESTARTED);
      assertThat(told.getFirst().since()).isAfter(Instant.EPOCH);
      assertThat(told).hasSize(1);
    }
  }

  @Test
  void redis_thatBecomesAReplica_refusesAndIsToldWhenItIsBack() {
    awaitServing();
    awaitWatched(redis);
    assertThat(write(0)).isTrue();
    try (RedisBackend other = RedisBackend.start()) {
      RedisTalk.ask(redis.port(), "REPLICAOF 127.0.0.1 " + other.port());
      Await.until(
          SOON,
          "it did not follow",
          () -> RedisTalk.ask(redis.port(), "INFO replication").contains("master_link_status:up"));
      assertThat(writeFails()).isTrue();
      RedisTalk.ask(redis.port(), "REPLICAOF NO ONE");
    }
    awaitServing();
    Await.until(SOON, "nobody was told", () -> !told.isEmpty());
    assertThat(told.getFirst().cause()).isEqualTo(LostWrites.Cause.FAILED_OVER);
    assertThat(told.getFirst().since()).isEqualTo(Instant.EPOCH); // nobody else had it
    assertThat(store.findById("p", TIMEOUT).toCompletableFuture().join())
        .isEqualTo(new LookupResult.Absent());
  }

  @Test
  void listener_thatThrows_isToldAgain() {
    List<LostWrites> taken = new CopyOnWriteArrayList<>();
    store.onLostWrites(
        lost -> {
          if (told.size() < 2) {
            throw new IllegalStateException("not now");
          }
          taken.add(lost);
        });
    awaitServing();
    awaitWatched(redis);
    redis.kill();
    redis.restart();
    Await.until(SOON, "it was not told again", () -> !taken.isEmpty());
    assertThat(told).hasSizeGreaterThan(1);
    assertThat(taken.getFirst()).isEqualTo(told.getFirst());
  }

  private void awaitServing() {
    awaitServing(store);
  }

  private static void awaitServing(RedisProfileStore store) {
    Await.until(
        SOON,
        "the store does not serve",
        () -> {
          try {
            store.findById("nobody", TIMEOUT).toCompletableFuture().join();
            store.readProfiles(List.of("nobody"), TIMEOUT).toCompletableFuture().join();
            return true;
          } catch (CompletionException e) {
            assertThat(e.getCause()).isInstanceOf(StoreException.class);
            return false;
          }
        });
  }

  /** Returns once the watch has seen the present. It asks three things at a time. */
  private static void awaitWatched(RedisBackend redis) {
    long[] expected = {asked(redis)};
    Await.until(SOON, "Redis is not watched", () -> asked(redis) > ++expected[0] + 3);
  }

  /** How often it was asked what is asked here, too. */
  private static long asked(RedisBackend redis) {
    return RedisTalk.ask(redis.port(), "INFO commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_info:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("cmdstat_info:calls=(\\d+),.*", "$1")))
        .sum();
  }

  private static String history(RedisBackend redis) {
    return RedisTalk.ask(redis.port(), "INFO replication")
        .lines()
        .filter(line -> line.startsWith("master_replid:"))
        .findFirst()
        .orElseThrow();
  }

  private boolean write(long expectedVersion) {
    return store
        .writeProfiles(
            List.of(
                new ProfileWrite(
                    expectedVersion, ProfileStoreContract.live("p", expectedVersion + 1, "x"))),
            TIMEOUT)
        .toCompletableFuture()
        .join()
        .getFirst();
  }

  private boolean writeFails() {
    try {
      write(0); // it has nothing now, so that the script comes to its write
      return false;
    } catch (CompletionException e) {
      return e.getCause() instanceof StoreException refused
          && refused.kind() == StoreException.Kind.UNAVAILABLE;
    }
  }
}
