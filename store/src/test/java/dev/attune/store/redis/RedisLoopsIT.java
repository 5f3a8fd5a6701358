package dev.attune.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.testkit.Await;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers that ask on event loops of their own. */
@Timeout(60)
class RedisLoopsIT {
  private static final Identifier PERSON = new Identifier("user_id", "42");
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final RedisBackend redis = RedisBackend.start();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory());
  private final ProfileStore store =
      RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), "loops"), loops);

  @BeforeEach
  void write() throws Exception {
    assertThat(
            store
                .writeProfiles(
                    List.of(new ProfileWrite(0, ProfileStoreContract.live("p", 1, "kept"))),
                    TIMEOUT)
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS))
        .containsExactly(true);
    IdentityRecord record = IdentityRecord.newBuilder().setVersion(1).setProfileId("p").build();
    assertThat(
            store
                .writeIdentities(List.of(new IdentityWrite(PERSON, 0, record)), TIMEOUT)
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS))
        .containsExactly(true);
  }

  @AfterEach
  void stop() {
    store.close();
    var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    redis.close();
  }

  /** What was found, and whether the answer came on the loop that asked. */
  private record Told(LookupResult result, boolean onTheLoop) {}

  private Told askOn(EventExecutor loop) throws Exception {
    var told = new CompletableFuture<Told>();
    loop.execute(
        () -> {
          var _ =
              store
                  .find(PERSON, TIMEOUT)
                  .whenComplete(
                      (result, error) -> {
                        if (error == null) {
                          told.complete(new Told(result, loop.inEventLoop()));
                        } else {
                          told.completeExceptionally(error);
                        }
                      });
        });
    return told.get(30, TimeUnit.SECONDS);
  }

  @Test
  void find_askedOnALoop_isAnsweredOnIt() throws Exception {
    for (EventExecutor loop : loops) {
      Told told = askOn(loop);
      assertThat(told.result()).isInstanceOf(LookupResult.Found.class);
      assertThat(told.onTheLoop()).isTrue();
    }
  }

  @Test
  void find_askedElsewhere_isAnswered() throws Exception {
    assertThat(store.find(PERSON, TIMEOUT).toCompletableFuture().get(30, TimeUnit.SECONDS))
        .isInstanceOf(LookupResult.Found.class);
  }

  // The driver must come back to the loop that it was lent, not to one of its own.
  @Test
  void find_afterRedisWasKilled_isAnsweredOnItsLoopAgain() throws Exception {
    for (EventExecutor loop : loops) {
      askOn(loop);
    }
    redis.kill();
    redis.restart();
    for (EventExecutor loop : loops) {
      Await.until(Duration.ofSeconds(10), "a loop is not answered again", () -> heals(loop));
      assertThat(askOn(loop).onTheLoop()).isTrue();
    }
  }

  private boolean heals(EventExecutor loop) {
    try {
      var _ = askOn(loop);
      return true;
    } catch (Exception e) {
      return false;
    }
  }

  @Test
  void close_leavesTheLoopsToTheirOwner() throws Exception {
    askOn(loops.next());
    store.close();
    assertThat(loops.isShuttingDown()).isFalse();
    assertThat(loops.submit(() -> "alive").get(5, TimeUnit.SECONDS)).isEqualTo("alive");
  }
}
