package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.GetIdentityRequest;
import dev.attune.proto.v1.GetIdentityResponse;
import dev.attune.proto.v1.LinkEvidence;
import dev.attune.proto.v1.LinkOutcome;
import dev.attune.proto.v1.ProfileServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Why somebody is one person, on both transports. */
class IdentityTest {
  private final Service service;
  private final ManagedChannel channel;

  IdentityTest() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofMillis(200), 3));
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build();
    People.write(service.store);
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    service.close();
  }

  private JsonNode get(String who) throws Exception {
    var reply = service.get("/v1/profiles/" + who + "/identity");
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    assertThat(reply.headers().firstValue("cache-control")).hasValue("private, no-cache");
    return Json.parse(reply.body().getBytes(StandardCharsets.UTF_8));
  }

  private GetIdentityResponse grpc(GetIdentityRequest request) {
    return ProfileServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .getIdentity(request);
  }

  private static GetIdentityRequest of(Identifier identifier) {
    return GetIdentityRequest.newBuilder().setIdentifier(identifier.toProto()).build();
  }

  private static List<String> links(JsonNode links) {
    List<String> told = new ArrayList<>();
    for (JsonNode link : links) {
      told.add(
          name(link.path("a"))
              + " "
              + name(link.path("b"))
              + " "
              + link.path("source").asText()
              + (link.has("origin") ? " " + link.path("origin").asText() : "")
              + " "
              + link.path("outcome").asText()
              + (link.has("namespace") ? " " + link.path("namespace").asText() : "")
              + " "
              + micros(link.path("at")));
    }
    return told;
  }

  private static long micros(JsonNode instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(instant.asText()));
  }

  private static String name(JsonNode identifier) {
    return identifier.path("value").asText().replace("@example.org", "");
  }

  @Test
  void identity_tellsWhatLinksThePersonAndWhatDoesNot() throws Exception {
    JsonNode identity = get("user_id:7");

    assertThat(identity.path("profile_id").asText()).isEqualTo(ProfileIds.of(People.SEVEN));
    assertThat(identity.has("canonical_id")).isFalse();
    List<String> known = new ArrayList<>();
    identity
        .path("identifiers")
        .forEach(i -> known.add(name(i) + " " + micros(i.path("first_seen"))));
    assertThat(known).containsExactly("7 10", "lifted 51", "of-model 30", "seven 5");
    assertThat(links(identity.path("links")))
        .containsExactly(
            "of-model 7 model:people joined 30",
            "seven 7 events e10 joined 10",
            "lifted 7 events e51 joined 51");
    assertThat(links(identity.path("skipped")))
        .containsExactly(
            "0 7 events e11 blocked user_id 11",
            "seven 8 events e20 limit user_id 20",
            "taken-back 7 model:people taken_back 40",
            "split 7 events e50 split 50",
            "kiosk 7 events e70 shared 70");
    assertThat(identity.path("splits").toString())
        .isEqualTo(
            "[{\"a\":{\"namespace\":\"email\",\"value\":\"split@example.org\"},"
                + "\"b\":{\"namespace\":\"user_id\",\"value\":\"7\"},"
                + "\"at\":\"1970-01-01T00:00:00.000060Z\",\"by\":\"ops\","
                + "\"reason\":\"another person's\"},"
                + "{\"a\":{\"namespace\":\"email\",\"value\":\"lifted@example.org\"},"
                + "\"b\":{\"namespace\":\"user_id\",\"value\":\"7\"},"
                + "\"at\":\"1970-01-01T00:00:00.000061Z\",\"by\":\"ops\","
                + "\"reason\":\"a mistake\",\"lifted\":true}]");
    assertThat(identity.path("merged_from").toString())
        .contains("{\"profile_id\":\"" + ProfileIds.of(People.MAIL) + "\",\"identifier\":{")
        .doesNotContain(ProfileIds.of(People.SPLIT));
    assertThat(identity.path("read_at").asText()).isEqualTo(Service.NOW.toString());
  }

  @Test
  void identity_ofASharedIdentifier_saysSo() throws Exception {
    JsonNode identity = get("email:kiosk@example.org");
    assertThat(identity.path("identifiers").size()).isEqualTo(1);
    assertThat(identity.path("identifiers").path(0).path("shared").asBoolean()).isTrue();
  }

  @Test
  void identity_ofAnIdThatWasMergedAway_isTheOneItBecame() throws Exception {
    JsonNode identity = get("id:" + ProfileIds.of(People.MAIL));
    assertThat(identity.path("canonical_id").asText()).isEqualTo(ProfileIds.of(People.SEVEN));
    assertThat(
            grpc(GetIdentityRequest.newBuilder().setProfileId(ProfileIds.of(People.MAIL)).build())
                .getCanonicalId())
        .isEqualTo(ProfileIds.of(People.SEVEN));
  }

  @Test
  void identity_overGrpc_saysTheSame() throws Exception {
    JsonNode http = get("user_id:7");
    GetIdentityResponse grpc = grpc(of(People.SEVEN));

    assertThat(grpc.getProfileId()).isEqualTo(http.path("profile_id").asText());
    assertThat(grpc.getIdentifiersCount()).isEqualTo(http.path("identifiers").size());
    assertThat(grpc.getIdentifiers(0).getFirstSeenMicros()).isEqualTo(10);
    assertThat(outcomes(grpc.getLinksList())).isEqualTo(outcomes(http.path("links")));
    assertThat(outcomes(grpc.getSkippedList())).isEqualTo(outcomes(http.path("skipped")));
    assertThat(grpc.getSplitsList())
        .extracting(split -> split.getReason() + split.getLifted())
        .containsExactly("another person'sfalse", "a mistaketrue");
    assertThat(grpc.getMergedFromCount()).isEqualTo(http.path("merged_from").size());
    assertThat(grpc.getReadAtMicros()).isEqualTo(Service.NOW_MICROS);
  }

  private static List<String> outcomes(List<LinkEvidence> links) {
    return links.stream().map(LinkEvidence::getOutcome).map(LinkOutcome::name).toList();
  }

  private static List<String> outcomes(JsonNode links) {
    List<String> outcomes = new ArrayList<>();
    links.forEach(
        link ->
            outcomes.add(
                "LINK_" + link.path("outcome").asText().toUpperCase(java.util.Locale.ROOT)));
    return outcomes;
  }

  // A chain of links is read link by link: without an end, each one more would be a timeout more.
  @Test
  void allReadsTogether_endWithTheCallersDeadline() throws Exception {
    service.store.slow(Duration.ofMillis(80));
    service.store.timeouts.clear();
    String path = "/v1/profiles/user_id:7/identity";
    assertThat(service.get(path, "Attune-Timeout-Ms", "4000").statusCode()).isEqualTo(200);
    int reads = service.store.timeouts.size();
    assertThat(reads).isGreaterThanOrEqualTo(4);
    assertThat(service.store.timeouts).as("each").containsOnly(Duration.ofMillis(200));

    service.store.timeouts.clear();
    var late = service.get(path, "Attune-Timeout-Ms", "200");
    assertThat(late.statusCode()).isEqualTo(503);
    assertThat(late.headers().firstValue("retry-after")).hasValue("1");
    List<Duration> given = List.copyOf(service.store.timeouts);
    assertThat(given).hasSizeLessThan(reads);
    for (int i = 0; i < given.size(); i++) {
      assertThat(given.get(i)).isLessThanOrEqualTo(Duration.ofMillis(190 - 80L * i));
    }
    assertThatThrownBy(
            () ->
                ProfileServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                    .getIdentity(of(People.SEVEN)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e ->
                assertThat(e.getStatus().getCode())
                    .isIn(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED));
  }

  @Test
  void nobody_saysAsOfWhen() throws Exception {
    assertThat(
            service
                .get("/v1/profiles/user_id:nobody/identity")
                .headers()
                .firstValue("attune-read-at"))
        .hasValue(Service.NOW.toString());
    assertThatThrownBy(() -> grpc(of(new Identifier("user_id", "nobody"))))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e ->
                assertThat(String.valueOf(e.getTrailers()))
                    .contains("attune-read-at=" + Service.NOW));
  }

  @Test
  void identity_ofNobodyOrByABadIdentifier_isRefusedAlikeOnBothTransports() throws Exception {
    assertThat(service.get("/v1/profiles/user_id:nobody/identity").statusCode()).isEqualTo(404);
    assertFails(of(new Identifier("user_id", "nobody")), Status.Code.NOT_FOUND);
    assertThat(service.get("/v1/profiles/user_id:0/identity").body())
        .contains("invalid_identifier", "blocked by the catalog");
    assertFails(of(People.NOBODY), Status.Code.INVALID_ARGUMENT);
    assertThat(service.get("/v1/profiles/id:nonsense/identity").statusCode()).isEqualTo(400);
    assertFails(GetIdentityRequest.getDefaultInstance(), Status.Code.INVALID_ARGUMENT);
    service.store.failing(new StoreException(StoreException.Kind.UNAVAILABLE, "as told"));
    assertThat(service.get("/v1/profiles/user_id:7/identity").statusCode()).isEqualTo(503);
    assertFails(of(People.SEVEN), Status.Code.UNAVAILABLE);
  }

  private void assertFails(GetIdentityRequest request, Status.Code code) {
    assertThatThrownBy(() -> grpc(request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }
}
