package dev.attune.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.testkit.Await;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redis goes away, hangs, fills up and comes back. */
@Timeout(60)
class RedisOutageIT {
  private static final Identifier PERSON = new Identifier("user_id", "42");
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration HEALED = Duration.ofSeconds(10);

  private final RedisBackend redis = RedisBackend.start();
  private final ProfileStore store =
      RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), "outage"));

  @AfterEach
  void stop() {
    store.close();
    redis.close();
  }

  @Test
  void find_whileRedisIsDead_isUnavailableInTimeAndHeals() {
    awaitHealed(); // the very first call loads the driver's classes, too
    ProfileRecord record = ProfileStoreContract.live("p", 1, "kept");
    assertThat(write(0, record)).isTrue();
    assertThat(findById("p")).isInstanceOf(LookupResult.Found.class);

    redis.kill();
    assertUnavailable(() -> findById("p"));
    assertUnavailable(() -> write(1, ProfileStoreContract.live("p", 2, "lost")));
    assertUnavailable(() -> await(store.scanProfileIds("0", TIMEOUT)));

    redis.restart();
    awaitHealed();
    assertThat(read("p")).isEqualTo(record);
    // Redis has forgotten the script by now.
    assertThat(write(1, ProfileStoreContract.live("p", 2, "again"))).isTrue();
  }

  @Test
  void find_beforeRedisIsThere_isUnavailableAndHeals() {
    redis.kill();
    assertUnavailable(() -> findById("p"));
    redis.restart();
    awaitHealed();
    assertThat(findById("p")).isEqualTo(new LookupResult.Absent());
  }

  @Test
  void find_whileRedisHangs_isUnavailableInTimeAndHeals() {
    awaitHealed();
    redis.pause();
    assertUnavailable(() -> await(store.find(PERSON, TIMEOUT)));
    assertUnavailable(() -> write(0, ProfileStoreContract.live("p", 1, "late")));
    redis.resume();
    awaitHealed();
  }

  @Test
  void write_notReadWhenTheConnectionBreaks_isNotRepeated() {
    awaitHealed();
    assertThat(write(0, ProfileStoreContract.live("p", 1, "first"))).isTrue();
    redis.pause();
    // Long enough a timeout that only the broken connection ends it.
    var inFlight = startWrite(1, ProfileStoreContract.live("p", 2, "in flight"));
    var lookup = store.findById("p", HEALED);
    redis.kill();
    assertUnavailable(() -> await(inFlight));
    assertUnavailable(() -> await(lookup));
    redis.restart();
    awaitHealed();
    assertThat(read("p").getVersion()).isEqualTo(1);
  }

  @Test
  void write_readButNotDoneWhenTheConnectionBreaks_isNotRepeated() {
    awaitHealed();
    assertThat(write(0, ProfileStoreContract.live("p", 1, "first"))).isTrue();
    ask("CLIENT PAUSE 60000 WRITE");
    var inFlight = startWrite(1, ProfileStoreContract.live("p", 2, "in flight"));
    Await.until(
        HEALED,
        "Redis did not read the write",
        () -> ask("CLIENT LIST").lines().anyMatch(client -> client.contains(" flags=b ")));
    redis.kill();
    assertUnavailable(() -> await(inFlight));
    redis.restart();
    awaitHealed();
    assertThat(read("p").getVersion()).isEqualTo(1);
  }

  @Test
  void calls_aboveTheQueueBound_areOverload() {
    awaitHealed();
    redis.pause();
    List<String> batch = Collections.nCopies(ProfileStore.BATCH_MAX, "p");
    List<CompletionStage<?>> running = new ArrayList<>();
    for (int i = 0; i < RedisSettings.QUEUE_MAX / ProfileStore.BATCH_MAX + 1; i++) {
      running.add(store.readProfiles(batch, HEALED));
    }
    assertThatThrownBy(() -> await(running.getLast()))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(StoreException.Kind.OVERLOADED);
              assertThat(store.isOverload(e)).isTrue();
            });
    redis.resume();
    assertThat(await(running.getFirst())).isNotNull();
    awaitHealed();
  }

  @Test
  void connecting_toThisOldRedis_asksNothingThatItRefuses() {
    awaitHealed();
    assertThat(ask("INFO errorstats")).contains("# Errorstats").doesNotContain("errorstat_");
  }

  private void awaitHealed() {
    Await.until(
        HEALED,
        "the store did not heal",
        () -> {
          try {
            findById("healed");
            read("healed", "healed");
            return true;
          } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.UNAVAILABLE);
            return false;
          }
        });
  }

  /** Within the timeout, with some slack for a busy machine. */
  private static void assertUnavailable(ThrowingCallable call) {
    long started = System.nanoTime();
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNAVAILABLE));
    assertThat(Duration.ofNanos(System.nanoTime() - started))
        .isLessThan(TIMEOUT.plus(Duration.ofSeconds(1)));
  }

  private LookupResult findById(String id) {
    return await(store.findById(id, TIMEOUT));
  }

  private ProfileRecord read(String id) {
    return await(store.readProfiles(List.of(id), TIMEOUT)).getFirst().orElseThrow();
  }

  private List<?> read(String first, String second) {
    return await(store.readProfiles(List.of(first, second), TIMEOUT));
  }

  private CompletionStage<List<Boolean>> startWrite(long expectedVersion, ProfileRecord record) {
    return store.writeProfiles(List.of(new ProfileWrite(expectedVersion, record)), HEALED);
  }

  /** Past the store: what Redis says to a command, all of it. */
  private String ask(String command) {
    try (var socket = new Socket(InetAddress.ofLiteral(redis.host()), redis.port())) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write((command + "\r\nQUIT\r\n").getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean write(long expectedVersion, ProfileRecord record) {
    return await(store.writeProfiles(List.of(new ProfileWrite(expectedVersion, record)), TIMEOUT))
        .getFirst();
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
