package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.BatchEntry;
import dev.attune.proto.v1.BatchGetProfilesRequest;
import dev.attune.proto.v1.BatchGetProfilesResponse;
import dev.attune.proto.v1.BatchResult;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.TokenState;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.TraitStatus;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueStatus;
import dev.attune.testkit.Await;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a lookup can ask for beyond a whole profile, on both transports. */
class LookupApiTest {
  private static final Metadata.Key<String> REASON =
      Metadata.Key.of("attune-reason", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> READ_AT =
      Metadata.Key.of("attune-read-at", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TOKEN_STATE =
      Metadata.Key.of("attune-token-state", Metadata.ASCII_STRING_MARSHALLER);
  private static final String PATH = "/v1/profiles/user_id:42";
  private static final String BATCH = "/v1/profiles:batchGet";
  private static final String NOBODY =
      "\"identifier\":{\"namespace\":\"user_id\",\"value\":\"new\"}";

  private final Service service;
  private final ManagedChannel channel;

  LookupApiTest() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofMillis(200), 1_000));
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port())
            .usePlaintext()
            .maxInboundMessageSize(32 << 20)
            .build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    service.close();
  }

  private ProfileServiceGrpc.ProfileServiceBlockingStub stub() {
    return ProfileServiceGrpc.newBlockingStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private static GetProfileRequest.Builder jane() {
    return GetProfileRequest.newBuilder().setIdentifier(Service.identifier("user_id", "42"));
  }

  private static JsonNode json(String body) {
    return Json.parse(body.getBytes(StandardCharsets.UTF_8));
  }

  private static StatusRuntimeException failure(ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call);
  }

  private static String trailer(StatusRuntimeException error, Metadata.Key<String> key) {
    Metadata trailers = error.getTrailers();
    return trailers == null ? "" : String.valueOf(trailers.get(key));
  }

  private static List<String> statuses(GetProfileResponse reply) {
    return reply.getTraitStatusesList().stream()
        .map(status -> status.getName() + " " + status.getStatus())
        .toList();
  }

  @Test
  void view_isWhatItNames_withAStatusForEachTrait() throws Exception {
    GetProfileResponse reply = stub().getProfile(jane().setView("banner").build());
    assertThat(reply.getView()).isEqualTo("banner@3");
    assertThat(statuses(reply))
        .containsExactly("big PRESENT", "missing ABSENT", "nothing NULL", "ratio PRESENT");
    assertThat(reply.getProfile().getTraitsList())
        .extracting(Trait::getName)
        .containsExactly("big", "nothing", "ratio");
    assertThat(reply.getProfile().getAudiencesList())
        .extracting(Membership::getAudience)
        .containsExactly("holds");
    assertThat(reply.getProfile().getIdentifiersList()).isEmpty();
    assertThat(reply.getProfile().getProfileId()).isEqualTo(Service.JANE);
    assertThat(reply.getProfile().getVersion()).isEqualTo(7);
    assertThat(stub().getProfile(jane().setView("banner@3").build())).isEqualTo(reply);
    Trait ratio = reply.getProfile().getTraits(2);
    assertThat(reply.getProfile().getSnapshots(ratio.getSnapshot() - 1).getRunId())
        .isEqualTo("scores-mh3abc01");

    assertThat(service.get(PATH + "?view=banner").body())
        .isEqualTo(
            """
            {"profile_id":"0123456789abcdef0123456789abcdef","view":"banner@3",\
            "traits":{"big":{"status":"present","value":9007199254740993,\
            "updated_at":"1970-01-01T00:00:00Z","source":""},\
            "missing":{"status":"absent"},\
            "nothing":{"status":"null","value":null,"updated_at":"1970-01-01T00:00:00Z",\
            "source":""},\
            "ratio":{"status":"present","value":0.5,"updated_at":"2026-11-21T07:00:00Z",\
            "source":"model:scores",\
            "snapshot":{"run_id":"scores-mh3abc01","data_time":"2026-11-21T06:59:59Z"}}},\
            "audiences":[{"audience":"holds","entered_at":"1970-01-01T00:00:01Z",\
            "valid_until":"2026-11-21T08:00:00.000001Z"}],\
            "merged_from":["ffffffffffffffffffffffffffffffff"],\
            "updated_at":"1970-01-01T00:00:01Z","version":7,"read_at":"2026-11-21T08:00:00Z"}""");
  }

  @Test
  void valueOlderThanItsViewAllows_isStale_andStillGiven() {
    String before = stub().getProfile(jane().setView("banner").build()).getEtag();
    service.now = Service.NOW.plusMillis(1);
    GetProfileResponse reply = stub().getProfile(jane().setView("banner").build());
    assertThat(statuses(reply)).contains("ratio STALE");
    assertThat(reply.getProfile().getTraits(2).getValue().getNumber()).isEqualTo(0.5);
    assertThat(reply.getEtag()).isNotEqualTo(before);
  }

  @Test
  void fields_areAViewOfOnesOwn() throws Exception {
    GetProfileResponse reply =
        stub()
            .getProfile(
                jane()
                    .addFields("traits.ratio")
                    .addFields("traits.missing")
                    .addFields("identifiers")
                    .build());
    assertThat(statuses(reply)).containsExactly("ratio PRESENT", "missing ABSENT");
    assertThat(reply.getProfile().getIdentifiersCount()).isEqualTo(3);
    assertThat(reply.getProfile().getAudiencesCount()).isZero();
    assertThat(reply.getProfile().getSnapshotsCount()).isEqualTo(2);
    assertThat(
            stub()
                .getProfile(jane().addFields("identifiers").build())
                .getProfile()
                .getSnapshotsCount())
        .as("without traits nothing points to them")
        .isZero();
    assertThat(reply.getView()).isEmpty();

    GetProfileResponse all = stub().getProfile(jane().addFields("traits").build());
    assertThat(all.getTraitStatusesList())
        .extracting(TraitStatus::getName)
        .as("declared or there")
        .containsExactly("big", "born", "broken", "missing", "nothing", "ratio", "seen", "things");
    assertThat(all.getTraitStatuses(3).getStatus()).isEqualTo(ValueStatus.ABSENT);

    JsonNode audiences = json(service.get(PATH + "?fields=audiences").body());
    assertThat(audiences.path("audiences").size()).isEqualTo(2);
    assertThat(audiences.has("traits")).isFalse();
    assertThat(audiences.has("identifiers")).isFalse();
    assertThat(json(service.get(PATH + "/audiences").body())).isEqualTo(audiences);
    assertThat(service.get(PATH + "/traits").body())
        .isEqualTo(service.get(PATH + "?fields=traits").body());
    assertThat(
            json(service.get("/v1/profiles/user_id:a/b:%20%C3%BC%F0%9F%98%80/identifiers").body())
                .path("identifiers")
                .size())
        .isEqualTo(3);
    assertThat(service.get("/v1/profiles/user_id:42%2Ftraits").statusCode()).isEqualTo(404);
  }

  @Test
  void allFields_areTheWholeProfile_andSayOfEachValueWhereItComesFrom() throws Exception {
    JsonNode whole = json(service.get(PATH).body());
    JsonNode told = json(service.get(PATH + "?fields=identifiers,traits,audiences").body());
    for (String same : List.of("profile_id", "identifiers", "audiences", "merged_from")) {
      assertThat(told.path(same)).as(same).isEqualTo(whole.path(same));
    }
    JsonNode traits = told.path("traits");
    for (var value : whole.path("traits").properties()) {
      JsonNode trait = traits.path(value.getKey());
      assertThat(trait.path("value")).as(value.getKey()).isEqualTo(value.getValue());
      assertThat(trait.has("updated_at") && trait.has("source")).as(value.getKey()).isTrue();
    }
    assertThat(traits.path("ratio").path("status").asText()).isEqualTo("present");
    assertThat(traits.path("ratio").path("source").asText()).isEqualTo("model:scores");
    assertThat(traits.path("ratio").path("updated_at").asText()).isEqualTo("2026-11-21T07:00:00Z");
    assertThat(traits.path("nothing").path("status").asText()).isEqualTo("null");
    assertThat(traits.path("missing").path("status").asText()).isEqualTo("absent");
  }

  @Test
  void unknownNames_areToldWithTheNearest_onBothTransports() throws Exception {
    assertRefused("view", "baner", Status.Code.INVALID_ARGUMENT, 400, "unknown_view", "\"banner\"");
    assertRefused(
        "view", "banner@2", Status.Code.FAILED_PRECONDITION, 409, "view_version", "banner@3");
    assertRefused("view", "banner@x", Status.Code.FAILED_PRECONDITION, 409, "view_version", "");
    assertRefused(
        "fields", "traits.ratoi", Status.Code.INVALID_ARGUMENT, 400, "unknown_field", "\"ratio\"");
    assertRefused(
        "fields", "audience", Status.Code.INVALID_ARGUMENT, 400, "unknown_field", "\"audiences\"");
    var both =
        failure(() -> stub().getProfile(jane().setView("banner").addFields("traits").build()));
    assertThat(both.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(service.get(PATH + "?view=banner&fields=traits").statusCode()).isEqualTo(400);
    assertThat(service.get(PATH + "/traits?view=banner").statusCode()).isEqualTo(400);
  }

  private void assertRefused(
      String key, String value, Status.Code code, int status, String reason, String says)
      throws Exception {
    GetProfileRequest.Builder request = jane();
    var error =
        failure(
            () ->
                stub()
                    .getProfile(
                        (key.equals("view") ? request.setView(value) : request.addFields(value))
                            .build()));
    assertThat(error.getStatus().getCode()).isEqualTo(code);
    assertThat(error.getStatus().getDescription()).contains(says);
    assertThat(trailer(error, REASON)).isEqualTo(reason);
    var reply = service.get(PATH + "?" + key + "=" + value);
    assertThat(reply.statusCode()).isEqualTo(status);
    assertThat(json(reply.body()).path("code").asText()).isEqualTo(reason);
    assertThat(json(reply.body()).path("message").asText())
        .as("both say the same")
        .isEqualTo(error.getStatus().getDescription());
  }

  @Test
  void etag_sparesTheBody_untilTheAnswerChanges() throws Exception {
    var whole = service.get(PATH);
    String tag = whole.headers().firstValue("etag").orElseThrow();
    var again = service.get(PATH, "If-None-Match", "\"other\", " + tag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(again.headers().firstValue("etag")).hasValue(tag);
    assertThat(again.headers().firstValue("attune-read-at")).hasValue("2026-11-21T08:00:00Z");
    GetProfileResponse reply = stub().getProfile(jane().setIfNoneMatch(tag).build());
    assertThat(reply)
        .isEqualTo(
            GetProfileResponse.newBuilder()
                .setNotModified(true)
                .setEtag(tag)
                .setReadAtMicros(Service.NOW_MICROS)
                .build());
    assertThat(stub().getProfile(jane().setView("banner").setIfNoneMatch(tag).build()).hasProfile())
        .as("another selection is another answer")
        .isTrue();

    // A membership ends by time alone: the stored version stays, the answer does not.
    service.now = Service.NOW.plusNanos(1_000);
    var changed = service.get(PATH, "If-None-Match", tag);
    assertThat(changed.statusCode()).isEqualTo(200);
    assertThat(json(changed.body()).path("audiences").size()).isEqualTo(1);
    assertThat(json(changed.body()).path("version").asInt()).isEqualTo(7);
  }

  @Test
  void mergedAwayId_answersWithWhatItBecame() throws Exception {
    String old = "f".repeat(32);
    service.store.merge(old, Service.JANE);
    GetProfileResponse reply =
        stub().getProfile(GetProfileRequest.newBuilder().setProfileId(old).build());
    assertThat(reply.getCanonicalId()).isEqualTo(Service.JANE);
    assertThat(reply.getProfile().getProfileId()).isEqualTo(Service.JANE);
    assertThat(reply.getProfile().getMergedFromList()).containsExactly(old);
    JsonNode json = json(service.get("/v1/profiles/id:" + old).body());
    assertThat(json.path("canonical_id").asText()).isEqualTo(Service.JANE);
    assertThat(json.path("merged_from").path(0).asText()).isEqualTo(old);
    assertThat(stub().getProfile(jane().build()).getCanonicalId()).isEmpty();
  }

  @Test
  void group_isFoundByItsIdentifier() throws Exception {
    service.store.put(
        Profile.newBuilder()
            .setProfileId("a".repeat(32))
            .addIdentifiers(Service.identifier("group_id", "acme"))
            .setVersion(1)
            .build());
    assertThat(
            stub()
                .getProfile(GetProfileRequest.newBuilder().setGroupId("acme").build())
                .getProfile()
                .getProfileId())
        .isEqualTo("a".repeat(32));
    assertThat(service.get("/v1/profiles/group_id:acme").statusCode()).isEqualTo(200);
    assertThat(service.post("{\"group_id\":\"acme\"}").statusCode()).isEqualTo(200);
    assertThat(service.post("{\"group_id\":\"other\"}").statusCode()).isEqualTo(404);
  }

  private static String token(int partition, long offset) {
    return new WriteToken(new TreeMap<>(Map.of(partition, offset))).encode();
  }

  @Test
  void token_isWaitedFor_thenTheStoreIsRead() throws Exception {
    var late =
        ProfileServiceGrpc.newFutureStub(channel)
            .withDeadlineAfter(10, TimeUnit.SECONDS)
            .getProfile(jane().setMinToken(token(3, 17)).setMaxWaitMillis(8_000).build());
    service.store.mark(ProgressReader.handledMark(3), 16);
    // The service answers others meanwhile: no thread is held.
    for (int i = 0; i < 20; i++) {
      assertThat(stub().getProfile(jane().build()).hasProfile()).isTrue();
    }
    assertThat(late.isDone()).isFalse();
    service.store.mark(ProgressReader.handledMark(3), 17);
    GetProfileResponse reply = late.get(10, TimeUnit.SECONDS);
    assertThat(reply.getTokenState()).isEqualTo(TokenState.APPLIED);
    assertThat(reply.hasProfile()).isTrue();
    var http = service.get(PATH + "?min_token=" + token(3, 17));
    assertThat(json(http.body()).path("token_state").asText()).isEqualTo("applied");
    assertThat(http.headers().firstValue("attune-token-state")).hasValue("applied");
  }

  @Test
  void token_thatIsNotReached_isWaiting_andTheProfileIsAnsweredAsItIs() throws Exception {
    JsonNode reply =
        json(
            service
                .get(PATH + "?fields=audiences&max_wait_ms=50&min_token=" + token(3, 17))
                .body());
    assertThat(reply.path("token_state").asText()).isEqualTo("waiting");
    assertThat(reply.path("profile_id").asText()).isEqualTo(Service.JANE);
  }

  @Test
  void token_waitsWithinTheCallersDeadline() throws Exception {
    long began = System.nanoTime();
    var reply =
        service.get(
            PATH + "?max_wait_ms=9000&min_token=" + token(3, 17), "Attune-Timeout-Ms", "400");
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(json(reply.body()).path("token_state").asText()).isEqualTo("waiting");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
    GetProfileResponse grpc =
        ProfileServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(1_000, TimeUnit.MILLISECONDS)
            .getProfile(jane().setMinToken(token(3, 17)).setMaxWaitMillis(9_000).build());
    assertThat(grpc.getTokenState()).isEqualTo(TokenState.WAITING);
  }

  @Test
  void moreThatWaitThanAllowed_areRefused_andOthersAreStillAnswered() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      var waits =
          HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:"
                          + service.http.port()
                          + PATH
                          + "?max_wait_ms=10000&min_token="
                          + token(3, 17)))
              .build();
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 140; i++) {
        all.add(client.sendAsync(waits, HttpResponse.BodyHandlers.ofString()));
      }
      Await.until(
          Duration.ofSeconds(20),
          "12 are refused",
          () -> all.stream().filter(CompletableFuture::isDone).count() == 12);
      for (var reply : all) {
        if (reply.isDone()) {
          assertThat(reply.join().statusCode()).isEqualTo(429);
          assertThat(reply.join().body()).contains("wait for a token");
        }
      }
      assertThat(service.get(PATH).statusCode()).isEqualTo(200);
      service.store.mark(ProgressReader.handledMark(3), 17);
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
      assertThat(all.stream().filter(reply -> reply.join().statusCode() == 200).count())
          .isEqualTo(128);
    }
  }

  @Test
  void token_ofADeadLetter_isRejected() throws Exception {
    service.store.mark(ProgressReader.handledMark(3), 40);
    service.store.mark(ProgressReader.rejectedMark(3, 17), 1);
    service.store.mark(ProgressReader.rejectedMark(3), 17);
    assertThat(stub().getProfile(jane().setMinToken(token(3, 17)).build()).getTokenState())
        .isEqualTo(TokenState.REJECTED);
    assertThat(stub().getProfile(jane().setMinToken(token(3, 18)).build()).getTokenState())
        .isEqualTo(TokenState.APPLIED);
    BatchGetProfilesResponse batch =
        stub()
            .batchGetProfiles(
                batch("42", "nobody").setMinToken(token(3, 17)).setView("banner").build());
    assertThat(batch.getResults(0).getReply().getTokenState()).isEqualTo(TokenState.REJECTED);
    assertThat(batch.getResults(0).getReply().getView()).isEqualTo("banner@3");
  }

  // The first look for somebody who has just signed up.
  @Test
  void nobody_saysAsOfWhen_andWhatBecameOfTheToken() throws Exception {
    assertNobody(token(3, 17), "waiting");
    service.store.mark(ProgressReader.handledMark(3), 17);
    assertNobody(token(3, 17), "applied");
    service.store.mark(ProgressReader.rejectedMark(3, 17), 1);
    service.store.mark(ProgressReader.rejectedMark(3), 17);
    assertNobody(token(3, 17), "rejected");

    var error = failure(() -> stub().getProfile(nobody().build()));
    assertThat(trailer(error, READ_AT)).isEqualTo("2026-11-21T08:00:00Z");
    assertThat(trailer(error, TOKEN_STATE)).as("there was none").isEqualTo("null");
    assertThat(service.get("/v1/profiles/user_id:new").headers().firstValue("attune-token-state"))
        .isEmpty();
    var invalid = failure(() -> stub().getProfile(GetProfileRequest.getDefaultInstance()));
    assertThat(trailer(invalid, READ_AT)).as("nothing was read").isEqualTo("null");
  }

  private static GetProfileRequest.Builder nobody() {
    return GetProfileRequest.newBuilder().setIdentifier(Service.identifier("user_id", "new"));
  }

  private void assertNobody(String token, String state) throws Exception {
    String readAt = "2026-11-21T08:00:00Z";
    var error =
        failure(() -> stub().getProfile(nobody().setMinToken(token).setMaxWaitMillis(50).build()));
    assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(trailer(error, TOKEN_STATE)).isEqualTo(state);
    assertThat(trailer(error, READ_AT)).isEqualTo(readAt);
    BatchResult result =
        stub()
            .batchGetProfiles(batch("new").setMinToken(token).setMaxWaitMillis(50).build())
            .getResults(0);
    assertThat(result.getReason()).isEqualTo("not_found");
    assertThat(result.getTokenState().name()).isEqualToIgnoringCase(state);
    assertThat(result.getReadAtMicros()).isEqualTo(Service.NOW_MICROS);

    String asked = "\"max_wait_ms\":50,\"min_token\":\"" + token + "\"}";
    for (var reply :
        List.of(
            service.get("/v1/profiles/user_id:new?max_wait_ms=50&min_token=" + token),
            service.post("{" + NOBODY + "," + asked))) {
      assertThat(reply.statusCode()).isEqualTo(404);
      assertThat(reply.headers().firstValue("attune-token-state")).hasValue(state);
      assertThat(reply.headers().firstValue("attune-read-at")).hasValue(readAt);
    }
    assertThat(service.postTo(BATCH, "{\"entries\":[{" + NOBODY + "}]," + asked).body())
        .isEqualTo(
            "{\"results\":[{\"status\":\"not_found\","
                + "\"message\":\"nobody is known by this identifier\","
                + "\"read_at\":\"%s\",\"token_state\":\"%s\"}]}",
            readAt, state);
  }

  private static BatchGetProfilesRequest.Builder batch(String... userIds) {
    BatchGetProfilesRequest.Builder batch = BatchGetProfilesRequest.newBuilder();
    for (String userId : userIds) {
      batch.addEntries(
          BatchEntry.newBuilder().setIdentifier(Service.identifier("user_id", userId)));
    }
    return batch;
  }

  @Test
  void batch_keepsTheOrder_andNoEntryBreaksAnother() throws Exception {
    BatchGetProfilesResponse reply =
        stub()
            .batchGetProfiles(
                batch("42", "nobody", "", "42")
                    .addEntries(BatchEntry.newBuilder().setProfileId("bad"))
                    .addEntries(BatchEntry.getDefaultInstance())
                    .addEntries(BatchEntry.newBuilder().setGroupId("acme"))
                    .build());
    assertThat(reply.getResultsList())
        .extracting(BatchResult::getReason)
        .containsExactly(
            "",
            "not_found",
            "invalid_identifier",
            "",
            "invalid_identifier",
            "invalid_request",
            "not_found");
    assertThat(reply.getResultsList())
        .extracting(BatchResult::getCode)
        .containsExactly(0, 5, 3, 0, 3, 3, 5);
    GetProfileResponse one = stub().getProfile(jane().build());
    assertThat(reply.getResults(0).getReply()).isEqualTo(one);
    assertThat(reply.getResults(3).getReply()).isEqualTo(one);
    assertThat(reply.getResults(1).hasReply()).isFalse();

    JsonNode results =
        json(service
                .postTo(
                    "/v1/profiles:batchGet",
                    """
                        {"entries":[{"identifier":{"namespace":"user_id","value":"nobody"}},
                        {"identifier":{"namespace":"user_id","value":"42"}},7,
                        {"identifier":{"namespace":"user_id"}},{"profile_id":"bad"}]}
                        """)
                .body())
            .path("results");
    List<String> statuses = new ArrayList<>();
    results.forEach(result -> statuses.add(result.path("status").asText()));
    assertThat(statuses)
        .containsExactly(
            "not_found", "ok", "invalid_request", "invalid_request", "invalid_identifier");
    assertThat(results.path(1).path("profile").toString())
        .isEqualTo(json(service.get(PATH).body()).toString());
  }

  @Test
  void batchOf500_isAnswered_andOf501Refused() throws Exception {
    String[] most = new String[500];
    Arrays.setAll(most, i -> i % 2 == 0 ? "42" : "nobody");
    BatchGetProfilesResponse reply = stub().batchGetProfiles(batch(most).build());
    assertThat(reply.getResultsCount()).isEqualTo(500);
    for (int i = 0; i < 500; i++) {
      assertThat(reply.getResults(i).getCode()).isEqualTo(i % 2 == 0 ? 0 : 5);
    }
    var tooMany =
        failure(
            () ->
                stub()
                    .batchGetProfiles(
                        batch(most).addEntries(BatchEntry.getDefaultInstance()).build()));
    assertThat(tooMany.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(tooMany.getStatus().getDescription()).isEqualTo("entries: 501 (expected: 1 to 500)");
    var http = service.postTo("/v1/profiles:batchGet", "{\"entries\":[" + "7,".repeat(500) + "7]}");
    assertThat(http.statusCode()).isEqualTo(400);
    assertThat(json(http.body()).path("message").asText())
        .isEqualTo("entries: 501 (expected: 1 to 500)");
  }

  @Test
  void lateEntries_failABatch_orAreMarkedWhereThatIsAllowed() throws Exception {
    service.store.silentAbout("43");
    var whole = failure(() -> stub().batchGetProfiles(batch("42", "43").build()));
    assertThat(whole.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(trailer(whole, REASON)).isEqualTo("unavailable");
    assertThat(trailer(whole, PUSHBACK)).isEqualTo("1000");
    BatchGetProfilesResponse partial =
        ProfileServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(2, TimeUnit.SECONDS)
            .batchGetProfiles(batch("42", "43").setAllowPartial(true).build());
    assertThat(partial.getResultsList())
        .extracting(BatchResult::getReason)
        .containsExactly("", "unavailable");
    String body =
        """
        {"allow_partial":true,"entries":[{"identifier":{"namespace":"user_id","value":"42"}},
        {"identifier":{"namespace":"user_id","value":"43"}}]}
        """;
    var http = service.postTo("/v1/profiles:batchGet", body, "Attune-Timeout-Ms", "60");
    assertThat(http.statusCode()).isEqualTo(200);
    assertThat(json(http.body()).path("results").path(0).path("status").asText()).isEqualTo("ok");
    assertThat(json(http.body()).path("results").path(1).path("status").asText())
        .isEqualTo("unavailable");
    assertThat(
            service
                .postTo(
                    "/v1/profiles:batchGet",
                    body.replace("true", "false"),
                    "Attune-Timeout-Ms",
                    "60")
                .statusCode())
        .isEqualTo(503);
  }

  @Test
  void batchWhoseReplyWouldBeHuge_marksWhatHasNoRoom() throws Exception {
    Profile.Builder huge =
        Profile.newBuilder()
            .setProfileId("b".repeat(32))
            .addIdentifiers(Service.identifier("user_id", "huge"))
            .setVersion(1);
    huge.addTraits(
        Trait.newBuilder()
            .setName("text")
            .setValue(Value.newBuilder().setText("x".repeat(3 << 20))));
    service.store.put(huge.build());
    BatchGetProfilesResponse reply =
        stub()
            .batchGetProfiles(
                batch("huge", "huge", "huge", "huge", "huge", "huge", "nobody").build());
    assertThat(reply.getResultsList())
        .extracting(BatchResult::getReason)
        .containsExactly("", "", "", "", "", "reply_too_large", "not_found");
  }

  @Test
  void overload_isRefusedFast_andSaysWhenToComeBack() throws Exception {
    service.store.failing(new StoreException(StoreException.Kind.OVERLOADED, "too much"));
    var error = failure(() -> stub().getProfile(jane().build()));
    assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(trailer(error, REASON)).isEqualTo("overloaded");
    assertThat(trailer(error, PUSHBACK)).isEqualTo("1000");
    for (int i = 0; i < 60; i++) {
      failure(() -> stub().getProfile(jane().build()));
    }
    assertThat(service.registry.get("attune.lookup.limit").gauge().value())
        .as("fewer are let through while the store says no")
        .isLessThan(100);
    service.store.fault(null);
    Await.until(
        Duration.ofSeconds(5),
        "lookups work again",
        () -> stub().getProfile(jane().build()).hasProfile());
  }

  @Test
  void maxAge_outOfBounds_isRefused() throws Exception {
    assertThatThrownBy(() -> stub().getProfile(jane().setMaxAgeMillis(-1).build()))
        .hasMessageContaining("INVALID_ARGUMENT: max_age: out of bounds");
    assertThat(stub().getProfile(jane().setMaxAgeMillis(0).build()).hasProfile()).isTrue();
    assertThat(service.get(PATH + "?max_age_ms=0").statusCode()).isEqualTo(200);
    assertThat(service.get(PATH + "?max_age_ms=soon").statusCode()).isEqualTo(400);
  }
}
