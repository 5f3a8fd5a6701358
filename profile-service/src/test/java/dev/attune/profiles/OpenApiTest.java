package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.http.Json;
import io.helidon.webserver.http.HttpRouting;
import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The document that is served says what the server does, all of it and nothing else. */
class OpenApiTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String WHO = "/v1/profiles/{who}";
  private static final String LOOKUP = "/v1/profiles:lookup";
  private static final String BATCH = "/v1/profiles:batchGet";
  private static final String JANE = "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\"}";
  private static final String MANY =
      "{\"entries\":["
          + JANE
          + "},{\"group_id\":\"nobody\"},{\"profile_id\":\"bad\"},{\"profile_id\":\""
          + Service.JANE
          + "\"},7]";

  private final Service service;
  private final JsonNode document;
  private final Set<String> driven = new TreeSet<>();

  OpenApiTest() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofMillis(200), 100));
    document = MAPPER.readTree(service.get("/openapi", "Accept", "application/json").body());
  }

  @AfterEach
  void close() {
    service.close();
  }

  @Test
  void document_isYaml_andJsonForWhoWantsThat() throws Exception {
    var yaml = service.get("/openapi");
    assertThat(yaml.headers().firstValue("content-type")).hasValue("application/yaml");
    assertThat(yaml.body()).startsWith("openapi: 3.1.0\n");
    assertThat(service.get("/openapi", "Accept", "application/yaml, application/json").body())
        .isEqualTo(yaml.body());
    var json = service.get("/openapi", "Accept", "application/json");
    assertThat(json.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(Json.parse(json.body().getBytes(StandardCharsets.UTF_8)).path("openapi").asText())
        .isEqualTo("3.1.0");
  }

  @Test
  void documentedPaths_areTheRoutesOfThePart() {
    Set<String> routes = new TreeSet<>();
    HttpRouting.Builder[] recorder = new HttpRouting.Builder[1];
    recorder[0] =
        (HttpRouting.Builder)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {HttpRouting.Builder.class},
                (_, method, arguments) -> {
                  routes.add(method.getName() + " " + arguments[0]);
                  return recorder[0];
                });
    service.part.routes(recorder[0]);
    Set<String> documented = new TreeSet<>();
    operations()
        .forEach(
            (operation, _) ->
                documented.add(
                    operation.contains(WHO)
                        ? operation.substring(0, operation.indexOf('{')) + "*"
                        : operation));
    assertThat(documented).isEqualTo(routes);
  }

  @Test
  void everyDocumentedAnswer_isGiven_andFitsItsSchema() throws Exception {
    String missed = "/v1/profiles/user_id:nobody";
    String found = "/v1/profiles/user_id:42";
    for (String part : List.of("", "/traits", "/audiences", "/identifiers")) {
      String at = "get " + WHO + part;
      var reply = service.get(found + part);
      check(at, 200, reply);
      check(at, 304, service.get(found + part, "If-None-Match", etag(reply)));
      check(at, 400, service.get(found + part + "?veiw=banner"));
      check(at, 404, service.get(missed + part));
      check(at, 414, service.get("/v1/profiles/user_id:" + "x".repeat(10_000) + part));
      service.store.merge("%032x".formatted(part.length()), Service.JANE);
      check(at, 200, service.get("/v1/profiles/id:%032x".formatted(part.length()) + part));
    }
    String one = "get " + WHO;
    check(one, 200, service.get(found + "?view=banner"));
    check(one, 200, service.get(found + "?fields=traits,audiences,identifiers"));
    String token = new WriteToken(new TreeMap<>(Map.of(0, 1L))).encode();
    check(one, 200, service.get(found + "?max_wait_ms=1&min_token=" + token));
    check(one, 409, service.get(found + "?view=banner@2"));

    String identity = "get " + WHO + "/identity";
    check(identity, 200, service.get(found + "/identity"));
    check(identity, 400, service.get(found + "/identity?view=banner"));
    check(identity, 404, service.get(missed + "/identity"));
    check(identity, 414, service.get("/v1/profiles/user_id:" + "x".repeat(10_000) + "/identity"));
    for (String who : People.write(service.store)) {
      check(identity, 200, service.get("/v1/profiles/" + who + "/identity"));
    }

    String lookup = "post " + LOOKUP;
    var reply = service.post(JANE + "}");
    check(lookup, 200, reply);
    check(lookup, 200, service.post(JANE + ",\"view\":\"banner\"}"));
    check(lookup, 304, service.postTo(LOOKUP, JANE + "}", "If-None-Match", etag(reply)));
    check(lookup, 400, service.post("{}"));
    check(lookup, 404, service.post("{\"group_id\":\"nobody\"}"));
    check(lookup, 409, service.post(JANE + ",\"view\":\"banner@2\"}"));
    check(lookup, 413, service.post(" ".repeat((64 << 10) + 1)));

    String batch = "post " + BATCH;
    check(batch, 200, service.postTo(BATCH, MANY + "}"));
    check(batch, 200, service.postTo(BATCH, MANY + ",\"view\":\"banner\"}"));
    String after = ",\"max_wait_ms\":1,\"min_token\":\"" + token + "\"}";
    check(batch, 200, service.postTo(BATCH, MANY + after));
    check(lookup, 404, service.post("{\"group_id\":\"nobody\"" + after));
    check(batch, 400, service.postTo(BATCH, "{\"entries\":[]}"));
    check(batch, 409, service.postTo(BATCH, MANY + ",\"view\":\"banner@2\"}"));
    check(batch, 413, service.postTo(BATCH, " ".repeat((1 << 20) + 1)));
    check("get /openapi", 200, service.get("/openapi", "Accept", "application/json"));

    Map<StoreException.Kind, Integer> faults =
        Map.of(
            StoreException.Kind.OVERLOADED, 429,
            StoreException.Kind.CORRUPT, 500,
            StoreException.Kind.UNAVAILABLE, 503);
    for (var fault : faults.entrySet()) {
      service.store.failing(new StoreException(fault.getKey(), "as told"));
      for (String part : List.of("", "/traits", "/audiences", "/identifiers")) {
        check("get " + WHO + part, fault.getValue(), service.get(found + part));
      }
      check(identity, fault.getValue(), service.get(found + "/identity"));
      check(lookup, fault.getValue(), service.post(JANE + "}"));
      boolean whole = fault.getKey() == StoreException.Kind.CORRUPT;
      check(batch, whole ? 200 : fault.getValue(), service.postTo(BATCH, MANY + "}"));
      check(batch, 200, service.postTo(BATCH, MANY + ",\"allow_partial\":true}"));
    }

    Set<String> documented = new TreeSet<>();
    operations()
        .forEach(
            (operation, node) ->
                node.path("responses")
                    .propertyNames()
                    .forEach(status -> documented.add(operation + " " + status)));
    assertThat(driven).isEqualTo(documented);
  }

  /** Operations by {@code method path}. */
  private Map<String, JsonNode> operations() {
    Map<String, JsonNode> operations = new TreeMap<>();
    for (var path : document.path("paths").properties()) {
      for (var method : path.getValue().properties()) {
        operations.put(method.getKey() + " " + path.getKey(), method.getValue());
      }
    }
    return operations;
  }

  private static String etag(HttpResponse<String> reply) {
    return reply.headers().firstValue("etag").orElseThrow();
  }

  private void check(String operation, int status, HttpResponse<String> reply) {
    String as = operation + " " + status + ": " + reply.body();
    assertThat(reply.statusCode()).as(as).isEqualTo(status);
    driven.add(operation + " " + status);
    JsonNode documented = operations().get(operation);
    assertThat(documented).as(as).isNotNull();
    JsonNode response =
        documented == null
            ? MAPPER.missingNode()
            : resolved(documented.path("responses").path(String.valueOf(status)));
    for (String header : List.of("ETag", "Attune-Read-At")) {
      if (response.path("headers").has(header)) {
        assertThat(reply.headers().firstValue(header)).as(as).isPresent();
      }
    }
    JsonNode content = response.path("content");
    if (content.isMissingNode()) {
      assertThat(reply.body()).as(as).isEmpty();
      return;
    }
    assertThat(reply.headers().firstValue("content-type")).as(as).hasValue("application/json");
    assertThat(problems(content.path("application/json").path("schema"), reply.body()))
        .as(as)
        .isEmpty();
    if (response.path("headers").has("Retry-After")) {
      assertThat(reply.headers().firstValue("retry-after")).as(as).hasValue("1");
    }
  }

  private List<String> problems(JsonNode schema, String body) {
    ObjectNode root = MAPPER.createObjectNode();
    root.set("components", document.path("components"));
    root.putArray("allOf").add(schema);
    List<String> problems = new ArrayList<>();
    SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(root)
        .validate(body, InputFormat.JSON)
        .forEach(error -> problems.add(error.toString()));
    return problems;
  }

  @Test
  void schemas_refuseWhatDoesNotFit() throws Exception {
    JsonNode schema = MAPPER.readTree("{\"$ref\":\"#/components/schemas/Profile\"}");
    String jane = service.get("/v1/profiles/user_id:42").body();
    assertThat(problems(schema, jane)).isEmpty();
    assertThat(problems(schema, jane.replace("\"version\":7", "\"version\":\"7\""))).isNotEmpty();
    assertThat(problems(schema, jane.replace("\"read_at\"", "\"red_at\""))).isNotEmpty();
  }

  private JsonNode resolved(JsonNode node) {
    if (!node.has("$ref")) {
      return node;
    }
    return document.at(node.path("$ref").asString().substring(1));
  }
}
