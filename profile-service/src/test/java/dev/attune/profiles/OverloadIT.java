package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Ten times as many calls as are taken, from callers that ask again at once: each is answered
 * rightly or refused in time, and afterwards all is as before.
 */
@Timeout(180)
class OverloadIT {
  private static final int TAKEN = 32;
  private static final int CALLERS = 10 * TAKEN;
  private static final long ANSWERS = 1_000;
  private static final int CHANNELS = 4;
  private static final int PEOPLE = 100;
  private static final Duration LONG = Duration.ofSeconds(30);

  /** As long as the store may be asked: on a busy machine nothing but the overload refuses. */
  private static final Duration STORE_TIMEOUT = Duration.ofSeconds(10);

  private static final long DEADLINE_SECONDS = 20;
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private final long seed = System.nanoTime();
  private final RedisBackend redis = RedisBackend.start();
  private final Composed service =
      new Composed(
          redis,
          Composed.anyPrefix(),
          new ProfileServiceConfig(STORE_TIMEOUT, TAKEN),
          null,
          Composed.Hooks.NONE);
  private final List<ManagedChannel> channels = new ArrayList<>();

  OverloadIT() throws Exception {
    for (int i = 0; i < PEOPLE; i++) {
      service.write(person(i), 0);
    }
    for (int i = 0; i < CHANNELS; i++) {
      channels.add(
          NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build());
    }
    Await.until(LONG, "the part is not ready", () -> service.part.readiness().ready());
  }

  @AfterEach
  void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    service.close();
    redis.close();
  }

  private static Profile person(int index) {
    Identifier identifier = new Identifier("user_id", "u" + index);
    return Profile.newBuilder()
        .setProfileId(ProfileIds.of(identifier))
        .addIdentifiers(identifier.toProto())
        .setVersion(1_000 + index)
        .build();
  }

  /** One call about somebody, or about nobody from {@link #PEOPLE} on; whether it was answered. */
  private interface Ask {
    boolean answered(int who) throws Exception;
  }

  private boolean answeredOverGrpc(ManagedChannel channel, int who) {
    try {
      Profile found =
          ProfileServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
              .getProfile(
                  GetProfileRequest.newBuilder()
                      .setIdentifier(Service.identifier("user_id", "u" + who))
                      .build())
              .getProfile();
      assertThat(found).isEqualTo(person(who));
      assertThat(who).isLessThan(PEOPLE);
      return true;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        assertThat(who).as("somebody").isGreaterThanOrEqualTo(PEOPLE);
        return true;
      }
      assertThat(e.getStatus().getCode())
          .as(e.getMessage())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      Metadata trailers = e.getTrailers();
      assertThat(trailers == null ? null : trailers.get(PUSHBACK)).isEqualTo("1000");
      return false;
    }
  }

  private static boolean answeredOverHttp(RawHttp http, int who) throws Exception {
    String reply =
        http.call("GET /v1/profiles/user_id:u" + who + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    if (reply.startsWith("HTTP/1.1 429 ")) {
      assertThat(reply).containsIgnoringCase("\r\nRetry-After: 1\r\n").contains("overloaded");
      return false;
    }
    if (who < PEOPLE) {
      assertThat(reply)
          .startsWith("HTTP/1.1 200 ")
          .contains("\"profile_id\":\"" + person(who).getProfileId() + "\"")
          .contains("\"version\":" + person(who).getVersion());
    } else {
      assertThat(reply).startsWith("HTTP/1.1 404 ");
    }
    return true;
  }

  /** What callers of a transport came to, all together. */
  private record Tally(AtomicLong answered, AtomicLong refused) {
    Tally() {
      this(new AtomicLong(), new AtomicLong());
    }

    void count(boolean answer) {
      (answer ? answered : refused).incrementAndGet();
    }
  }

  private Callable<Void> caller(int number, Tally tally, Ask ask) {
    Random random = new Random(seed + number);
    return () -> {
      while (tally.answered().get() < ANSWERS) {
        tally.count(ask.answered(random.nextInt(PEOPLE + PEOPLE / 10)));
      }
      return null;
    };
  }

  private void assertAllIsWell() throws Exception {
    Await.until(LONG, "lookups are left", () -> service.status("under way") == 0);
    assertThat(service.part.readiness().ready()).isTrue();
    try (RawHttp http = new RawHttp(service.http.port())) {
      for (int who = 0; who < 2 * TAKEN; who++) {
        assertThat(answeredOverHttp(http, who)).isTrue();
        assertThat(answeredOverGrpc(channels.get(who % CHANNELS), who)).isTrue();
      }
    }
  }

  @Test
  void tenTimesTheCalls_areAnsweredRightlyOrRefusedWithAHint_andLeaveNothingBehind()
      throws Exception {
    assertAllIsWell();
    Tally grpc = new Tally();
    Tally http = new Tally();
    // Redis stands still at first, so that refusals are certain, and goes on once there are some.
    redis.pause();
    // On threads of their own: virtual ones would wait for the carriers that the server answers on.
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      List<Future<Void>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        ManagedChannel channel = channels.get(i % CHANNELS);
        callers.add(threads.submit(caller(i, grpc, who -> answeredOverGrpc(channel, who))));
        callers.add(threads.submit(overHttp(i, http)));
      }
      try {
        Await.until(
            STORE_TIMEOUT,
            "nobody was refused",
            () -> grpc.refused().get() > 0 && http.refused().get() > 0);
      } finally {
        redis.resume();
      }
      for (Future<Void> each : callers) {
        each.get(120, TimeUnit.SECONDS);
      }
    }
    assertThat(grpc.answered()).hasValueGreaterThanOrEqualTo(ANSWERS);
    assertThat(http.answered()).hasValueGreaterThanOrEqualTo(ANSWERS);
    assertAllIsWell();
  }

  private Callable<Void> overHttp(int number, Tally tally) {
    return () -> {
      try (RawHttp http = new RawHttp(service.http.port())) {
        http.socket().setSoTimeout((int) TimeUnit.SECONDS.toMillis(DEADLINE_SECONDS));
        return caller(CALLERS + number, tally, who -> answeredOverHttp(http, who)).call();
      }
    };
  }
}
