package dev.attune.platform.definition;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.JsonBody;
import dev.attune.proto.v1.Definition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of a folder of definitions.
 *
 * @param path inside the folder, with {@code /}: {@code catalog.yaml}, {@code models/*.yaml},
 *     {@code traits/*.yaml}, {@code audiences/*.yaml}, {@code webhooks/*.yaml}, {@code
 *     views/*.yaml}, {@code events/*.yaml} or {@code streams/*.yaml}
 * @param text its YAML
 */
public record DefinitionFile(String path, String text) {
  /** Most files of one request. */
  public static final int FILES_MAX = 10_000;

  private static final Map<String, String> KINDS =
      Map.of(
          "models",
          "model",
          "traits",
          "trait",
          "audiences",
          "audience",
          "webhooks",
          "webhook",
          "views",
          "view",
          "events",
          "event",
          "streams",
          "stream");
  private static final Pattern PATH =
      Pattern.compile(
          "(models|traits|audiences|webhooks|views|events|streams)/(?:[\\w.-]{1,100}/){0,4}[\\w.-]{1,100}\\.yaml");

  /**
   * Those in a request's {@code "files": [{"path", "text"}]}.
   *
   * @throws HttpProblem 400 when it has none, more than {@link #FILES_MAX}, or something else
   */
  public static List<DefinitionFile> list(JsonNode body) {
    List<JsonNode> sent = JsonBody.array(body, "files");
    if (sent.size() > FILES_MAX) {
      throw JsonBody.invalid("files: " + sent.size() + " of them (allowed: " + FILES_MAX + ")");
    }
    List<DefinitionFile> files = new ArrayList<>();
    for (JsonNode file : sent) {
      JsonBody.requireKeys(file, List.of("path", "text"));
      files.add(new DefinitionFile(JsonBody.text(file, "path"), JsonBody.text(file, "text")));
    }
    return files;
  }

  /**
   * The definition in it.
   *
   * @throws DefinitionException when the path has no place in such a folder, or it has no name
   */
  Definition definition(long version) {
    String kind = "catalog";
    String id = "catalog";
    if (!path.equals("catalog.yaml")) {
      Matcher matcher = PATH.matcher(path);
      if (!matcher.matches() || path.contains("..")) {
        throw new DefinitionException(
            path
                + ":1:1: this is no place for a definition (allowed: catalog.yaml, models/*.yaml,"
                + " traits/*.yaml, audiences/*.yaml, webhooks/*.yaml, views/*.yaml, events/*.yaml, streams/*.yaml)");
      }
      kind = KINDS.getOrDefault(matcher.group(1), "");
      id = Yaml.parse(path, text).get("name").name();
    }
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(version)
        .setYaml(text)
        .setPath(path)
        .build();
  }
}
