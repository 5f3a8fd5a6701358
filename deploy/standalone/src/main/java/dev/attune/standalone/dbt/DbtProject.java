package dev.attune.standalone.dbt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What dbt writes into its target folder: {@code manifest.json}, and {@code catalog.json} once
 * {@code dbt docs generate} has run, which knows all columns and their types.
 */
final class DbtProject {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String adapter;
  private final JsonNode nodes;
  private final JsonNode catalog;

  private DbtProject(String adapter, JsonNode nodes, JsonNode catalog) {
    this.adapter = adapter;
    this.nodes = nodes;
    this.catalog = catalog;
  }

  /**
   * Reads a target folder.
   *
   * @throws Complaint when dbt has written nothing there
   */
  static DbtProject read(Path target) {
    Path manifest = target.resolve("manifest.json");
    if (!Files.isRegularFile(manifest)) {
      throw new Complaint(
          "there is no "
              + manifest
              + ": name dbt's target folder (dbt parse, run or build writes it).");
    }
    JsonNode root = json(manifest);
    if (!root.path("nodes").isObject()) {
      throw new Complaint(manifest + " is not a manifest of dbt: it has no nodes.");
    }
    Path catalog = target.resolve("catalog.json");
    return new DbtProject(
        root.path("metadata").path("adapter_type").asText("unknown"),
        root.path("nodes"),
        Files.isRegularFile(catalog) ? json(catalog).path("nodes") : MissingNode.getInstance());
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new Complaint(file + " is not JSON, or not whole.", e);
    } catch (IOException e) {
      throw new Complaint(file + " cannot be read.", e);
    }
  }

  /**
   * The tables that are meant for Attune: those with {@code meta.attune}; if there is none, all
   * that say what their primary key is.
   */
  List<DbtTable> tables() {
    List<DbtTable> all = new ArrayList<>();
    for (var node : nodes.properties()) {
      String kind = node.getValue().path("resource_type").asText();
      String materialized = node.getValue().path("config").path("materialized").asText();
      if (kind.equals("model") && !materialized.equals("ephemeral")) {
        all.add(table(node.getKey(), node.getValue()));
      }
    }
    List<DbtTable> meant = all.stream().filter(table -> isMeant(table.meta())).toList();
    return meant.isEmpty()
        ? all.stream()
            .filter(table -> table.meta().isMissingNode() && !table.primaryKey().isEmpty())
            .toList()
        : meant;
  }

  private static boolean isMeant(JsonNode meta) {
    return meta.isObject() || (meta.isBoolean() && meta.booleanValue());
  }

  private DbtTable table(String id, JsonNode node) {
    Map<String, String> columns = new LinkedHashMap<>();
    Map<String, JsonNode> columnMeta = new LinkedHashMap<>();
    for (var column : catalog.path(id).path("columns").properties()) {
      columns.put(column.getKey(), column.getValue().path("type").asText());
    }
    for (var column : node.path("columns").properties()) {
      // What dbt was told in another case than the database has.
      String name =
          columns.keySet().stream()
              .filter(known -> known.equalsIgnoreCase(column.getKey()))
              .findFirst()
              .orElse(stored(node, column.getKey()));
      columns.putIfAbsent(name, column.getValue().path("data_type").asText(""));
      JsonNode meta = meta(column.getValue());
      if (!meta.isMissingNode()) {
        columnMeta.put(name, meta);
      }
    }
    List<String> relation = new ArrayList<>();
    for (String part : List.of("database", "schema", "alias")) {
      String name = node.path(part).asText("");
      if (!name.isEmpty()) {
        relation.add(stored(node, name));
      }
    }
    List<String> key =
        primaryKey(id, node).stream()
            .map(
                name ->
                    columns.keySet().stream()
                        .filter(known -> known.equalsIgnoreCase(name))
                        .findFirst()
                        .orElse(stored(node, name)))
            .toList();
    return new DbtTable(
        node.path("name").asText(), adapter, relation, columns, columnMeta, key, meta(node));
  }

  private static JsonNode meta(JsonNode node) {
    JsonNode meta = node.path("config").path("meta").path("attune");
    return meta.isMissingNode() ? node.path("meta").path("attune") : meta;
  }

  // Snowflake keeps a name that nobody quoted in capitals.
  private String stored(JsonNode node, String name) {
    return adapter.equals("snowflake") && !node.path("relation_name").asText().contains("\"")
        ? name.toUpperCase(Locale.ROOT)
        : name;
  }

  private Set<String> primaryKey(String id, JsonNode node) {
    Set<String> key = new LinkedHashSet<>();
    node.path("primary_key").forEach(column -> key.add(column.asText()));
    for (JsonNode constraint : node.path("constraints")) {
      if (constraint.path("type").asText().equals("primary_key")) {
        constraint.path("columns").forEach(column -> key.add(column.asText()));
      }
    }
    for (var column : node.path("columns").properties()) {
      for (JsonNode constraint : column.getValue().path("constraints")) {
        if (constraint.path("type").asText().equals("primary_key")) {
          key.add(column.getKey());
        }
      }
    }
    if (key.isEmpty()) {
      key.addAll(tested(id, "unique"));
      key.retainAll(tested(id, "not_null"));
    }
    return key;
  }

  private Set<String> tested(String id, String test) {
    Set<String> columns = new TreeSet<>();
    for (JsonNode node : nodes) {
      if (node.path("attached_node").asText().equals(id)
          && node.path("test_metadata").path("name").asText().equals(test)
          && node.path("column_name").isTextual()) {
        columns.add(node.path("column_name").textValue());
      }
    }
    return columns;
  }
}
