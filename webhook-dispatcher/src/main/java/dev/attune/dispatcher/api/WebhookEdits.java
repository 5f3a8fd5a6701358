package dev.attune.dispatcher.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import dev.attune.core.webhook.SigningSecret.Scheme;
import dev.attune.platform.definition.DefinitionEdits.Edit;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.JsonBody;
import dev.attune.proto.v1.Definition;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What changes when the API defines a webhook or removes one. A definition is that of {@code
 * webhooks/*.yaml} as JSON, which is YAML, so that the same parser checks it. What files define is
 * not touched.
 */
final class WebhookEdits {
  private static final String KIND = "webhook";

  private final SecretEdits secrets;

  WebhookEdits(SecretEdits secrets) {
    this.secrets = secrets;
  }

  /**
   * How an edit ended: with that version, which is new where it {@code created} the webhook.
   *
   * @param shown of secrets that were generated
   */
  record Put(long version, boolean created, List<SecretEdits.Shown> shown) {}

  /** Which versions an edit may replace, as {@code If-Match} and {@code If-None-Match} say. */
  record Condition(String ifMatch, String ifNoneMatch) {
    private void check(long version) {
      boolean exists = version > 0;
      if ((!ifMatch.isEmpty()
              && !(exists && (ifMatch.equals("*") || ifMatch.equals(etag(version)))))
          || (exists && ifNoneMatch.equals("*"))) {
        throw new HttpProblem(
            412,
            "precondition_failed",
            exists
                ? "the webhook is of another version, " + etag(version) + "; nothing was changed"
                : "there is no such webhook; nothing was changed");
      }
      if (!(ifNoneMatch.isEmpty() || ifNoneMatch.equals("*"))) {
        throw HttpProblem.badRequest("invalid_request", "If-None-Match: only * is allowed");
      }
    }
  }

  /** The {@code ETag} of a version. */
  static String etag(long version) {
    return "\"" + version + "\"";
  }

  /**
   * Defines a webhook, and generates the secrets that it says are generated and that it does not
   * have yet.
   *
   * @throws HttpProblem when files define it, or the condition does not hold
   * @throws DefinitionException when the name is none
   */
  Edit<Put> put(
      Map<String, Definition> stored,
      long version,
      String name,
      JsonNode body,
      Condition condition) {
    String path = "webhooks/" + name + " (API)";
    String yaml = yaml(path, name, body);
    Definition before = stored.get(key(name));
    requireApi(before);
    condition.check(before == null ? 0 : before.getVersion());
    boolean same = before != null && before.getYaml().equals(yaml);
    Definition definition =
        Definition.newBuilder()
            .setKind(KIND)
            .setId(name)
            .setVersion(version)
            .setYaml(yaml)
            .setPath(path)
            .setOwner(Definitions.API)
            .build();
    Map<String, Definition> write = new HashMap<>();
    if (!same) {
      write.put(key(name), definition);
    }
    List<SecretEdits.Shown> shown = List.of();
    Set<Scheme> missing = secrets.missing(stored, definition);
    if (!missing.isEmpty()) {
      SecretEdits.Generated generated =
          secrets.generate(stored, version, name, missing, Duration.ZERO);
      write.put(SecretEdits.key(name), generated.record());
      shown = generated.shown();
    }
    return new Edit<>(
        write,
        Set.of(),
        new Put(same && before != null ? before.getVersion() : version, before == null, shown));
  }

  /**
   * Generates the secrets of a webhook anew, whoever owns it.
   *
   * @param overlap for which the deliveries are signed with those before, too
   * @throws HttpProblem when there is no such webhook, or its secrets are not generated
   */
  Edit<List<SecretEdits.Shown>> rotate(
      Map<String, Definition> stored, long version, String name, Duration overlap) {
    Definition webhook = stored.get(key(name));
    if (webhook == null) {
      throw noSuch(name, stored);
    }
    Set<Scheme> schemes = SecretEdits.schemes(webhook);
    if (schemes.isEmpty()) {
      throw new HttpProblem(
          409,
          "not_generated",
          "the definition of the webhook says where its secrets are: replace them there, or write"
              + " {generated: true}");
    }
    SecretEdits.Generated generated = secrets.generate(stored, version, name, schemes, overlap);
    return new Edit<>(
        Map.of(SecretEdits.key(name), generated.record()), Set.of(), generated.shown());
  }

  /**
   * Removes a webhook, and what was said of it.
   *
   * @throws HttpProblem when there is none, files define it, or the condition does not hold
   */
  static Edit<String> delete(Map<String, Definition> stored, String name, Condition condition) {
    Definition before = stored.get(key(name));
    if (before == null) {
      throw noSuch(name, stored);
    }
    requireApi(before);
    condition.check(before.getVersion());
    Set<String> remove = new HashSet<>();
    remove.add(key(name));
    Stream.of(Definitions.WEBHOOK_STATE + "/" + name, SecretEdits.key(name))
        .filter(stored::containsKey)
        .forEach(remove::add);
    return new Edit<>(Map.of(), remove, name);
  }

  static String key(String name) {
    return KIND + "/" + name;
  }

  private static HttpProblem noSuch(String name, Map<String, Definition> stored) {
    return HttpProblem.notFound(
        "there is no such webhook"
            + Nearest.hint(
                name,
                stored.values().stream()
                    .filter(one -> one.getKind().equals(KIND))
                    .map(Definition::getId)
                    .collect(Collectors.toSet())));
  }

  private static void requireApi(@Nullable Definition before) {
    if (before != null && !before.getOwner().equals(Definitions.API)) {
      throw new HttpProblem(
          409,
          "owned_by_files",
          "the webhook is defined in " + before.getPath() + ": change it there, and apply it");
    }
  }

  // The name stands in the path; in the body it may.
  private static String yaml(String path, String name, JsonNode body) {
    if (!body.isObject()) {
      throw JsonBody.invalid("the body is not an object");
    }
    if (body.has("name") && !body.path("name").asText().equals(name)) {
      throw JsonBody.invalid("the name in the body is another one than that in the path");
    }
    ObjectNode named = JsonNodeFactory.instance.objectNode().put("name", name);
    body.properties().forEach(each -> named.set(each.getKey(), each.getValue()));
    String yaml = named.toPrettyString();
    var _ = Yaml.parse(path, yaml).get("name").name();
    return yaml;
  }
}
