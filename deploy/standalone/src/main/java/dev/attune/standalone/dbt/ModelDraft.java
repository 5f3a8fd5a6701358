package dev.attune.standalone.dbt;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.catalog.TraitType;
import dev.attune.standalone.terminal.Complaint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A model file for a table of dbt.
 *
 * <p>The table's {@code meta.attune} says, all of it optional: "name" (of the model), "key" (a
 * column; else the primary key), "namespace" (of the key; else user_id), "identifiers" (namespace:
 * column), "updated_at" (a column; else one of that name), "traits" (a list of columns, or trait:
 * column; else all that are left). A column's is {@code false} (it is left out), {@code {namespace:
 * NAME}} or {@code {trait: NAME}}.
 *
 * @param name of the model
 * @param traits types of the traits that it maps; the catalog must declare them
 * @param namespaces that the catalog must declare
 * @param open what a person has to fill in, each a sentence
 * @param yaml the file
 */
record ModelDraft(
    String name,
    Map<String, TraitType> traits,
    Set<String> namespaces,
    List<String> open,
    String yaml) {
  private static final Set<String> KEYS =
      Set.of("name", "key", "namespace", "identifiers", "updated_at", "traits");
  private static final Set<String> COLUMN_KEYS = Set.of("namespace", "trait");
  private static final String USER_NAMESPACE = "user_id";
  private static final String UPDATED_AT = "updated_at";

  /**
   * Drafts a model.
   *
   * @param target dbt's target folder
   * @throws Complaint when what the table says cannot be followed
   */
  static ModelDraft of(DbtTable table, String target) {
    JsonNode meta = table.meta();
    checkKeys(table, meta, KEYS);
    String name = meta.path("name").asText(table.model()).toLowerCase(Locale.ROOT);
    String key = key(table);
    String namespace = meta.path("namespace").asText(USER_NAMESPACE);
    Map<String, String> identifiers = identifiers(table, key);
    String updatedAt = updatedAt(table);
    Map<String, String> traits = traits(table, key, identifiers, updatedAt);

    List<String> open = new ArrayList<>();
    StringBuilder yaml = new StringBuilder();
    yaml.append("# Written from dbt's model ").append(plain(table.model())).append(".\n");
    yaml.append("name: ").append(scalar(name)).append("\nkind: profiles\nsource:\n");
    yaml.append(WarehouseSource.of(table, open));
    yaml.append("  dbt: {target: ")
        .append(scalar(target))
        .append(", model: ")
        .append(scalar(table.model()))
        .append("}\n");
    yaml.append("key: {namespace: ")
        .append(scalar(namespace))
        .append(", column: ")
        .append(scalar(key))
        .append("}\n");
    if (!identifiers.isEmpty()) {
      yaml.append("identifiers:\n");
      identifiers.forEach(
          (other, column) ->
              yaml.append("  - {namespace: ")
                  .append(scalar(other))
                  .append(", column: ")
                  .append(scalar(column))
                  .append("}\n"));
    }
    if (!updatedAt.isEmpty()) {
      yaml.append("updated_at: ").append(scalar(updatedAt)).append('\n');
    }
    yaml.append("traits:");
    if (traits.isEmpty()) {
      yaml.append(" {}");
      open.add("which columns are traits: dbt knows of none (dbt docs generate tells it)");
    }
    yaml.append('\n');
    Map<String, TraitType> types = new LinkedHashMap<>();
    traits.forEach(
        (trait, column) -> {
          yaml.append("  ").append(scalar(trait)).append(": ").append(scalar(column)).append('\n');
          types.put(trait, type(table.columns().getOrDefault(column, "")));
        });
    Set<String> namespaces = new LinkedHashSet<>(identifiers.keySet());
    namespaces.add(namespace);
    return new ModelDraft(name, types, namespaces, open, yaml.toString());
  }

  private static void checkKeys(DbtTable table, JsonNode meta, Set<String> allowed) {
    for (var entry : meta.properties()) {
      if (!allowed.contains(entry.getKey())) {
        throw new Complaint(
            "meta.attune of the dbt model "
                + table.model()
                + " has the unknown key \""
                + entry.getKey()
                + "\" (allowed: "
                + String.join(", ", allowed.stream().sorted().toList())
                + ").");
      }
    }
  }

  private static String key(DbtTable table) {
    if (table.meta().has("key")) {
      return column(table, table.meta().path("key").asText());
    }
    if (table.primaryKey().size() != 1) {
      throw new Complaint(
          "the dbt model "
              + table.model()
              + " has "
              + (table.primaryKey().isEmpty() ? "no primary key" : "a primary key of many columns")
              + ": say which column tells people apart in meta.attune.key, or leave it out with"
              + " meta.attune: false.");
    }
    return table.primaryKey().getFirst();
  }

  /** A column by the name that somebody wrote, in whatever case. */
  private static String column(DbtTable table, String name) {
    if (table.columns().isEmpty() || table.columns().containsKey(name)) {
      return name;
    }
    return table.columns().keySet().stream()
        .filter(known -> known.equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new Complaint(
                    "meta.attune of the dbt model "
                        + table.model()
                        + " names the column \""
                        + name
                        + "\", which dbt does not know (it knows: "
                        + String.join(", ", table.columns().keySet())
                        + ")."));
  }

  private static Map<String, String> identifiers(DbtTable table, String key) {
    Map<String, String> identifiers = new LinkedHashMap<>();
    for (var entry : table.meta().path("identifiers").properties()) {
      identifiers.put(entry.getKey(), column(table, entry.getValue().asText()));
    }
    table
        .columnMeta()
        .forEach(
            (column, meta) -> {
              checkKeys(table, meta, COLUMN_KEYS);
              if (meta.has("namespace") && !column.equals(key)) {
                identifiers.put(meta.path("namespace").asText(), column);
              }
            });
    return identifiers;
  }

  private static String updatedAt(DbtTable table) {
    if (table.meta().has(UPDATED_AT)) {
      return column(table, table.meta().path(UPDATED_AT).asText());
    }
    return table.columns().keySet().stream()
        .filter(UPDATED_AT::equalsIgnoreCase)
        .findFirst()
        .orElse("");
  }

  private static Map<String, String> traits(
      DbtTable table, String key, Map<String, String> identifiers, String updatedAt) {
    Map<String, String> traits = new LinkedHashMap<>();
    JsonNode said = table.meta().path("traits");
    if (said.isObject()) {
      said.properties().forEach(e -> traits.put(e.getKey(), column(table, e.getValue().asText())));
    } else if (said.isArray()) {
      said.forEach(
          item -> {
            String column = column(table, item.asText());
            traits.put(trait(table, column), column);
          });
    } else {
      for (String column : table.columns().keySet()) {
        JsonNode meta = table.columnMeta().get(column);
        boolean left = meta != null && meta.isBoolean() && !meta.booleanValue();
        if (!left
            && !column.equals(key)
            && !column.equals(updatedAt)
            && !identifiers.containsValue(column)) {
          traits.put(trait(table, column), column);
        }
      }
    }
    return traits;
  }

  private static String trait(DbtTable table, String column) {
    JsonNode meta = table.columnMeta().get(column);
    if (meta != null && meta.has("trait")) {
      return meta.path("trait").asText();
    }
    String name =
        column.equals(column.toUpperCase(Locale.ROOT)) ? column.toLowerCase(Locale.ROOT) : column;
    String trait = name.replaceAll("[^A-Za-z0-9_]", "_");
    return trait.matches("[0-9].*") ? "_" + trait : trait;
  }

  /** What a column of a type in any SQL is likely to be; a text when nothing is known. */
  static TraitType type(String sql) {
    String type = sql.toLowerCase(Locale.ROOT).strip();
    if (type.endsWith("[]") || type.startsWith("array")) {
      return TraitType.LIST;
    }
    if (type.matches("bool.*")) {
      return TraitType.BOOLEAN;
    }
    if (type.matches("(tiny|small|big|medium|huge)?int\\d*(eger)?(unsigned)?|integer|byteint|int64")
        || type.matches("(number|numeric|decimal)\\(\\d+(, ?0)?\\)")) {
      return TraitType.INTEGER;
    }
    if (type.matches("(number|numeric|decimal|bignumeric|float|double|real).*")) {
      return TraitType.NUMBER;
    }
    if (type.matches("(timestamp|datetime).*")) {
      return TraitType.TIMESTAMP;
    }
    if (type.equals("date")) {
      return TraitType.DATE;
    }
    return type.matches("(json|jsonb|variant|object|super|struct|map|record).*")
        ? TraitType.OBJECT
        : TraitType.STRING;
  }

  private static String plain(String text) {
    return text.replaceAll("\\R", " ");
  }

  /** A text as YAML takes it for one. */
  static String scalar(String text) {
    boolean plain =
        text.matches("[A-Za-z_/.][A-Za-z0-9_./-]*")
            && !text.matches("(?i)true|false|null|yes|no|on|off|\\.+|\\.inf|\\.nan");
    return plain ? text : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
