package dev.attune.profiles;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileStore;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.grpc.GrpcServer;
import dev.attune.platform.grpc.GrpcServerConfig;
import dev.attune.platform.health.HealthHttp;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Snapshot;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueObject;
import dev.attune.store.memory.MemoryProfileStore;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The part behind both servers, over a store that a test can break, at a fixed time. */
final class Service implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-21T08:00:00Z");
  static final long NOW_MICROS = NOW.getEpochSecond() * 1_000_000;
  static final String JANE = "0123456789abcdef0123456789abcdef";

  private static final String CATALOG =
      """
      namespaces:
        user_id: {unique: true, blocked: ["0"]}
        email: {max: 5, normalise: lower}
        group_id: {unique: true}
      traits:
        big: {type: integer}
        born: {type: date}
        nothing: {type: string}
        missing: {type: string}
        ratio: {type: number}
        seen: {type: timestamp}
      """;
  private static final String AUDIENCE =
      """
      name: %s
      when: {trait: traits.ratio > 0.1}
      """;

  /**
   * The trait ratio was said at {@link #RATIO_MICROS}: stale in this view from an hour later on.
   */
  private static final String BANNER =
      """
      name: banner
      version: 3
      traits: [big, missing, nothing, {name: ratio, max_age: 1h}]
      audiences: [holds, ended]
      max_age: 2s
      """;

  static final long RATIO_MICROS = NOW_MICROS - 3_600_000_000L;

  final ScriptedStore store;
  final MeterRegistry registry = new SimpleMeterRegistry();
  final ProfileServicePart part;
  final HttpServer http;
  final GrpcServer grpc;
  volatile Instant now = NOW;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Service(ProfileServiceConfig config) throws Exception {
    this(config, new MemoryProfileStore());
  }

  Service(ProfileServiceConfig config, ProfileStore over) throws Exception {
    store = new ScriptedStore(over);
    part =
        ProfileServicePart.create(
            store, DefinitionsSource.fixed(definitions(CATALOG)), config, () -> now, registry);
    part.start();
    http =
        HttpServer.start(
            HttpServerConfig.onPort(0),
            List.<Consumer<HttpRouting.Builder>>of(
                part::routes, new HealthHttp(List.of(part), Map::of)));
    grpc = GrpcServer.start(GrpcServerConfig.onPort(0), List.of(part.grpc()), part::readiness);
    store.put(jane());
  }

  /** The set that the service has, under another catalog. */
  static Definitions definitions(String catalog) {
    return Definitions.parse(
        List.of(
            definition("catalog", "catalog", catalog),
            definition("audience", "for_ever", AUDIENCE.formatted("for_ever")),
            definition("audience", "holds", AUDIENCE.formatted("holds")),
            definition("audience", "ended", AUDIENCE.formatted("ended")),
            definition("view", "banner", BANNER)));
  }

  static Definitions definitions() {
    return definitions(CATALOG);
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setPath(kind + "/" + id + ".yaml")
        .setVersion(1)
        .setYaml(yaml)
        .build();
  }

  static Profile jane() {
    return Profile.newBuilder()
        .setProfileId(JANE)
        .addIdentifiers(identifier("user_id", "42"))
        .addIdentifiers(identifier("email", "jane+news@example.com"))
        .addIdentifiers(identifier("user_id", "a/b: ü😀"))
        .addTraits(trait("big", Value.newBuilder().setInteger(9_007_199_254_740_993L)))
        .addTraits(trait("born", Value.newBuilder().setDateDays(-1)))
        .addTraits(trait("broken", Value.newBuilder().setNumber(Double.NaN)))
        .addTraits(trait("nothing", Value.newBuilder().setNullValue(true)))
        .addTraits(
            trait("ratio", Value.newBuilder().setNumber(0.5)).toBuilder()
                .setUpdatedAtMicros(RATIO_MICROS)
                .setSource("model:scores")
                .setSnapshot(2)
                .build())
        .addTraits(trait("seen", Value.newBuilder().setTimestampMicros(1_500_000_000_123_456L)))
        .addTraits(
            trait(
                "things",
                Value.newBuilder()
                    .setList(
                        ValueList.newBuilder()
                            .addValues(Value.newBuilder().setText("a\"b"))
                            .addValues(
                                Value.newBuilder()
                                    .setObject(
                                        ValueObject.newBuilder()
                                            .addEntries(
                                                ValueEntry.newBuilder()
                                                    .setKey("k")
                                                    .setValue(
                                                        Value.newBuilder().setBoolean(true))))))))
        .addAudiences(membership("ended", NOW_MICROS))
        .addAudiences(membership("for_ever", 0))
        .addAudiences(membership("holds", NOW_MICROS + 1))
        .addMergedFrom("ffffffffffffffffffffffffffffffff")
        .addSnapshots(Snapshot.newBuilder().setRunId("customers-mh3abc00"))
        .addSnapshots(
            Snapshot.newBuilder()
                .setRunId("scores-mh3abc01")
                .setDataTimeMicros(RATIO_MICROS - 1_000_000))
        .setUpdatedAtMicros(1_000_000)
        .setVersion(7)
        .build();
  }

  static Identifier identifier(String namespace, String value) {
    return Identifier.newBuilder().setNamespace(namespace).setValue(value).build();
  }

  private static Trait trait(String name, Value.Builder value) {
    return Trait.newBuilder().setName(name).setValue(value).build();
  }

  private static Membership membership(String audience, long validUntilMicros) {
    return Membership.newBuilder()
        .setAudience(audience)
        .setEnteredAtMicros(1_000_000)
        .setValidUntilMicros(validUntilMicros)
        .build();
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = request(path).GET();
    return client.send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  HttpResponse<String> post(String body) throws Exception {
    return postTo("/v1/profiles:lookup", body);
  }

  HttpResponse<String> postTo(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request = request(path).POST(HttpRequest.BodyPublishers.ofString(body));
    return client.send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  /** A GET whose path and query are sent as they are: the client would refuse some of them. */
  Raw rawGet(String path) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.port())) {
      socket.setSoTimeout(5_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.UTF_8));
      var reply = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(reply);
      String text = reply.toString(StandardCharsets.UTF_8);
      int body = text.indexOf("\r\n\r\n");
      return new Raw(
          Integer.parseInt(text.substring(9, 12)), body < 0 ? "" : text.substring(body + 4));
    }
  }

  /** A reply to {@link #rawGet}. */
  record Raw(int statusCode, String body) {}

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + path))
        .timeout(Duration.ofSeconds(5));
  }

  @Override
  public void close() {
    client.close();
    http.close();
    grpc.close();
    part.close();
    store.close();
  }
}
