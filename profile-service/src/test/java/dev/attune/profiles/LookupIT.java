package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.WriteToken;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.TokenState;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lookups over a real Redis that hangs, dies and comes back. */
class LookupIT {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final RedisBackend redis = RedisBackend.start();
  private final Service service;
  private final ManagedChannel channel;

  LookupIT() throws Exception {
    service =
        new Service(
            ProfileServiceConfig.DEFAULT,
            RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), "lookup")));
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    service.close();
    redis.close();
  }

  private GetProfileResponse find() {
    return ProfileServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .getProfile(
            GetProfileRequest.newBuilder()
                .setIdentifier(Service.identifier("user_id", "42"))
                .build());
  }

  private boolean isFound() {
    try {
      return find().getProfile().getProfileId().equals(Service.JANE);
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private void assertUnavailableInTime() throws Exception {
    long began = System.nanoTime();
    assertThatThrownBy(this::find)
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("UNAVAILABLE");
    assertThat(service.get("/v1/profiles/user_id:42").statusCode()).isEqualTo(503);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
    Await.until(LONG, "the part is not ready", () -> !service.part.readiness().ready());
    assertThat(service.get("/health/ready/profile-service").body()).contains("has not answered");
  }

  private void assertBack() throws Exception {
    Await.until(LONG, "lookups work again", this::isFound);
    Await.until(LONG, "the part is ready again", () -> service.part.readiness().ready());
    assertThat(service.get("/v1/profiles/user_id:42").statusCode()).isEqualTo(200);
  }

  @Test
  void redisThatHangs_isUnavailableWithinTheDeadline_andWorksAgainAfterwards() throws Exception {
    assertBack();
    redis.pause();
    try {
      assertUnavailableInTime();
    } finally {
      redis.resume();
    }
    assertBack();
  }

  @Test
  void token_isWaitedFor_whileRedisHangs_andIsAppliedAfterwards() throws Exception {
    assertBack();
    String token = new WriteToken(new TreeMap<>(Map.of(1, 5L))).encode();
    var reply =
        ProfileServiceGrpc.newFutureStub(channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .getProfile(
                GetProfileRequest.newBuilder()
                    .setIdentifier(Service.identifier("user_id", "42"))
                    .setView("banner")
                    .setMinToken(token)
                    .setMaxWaitMillis(10_000)
                    .build());
    redis.pause();
    Await.until(LONG, "the part is not ready", () -> !service.part.readiness().ready());
    redis.resume();
    Await.until(LONG, "the part is ready again", () -> service.part.readiness().ready());
    assertThat(reply.isDone()).isFalse();
    service.store.mark(ProgressReader.handledMark(1), 5);
    assertThat(reply.get(20, TimeUnit.SECONDS).getTokenState()).isEqualTo(TokenState.APPLIED);
  }

  @Test
  void redisThatDies_isUnavailableWithinTheDeadline_andWorksAgainOnceItIsBack() throws Exception {
    assertBack();
    redis.kill();
    assertUnavailableInTime();
    redis.restart();
    assertBack();
  }
}
