package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.testkit.Await;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LookupGrpcTest {
  private final Service service;
  private final ManagedChannel channel;

  LookupGrpcTest() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofMillis(200), 3));
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    service.close();
  }

  private ProfileServiceGrpc.ProfileServiceBlockingStub stub() {
    return ProfileServiceGrpc.newBlockingStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private static GetProfileRequest by(String namespace, String value) {
    return GetProfileRequest.newBuilder()
        .setIdentifier(Service.identifier(namespace, value))
        .build();
  }

  private static GetProfileRequest byId(String profileId) {
    return GetProfileRequest.newBuilder().setProfileId(profileId).build();
  }

  private void assertFails(GetProfileRequest request, Status.Code code, String says) {
    assertThatThrownBy(() -> stub().getProfile(request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(code);
              assertThat(e.getStatus().getDescription()).contains(says).doesNotContain("secret");
            });
  }

  @Test
  void knownIdentifier_isTheProfile_withoutTheMembershipThatEnded() {
    GetProfileResponse reply = stub().getProfile(by("user_id", "42"));
    assertThat(reply.getProfile().getProfileId()).isEqualTo(Service.JANE);
    assertThat(reply.getProfile().getTraitsList()).isEqualTo(Service.jane().getTraitsList());
    assertThat(reply.getProfile().getAudiencesList())
        .extracting(Membership::getAudience)
        .containsExactly("for_ever", "holds");
    assertThat(reply.getReadAtMicros()).isEqualTo(Service.NOW_MICROS);
    assertThat(stub().getProfile(byId(Service.JANE))).isEqualTo(reply);
    assertThat(stub().getProfile(by("email", " JANE+news@example.com "))).isEqualTo(reply);
  }

  @Test
  void profileWithoutEndedMemberships_isServedAsItIsStored() throws Exception {
    String other = "f".repeat(32);
    var stored =
        Service.jane().toBuilder()
            .setProfileId(other)
            .clearAudiences()
            .clearIdentifiers()
            .addIdentifiers(Service.identifier("user_id", "43"))
            .build();
    service.store.put(stored);
    assertThat(stub().getProfile(by("user_id", "43")).getProfile()).isEqualTo(stored);
  }

  @Test
  void nobody_isNotFound() {
    assertFails(by("user_id", "nobody"), Status.Code.NOT_FOUND, "nobody is known");
    assertFails(byId("0".repeat(32)), Status.Code.NOT_FOUND, "nobody is known");
  }

  @Test
  void badRequests_areInvalidArguments_thatNameTheRule() {
    assertFails(GetProfileRequest.getDefaultInstance(), Status.Code.INVALID_ARGUMENT, "who: not");
    assertFails(by("user_id", ""), Status.Code.INVALID_ARGUMENT, "length 0");
    assertFails(by("user_id", "x".repeat(10_000)), Status.Code.INVALID_ARGUMENT, "length 10000");
    assertFails(by("", "42"), Status.Code.INVALID_ARGUMENT, "namespace: unknown");
    assertFails(by("secret", "42"), Status.Code.INVALID_ARGUMENT, "user_id, email");
    assertFails(by("user_id", "se\0cret"), Status.Code.INVALID_ARGUMENT, "control character");
    assertFails(by("user_id", "0"), Status.Code.INVALID_ARGUMENT, "blocked");
    assertFails(byId("secret"), Status.Code.INVALID_ARGUMENT, "profile_id");
    assertFails(byId(""), Status.Code.INVALID_ARGUMENT, "profile_id");
    assertFails(by("user_id", "😀"), Status.Code.NOT_FOUND, "nobody");
  }

  @Test
  void silentStore_isUnavailableAtTheServersTimeout() {
    service.store.silent();
    long began = System.nanoTime();
    assertFails(by("user_id", "42"), Status.Code.UNAVAILABLE, "did not answer in time");
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofMillis(200), Duration.ofSeconds(3));
  }

  @Test
  void silentStore_endsAtTheCallersDeadline_whenThatIsEarlier() {
    service.store.silent();
    long began = System.nanoTime();
    assertThatThrownBy(
            () ->
                ProfileServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(60, TimeUnit.MILLISECONDS)
                    .getProfile(by("user_id", "42")))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e ->
                assertThat(e.getStatus().getCode())
                    .isIn(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(190));
    Await.until(Duration.ofSeconds(5), "the lookup ended", () -> underWay() == 0);
  }

  private double underWay() {
    return service.registry.get("attune.lookup.under.way").gauge().value();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"UNAVAILABLE:UNAVAILABLE", "OVERLOADED:RESOURCE_EXHAUSTED", "CORRUPT:INTERNAL"})
  void failingStore_isTold_asWhatItIs(String kindAndCode) {
    List<String> expected = List.of(kindAndCode.split(":", 2));
    service.store.failing(
        new StoreException(StoreException.Kind.valueOf(expected.getFirst()), "secret"));
    assertFails(by("user_id", "42"), Status.Code.valueOf(expected.getLast()), "");
  }

  @Test
  void moreLookupsThanAllowed_areRefused_andCountedDownAgain() throws Exception {
    service.store.silent();
    var stub = ProfileServiceGrpc.newFutureStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS);
    List<ListenableFuture<GetProfileResponse>> calls = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      calls.add(stub.getProfile(by("user_id", "42")));
    }
    Await.until(Duration.ofSeconds(5), "three lookups are under way", () -> underWay() == 3);
    assertFails(by("user_id", "42"), Status.Code.RESOURCE_EXHAUSTED, "too many lookups");
    Await.until(Duration.ofSeconds(5), "the lookups ended", () -> underWay() == 0);
    for (var call : calls) {
      assertThatThrownBy(() -> call.get(5, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
    }
    service.store.fault(null);
    assertThat(stub().getProfile(by("user_id", "42")).hasProfile()).isTrue();
  }

  @Test
  void manyCallsOnOneConnection_doNotStall() {
    long[] micros = new long[101];
    for (int i = 0; i < micros.length; i++) {
      long began = System.nanoTime();
      assertThat(stub().getProfile(by("user_id", "42")).hasProfile()).isTrue();
      micros[i] = (System.nanoTime() - began) / 1_000;
    }
    Arrays.sort(micros);
    assertThat(micros[micros.length / 2]).as("median, microseconds").isLessThan(20_000);
  }

  @Test
  void outcomes_areTimed() {
    assertThat(stub().getProfile(by("user_id", "42")).hasProfile()).isTrue();
    assertFails(by("user_id", "nobody"), Status.Code.NOT_FOUND, "nobody");
    for (String outcome : List.of("found", "absent")) {
      Await.until(
          Duration.ofSeconds(5),
          outcome + " is counted once",
          () ->
              service
                      .registry
                      .get("attune.lookup")
                      .tag("transport", "grpc")
                      .tag("outcome", outcome)
                      .timer()
                      .count()
                  == 1);
    }
  }

  @Test
  void healthService_answers() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
  }

  @Test
  void part_isReadyOnceTheStoreAnswered() throws Exception {
    Await.until(Duration.ofSeconds(5), "the part is ready", () -> service.part.readiness().ready());
    assertThat(service.get("/health/ready/profile-service").statusCode()).isEqualTo(200);
    assertThat(service.part.status()).containsKey("lookups");
  }
}
