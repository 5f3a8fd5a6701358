package dev.attune.core.model;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A table with a row a person: each column that the mapping names is a trait.
 *
 * <pre>{@code
 * name: customers
 * kind: profiles
 * source: {files: customers.parquet, format: parquet}   # see ModelSource
 * key: {namespace: user_id, column: customer_id}        # one row for each value
 * identifiers:                                          # optional: more of what the person is known by
 *   - {namespace: email, column: email}
 * updated_at: updated_at                                # optional: the column with the row's own time
 * data_time: 2026-11-20T00:00:00Z                       # optional: as of when the files are; else the
 *                                                       # newest time at which one was modified
 * traits: {plan: plan, lifetime_value: total_spent}     # trait: column
 * guards: {rows_off: 30%, bad_rows: 1%}                 # optional: see Guards
 * schedule: {every: 6h}                                 # optional: see Schedule
 * }</pre>
 *
 * @param updatedAt the column with the row's own time; empty: there is none
 * @param traits columns by trait, in the file's order
 */
public record ProfilesModel(
    String name,
    ModelSource source,
    Identification key,
    List<Identification> identifiers,
    String updatedAt,
    Optional<Instant> dataTime,
    Map<String, String> traits,
    Guards guards,
    Optional<Schedule> schedule)
    implements TableModel {
  static final String KIND = "profiles";

  /** Traits that a model may map. */
  public static final int TRAITS_MAX = 500;

  /** Further identifiers of a row. */
  public static final int IDENTIFIERS_MAX = 10;

  /** A column that identifies the row's person in a namespace. */
  public record Identification(String namespace, String column) {
    static Identification parse(Yaml yaml, Catalog catalog) {
      yaml.keys("namespace", "column");
      String namespace = yaml.get("namespace").oneOf(catalog.namespaces().keySet());
      return new Identification(namespace, yaml.get("column").text());
    }
  }

  public ProfilesModel {
    identifiers = List.copyOf(identifiers);
    traits = Collections.unmodifiableMap(new LinkedHashMap<>(traits));
  }

  static ProfilesModel parse(Yaml yaml, Catalog catalog) {
    yaml.keys(
        "name",
        "kind",
        "source",
        "key",
        "identifiers",
        "updated_at",
        "data_time",
        "traits",
        "guards",
        "schedule",
        "description");
    Map<String, String> traits = new LinkedHashMap<>();
    for (var entry : yaml.get("traits").entries().entrySet()) {
      if (catalog.trait(entry.getKey()).isEmpty()) {
        throw entry
            .getValue()
            .error(
                "the catalog declares no trait \""
                    + entry.getKey()
                    + "\""
                    + Nearest.hint(entry.getKey(), catalog.traits().keySet()));
      }
      traits.put(entry.getKey(), entry.getValue().text());
    }
    if (traits.size() > TRAITS_MAX) {
      throw yaml.get("traits").error("more than " + TRAITS_MAX + " traits in one model");
    }
    List<Identification> identifiers = new ArrayList<>();
    yaml.find("identifiers")
        .ifPresent(
            list ->
                list.items().forEach(item -> identifiers.add(Identification.parse(item, catalog))));
    if (identifiers.size() > IDENTIFIERS_MAX) {
      throw yaml.get("identifiers").error("more than " + IDENTIFIERS_MAX + " identifiers");
    }
    return table(yaml, Identification.parse(yaml.get("key"), catalog), identifiers, traits);
  }

  /** With the keys that all tables of people have. */
  static ProfilesModel table(
      Yaml yaml, Identification key, List<Identification> identifiers, Map<String, String> traits) {
    return new ProfilesModel(
        yaml.get("name").name(),
        ModelSource.parse(yaml.get("source")),
        key,
        identifiers,
        yaml.find("updated_at").map(Yaml::text).orElse(""),
        TableModel.dataTime(yaml),
        traits,
        Guards.of(yaml),
        yaml.find("schedule").map(Schedule::parse));
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public List<String> facts() {
    return List.copyOf(traits.keySet());
  }

  @Override
  public List<String> columns() {
    List<String> columns = new ArrayList<>(identifierColumns());
    columns.addAll(traits.values());
    columns.add(updatedAt);
    return columns;
  }

  @Override
  public String mappingDigest() {
    return Digest.of(List.of(key, identifiers, updatedAt, new TreeMap<>(traits)));
  }
}
