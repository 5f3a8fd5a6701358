package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import com.google.protobuf.ByteString;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.Served;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.BatchEntry;
import dev.attune.proto.v1.BatchGetProfilesRequest;
import dev.attune.proto.v1.BatchResult;
import dev.attune.proto.v1.GetIdentityRequest;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.ProfileServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Bad input on every field of every method: the right status, one sentence, and nothing of what was
 * sent in a reply or in the log.
 */
class BadInputTest {
  /** In everything that is sent, so that it can be looked for. */
  private static final String SECRET = "sEcReT";

  private static final String LONG = SECRET + "x".repeat(10_000);
  private static final List<String> TEXTS =
      List.of(
          SECRET,
          LONG,
          SECRET + "\0",
          SECRET + "😀",
          " ",
          "\t" + SECRET,
          "\u001b" + SECRET,
          SECRET + "\u007f" + SECRET,
          "@" + SECRET);

  private static Service service;
  private static ManagedChannel channel;

  private final List<String> logged = Collections.synchronizedList(new ArrayList<>());
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          logged.add(event.getFormattedMessage() + " " + event.getMDCPropertyMap());
          for (IThrowableProxy e = event.getThrowableProxy(); e != null; e = e.getCause()) {
            logged.add(String.valueOf(e.getMessage()));
          }
        }
      };
  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

  @BeforeAll
  static void start() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofSeconds(2), 1_000));
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    service.close();
  }

  @BeforeEach
  void listen() {
    appender.start();
    root.addAppender(appender);
  }

  @AfterEach
  void nothingOfItIsLogged() {
    root.detachAppender(appender);
    assertThat(logged).noneMatch(line -> line.contains(SECRET));
  }

  private static ProfileServiceGrpc.ProfileServiceBlockingStub stub() {
    return ProfileServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  private static GetProfileRequest.Builder jane() {
    return GetProfileRequest.newBuilder().setIdentifier(Service.identifier("user_id", "42"));
  }

  private static void assertGrpc(GetProfileRequest.Builder request, Status.Code... codes) {
    var error =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub().getProfile(request.build()));
    assertThat(error.getStatus().getCode()).isIn((Object[]) codes);
    assertSentence(String.valueOf(error.getStatus().getDescription()));
  }

  private static void assertIdentityGrpc(GetIdentityRequest.Builder request, Status.Code code) {
    var error =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub().getIdentity(request.build()));
    assertThat(error.getStatus().getCode()).isEqualTo(code);
    assertSentence(String.valueOf(error.getStatus().getDescription()));
  }

  private static void assertBatchGrpc(BatchGetProfilesRequest.Builder request) {
    request.addEntries(BatchEntry.newBuilder().setIdentifier(Service.identifier("user_id", "42")));
    var error =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub().batchGetProfiles(request.build()));
    assertThat(error.getStatus().getCode())
        .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.FAILED_PRECONDITION);
    assertSentence(String.valueOf(error.getStatus().getDescription()));
  }

  private static void assertSentence(String message) {
    assertThat(message).hasSizeBetween(10, 300).doesNotContain(SECRET, "\n", "Exception");
  }

  private static void assertHttp(HttpResponse<String> reply, int... statuses) {
    assertHttp(new Service.Raw(reply.statusCode(), reply.body()), statuses);
  }

  private static void assertHttp(Service.Raw reply, int... statuses) {
    assertThat(statuses).as(reply.body()).contains(reply.statusCode());
    var json = Json.parse(reply.body().getBytes(StandardCharsets.UTF_8));
    assertThat(json.path("code").asText()).matches("[a-z_]+");
    assertSentence(json.path("message").asText());
  }

  /** Well-formed and unknown, as the value of an identifier; white space at its ends is cut off. */
  private static boolean isFine(String text) {
    String stripped = text.strip();
    return !stripped.isEmpty()
        && stripped.length() <= 256
        && stripped.chars().noneMatch(Character::isISOControl);
  }

  private static String quoted(String text) {
    return Json.mapper().valueToTree(text).toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Test
  void whom_onEveryWayToSayIt() throws Exception {
    Status.Code invalid = Status.Code.INVALID_ARGUMENT;
    for (String text : TEXTS) {
      boolean fine = isFine(text);
      Status.Code value = fine ? Status.Code.NOT_FOUND : invalid;
      int status = fine ? 404 : 400;
      assertGrpc(
          GetProfileRequest.newBuilder().setIdentifier(Service.identifier("user_id", text)), value);
      assertGrpc(
          GetProfileRequest.newBuilder().setIdentifier(Service.identifier(text, "42")), invalid);
      assertGrpc(GetProfileRequest.newBuilder().setProfileId(text), invalid);
      assertGrpc(GetProfileRequest.newBuilder().setGroupId(text), value);
      String identifier = "{\"identifier\":{\"namespace\":%s,\"value\":%s}}";
      assertHttp(service.post(identifier.formatted("\"user_id\"", quoted(text))), status);
      assertHttp(service.post(identifier.formatted(quoted(text), "\"42\"")), 400);
      assertHttp(service.post("{\"profile_id\":%s}".formatted(quoted(text))), 400);
      assertHttp(service.post("{\"group_id\":%s}".formatted(quoted(text))), status);
      boolean tooLong = text.equals(LONG);
      String path = "/v1/profiles/";
      assertHttp(service.get(path + "user_id:" + encoded(text)), tooLong ? 414 : status);
      assertHttp(service.get(path + encoded(text) + ":42"), tooLong ? 414 : 400);
      assertHttp(service.get(path + "id:" + encoded(text)), tooLong ? 414 : 400);
      assertHttp(
          service.get(path + "group_id:" + encoded(text) + "/traits"), tooLong ? 414 : status);
    }
    assertGrpc(GetProfileRequest.newBuilder(), invalid);
    assertGrpc(
        GetProfileRequest.newBuilder().setIdentifier(Service.identifier("user_id", "")), invalid);
    assertGrpc(GetProfileRequest.newBuilder().setProfileId(""), invalid);
    assertGrpc(GetProfileRequest.newBuilder().setGroupId(""), invalid);
    assertHttp(service.get("/v1/profiles/"), 400);
    assertHttp(service.get("/v1/profiles//traits"), 400);
    assertHttp(service.get("/v1/profiles/user_id:/traits"), 400);
  }

  @Test
  void whosePersonItIs_onEveryWayToSayIt() throws Exception {
    Status.Code invalid = Status.Code.INVALID_ARGUMENT;
    String path = "/v1/profiles/";
    for (String text : TEXTS) {
      boolean fine = isFine(text);
      Status.Code value = fine ? Status.Code.NOT_FOUND : invalid;
      assertIdentityGrpc(
          GetIdentityRequest.newBuilder().setIdentifier(Service.identifier("user_id", text)),
          value);
      assertIdentityGrpc(
          GetIdentityRequest.newBuilder().setIdentifier(Service.identifier(text, "42")), invalid);
      assertIdentityGrpc(GetIdentityRequest.newBuilder().setProfileId(text), invalid);
      assertIdentityGrpc(GetIdentityRequest.newBuilder().setGroupId(text), value);
      int tooLong = text.equals(LONG) ? 414 : 400;
      int status = fine ? 404 : tooLong;
      assertHttp(service.get(path + "user_id:" + encoded(text) + "/identity"), status);
      assertHttp(service.get(path + encoded(text) + ":42/identity"), tooLong);
      assertHttp(service.get(path + "id:" + encoded(text) + "/identity"), tooLong);
      assertHttp(service.get(path + "group_id:" + encoded(text) + "/identity"), status);
      assertHttp(service.get(path + "user_id:42/identity?" + encoded(text) + "=1"), tooLong);
    }
    assertIdentityGrpc(GetIdentityRequest.newBuilder(), invalid);
    assertIdentityGrpc(
        GetIdentityRequest.newBuilder().setIdentifier(Service.identifier("user_id", "")), invalid);
    assertIdentityGrpc(
        GetIdentityRequest.newBuilder().setIdentifier(Service.identifier("", "42")), invalid);
    assertIdentityGrpc(GetIdentityRequest.newBuilder().setProfileId(""), invalid);
    assertIdentityGrpc(GetIdentityRequest.newBuilder().setGroupId(""), invalid);
    for (String who : List.of("", "user_id", "user_id:", ":42", "id:", "group_id:")) {
      assertHttp(service.get(path + who + "/identity"), 400);
    }
    assertHttp(service.rawGet(path + "user_id:%zz/identity"), 400);
  }

  @Test
  void timeout_onEveryMethod() throws Exception {
    String who = "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\"}";
    for (String timeout :
        List.of(
            "", "0", "-1", "10001", "1.5", "99999999999", SECRET, LONG, SECRET + "\t" + SECRET)) {
      String name = "Attune-Timeout-Ms";
      for (String part : List.of("", "/traits", "/audiences", "/identifiers", "/identity")) {
        assertHttp(service.get("/v1/profiles/user_id:42" + part, name, timeout), 400);
      }
      assertHttp(service.postTo("/v1/profiles:lookup", who + "}", name, timeout), 400);
      assertHttp(
          service.postTo("/v1/profiles:batchGet", "{\"entries\":[" + who + "}]}", name, timeout),
          400);
    }
  }

  @Test
  void whatIsAsked_onBothTransports() throws Exception {
    String path = "/v1/profiles/user_id:42?";
    String body = "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\"},";
    Status.Code[] refused = {Status.Code.INVALID_ARGUMENT, Status.Code.FAILED_PRECONDITION};
    for (String text : TEXTS) {
      assertGrpc(jane().setView(text), refused);
      assertGrpc(jane().setView("banner@" + text), refused);
      assertGrpc(jane().addFields(text), refused);
      assertGrpc(jane().addFields("traits").addFields("traits." + text), refused);
      assertGrpc(jane().setMinToken(text), refused);
      for (String key : List.of("view", "fields", "min_token", "max_age_ms", "max_wait_ms", "x")) {
        assertHttp(service.get(path + key + "=" + encoded(text)), 400, 414);
        assertHttp(service.post(body + quoted(key) + ":" + quoted(text) + "}"), 400);
        assertHttp(service.post(body + quoted(key) + ":[" + quoted(text) + "]}"), 400);
        assertHttp(service.post(body + quoted(key) + ":null}"), 400);
      }
      assertHttp(service.get(path + encoded(text) + "=1"), 400, 414);
      assertHttp(service.post(body + quoted(text) + ":1}"), 400);
    }
    assertGrpc(jane().addFields(""), refused);
    assertGrpc(jane().addAllFields(Collections.nCopies(1_001, "traits")), refused);
    assertGrpc(jane().setView("banner").addFields("traits"), refused);
    for (long millis : new long[] {-1, Long.MIN_VALUE + 1, Long.MAX_VALUE}) {
      assertGrpc(jane().setMaxAgeMillis(millis), refused);
      assertGrpc(jane().setMaxWaitMillis(millis), refused);
      assertHttp(service.get(path + "max_age_ms=" + millis), 400);
      assertHttp(service.get(path + "max_wait_ms=" + millis), 400);
      assertHttp(service.post(body + "\"max_age_ms\":" + millis + "}"), 400);
      assertHttp(service.post(body + "\"max_wait_ms\":" + millis + "}"), 400);
    }
    for (String query : List.of("view=", "view", "view=a&view=b", "view=%zz", "view=%", "%=x")) {
      assertHttp(service.rawGet(path + query), 400);
    }
    for (String query : List.of("", "&", "max_age_ms=0&")) {
      assertThat(service.rawGet(path + query).statusCode()).as(query).isEqualTo(200);
    }
    // A tag that is none matches nothing, and says nothing.
    for (String tag : List.of(SECRET, "\"" + SECRET + "\"", ",,,", "x".repeat(5_000))) {
      assertThat(service.get(path, "If-None-Match", tag).statusCode()).isEqualTo(200);
      assertThat(stub().getProfile(jane().setIfNoneMatch(tag).build()).getNotModified()).isFalse();
    }
  }

  @Test
  void batches_onBothTransports() throws Exception {
    BatchGetProfilesRequest.Builder batch = BatchGetProfilesRequest.newBuilder();
    StringBuilder entries = new StringBuilder();
    for (String text : TEXTS) {
      batch
          .addEntries(BatchEntry.newBuilder().setIdentifier(Service.identifier("user_id", text)))
          .addEntries(BatchEntry.newBuilder().setIdentifier(Service.identifier(text, "42")))
          .addEntries(BatchEntry.newBuilder().setProfileId(text))
          .addEntries(BatchEntry.newBuilder().setGroupId(text));
      for (String entry :
          List.of(
              "{\"identifier\":{\"namespace\":\"user_id\",\"value\":%s}}",
              "{\"identifier\":{\"namespace\":%s,\"value\":\"42\"}}",
              "{\"profile_id\":%s}",
              "{\"group_id\":%s}",
              "{\"identifier\":%s}",
              "{%s:1}",
              "%s",
              "[%s]")) {
        // A key that long ends the whole document: it is no JSON that is taken.
        String sent = entry.contains("%s:") && text.equals(LONG) ? SECRET : text;
        entries.append(entry.formatted(quoted(sent))).append(',');
      }
    }
    batch.addEntries(BatchEntry.getDefaultInstance());
    batch.addEntries(BatchEntry.newBuilder().setIdentifier(Service.identifier("user_id", "42")));
    List<BatchResult> results = stub().batchGetProfiles(batch.build()).getResultsList();
    assertThat(results).hasSize(4 * TEXTS.size() + 2);
    assertThat(results.getLast().getCode()).isZero();
    for (BatchResult result : results.subList(0, results.size() - 1)) {
      assertThat(result.getReason()).isIn("not_found", "invalid_identifier", "invalid_request");
      assertSentence(result.getMessage());
    }
    String path = "/v1/profiles:batchGet";
    String jane = "{\"entries\":[{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\"}}],";
    for (String text : TEXTS) {
      assertBatchGrpc(BatchGetProfilesRequest.newBuilder().setView(text));
      assertBatchGrpc(BatchGetProfilesRequest.newBuilder().setView("banner@" + text));
      assertBatchGrpc(BatchGetProfilesRequest.newBuilder().addFields(text));
      assertBatchGrpc(BatchGetProfilesRequest.newBuilder().addFields("traits." + text));
      assertBatchGrpc(BatchGetProfilesRequest.newBuilder().setMinToken(text));
      for (String key :
          List.of(
              "view", "fields", "min_token", "max_age_ms", "max_wait_ms", "allow_partial", "x")) {
        for (String value : List.of("%s", "[%s]", "{%s:1}")) {
          assertHttp(
              service.postTo(path, jane + quoted(key) + ":" + value.formatted(quoted(text)) + "}"),
              400);
        }
      }
      assertHttp(
          service.postTo(path, jane + "\"view\":" + quoted("banner@" + text) + "}"), 400, 409);
      assertHttp(service.postTo(path, jane + quoted(text) + ":1}"), 400);
    }
    assertBatchGrpc(BatchGetProfilesRequest.newBuilder().addFields(""));
    assertBatchGrpc(BatchGetProfilesRequest.newBuilder().setView("banner").addFields("traits"));
    assertBatchGrpc(
        BatchGetProfilesRequest.newBuilder().addAllFields(Collections.nCopies(1_001, "traits")));
    var reply =
        service.postTo(
            path,
            "{\"entries\":["
                + entries
                + "null,{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\"}}]}");
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    var json = Json.parse(reply.body().getBytes(StandardCharsets.UTF_8)).path("results");
    assertThat(json.size()).isEqualTo(8 * TEXTS.size() + 2);
    for (int i = 0; i < json.size() - 1; i++) {
      assertThat(json.path(i).path("status").asText())
          .isIn("not_found", "invalid_identifier", "invalid_request");
      assertSentence(json.path(i).path("message").asText());
    }
    assertThat(json.path(json.size() - 1).path("status").asText()).isEqualTo("ok");

    for (String bad :
        List.of(
            "",
            "[]",
            "{}",
            "{\"entries\":null}",
            "{\"entries\":{}}",
            "{\"entries\":\"" + SECRET + "\"}",
            "{\"entries\":[1],\"allow_partial\":1}",
            "{\"entries\":[1],\"" + SECRET + "\":1}",
            "{\"entries\":[1],\"view\":\"" + SECRET + "\"}",
            "{\"entries\":[1],\"fields\":[\"" + SECRET + "\"]}",
            "{\"entries\":[1],\"fields\":[1]}",
            "{\"entries\":[1],\"min_token\":\"" + SECRET + "\"}",
            "{\"entries\":[1],\"max_age_ms\":1.5}",
            "{\"entries\":[1],\"max_wait_ms\":10001}")) {
      assertHttp(service.postTo(path, bad), 400);
    }
    for (var bad :
        List.of(
            BatchGetProfilesRequest.newBuilder(),
            BatchGetProfilesRequest.newBuilder(batch.build()).setView(SECRET),
            BatchGetProfilesRequest.newBuilder(batch.build()).addFields(SECRET),
            BatchGetProfilesRequest.newBuilder(batch.build()).setMinToken(SECRET),
            BatchGetProfilesRequest.newBuilder(batch.build()).setMaxAgeMillis(-1),
            BatchGetProfilesRequest.newBuilder(batch.build()).setMaxWaitMillis(-1))) {
      var error =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> stub().batchGetProfiles(bad.build()));
      assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertSentence(String.valueOf(error.getStatus().getDescription()));
    }
  }

  @Test
  void corruptProfile_isLoggedWithoutWhoseItIs() throws Exception {
    // The header of the format, then a length that nothing follows.
    byte[] header = new byte[Served.HEADER_LENGTH];
    header[0] = 1;
    Served served =
        new Served(ByteString.copyFrom(header).concat(ByteString.copyFromUtf8("\n\177" + SECRET)));
    service.store.fault(() -> CompletableFuture.completedFuture(new LookupResult.Found(served)));
    try {
      assertGrpc(jane().setView("banner"), Status.Code.INTERNAL);
      assertHttp(service.get("/v1/profiles/user_id:42"), 500);
      assertThat(logged).anyMatch(line -> line.contains("does not parse"));
    } finally {
      service.store.fault(null);
    }
  }
}
