package dev.attune.core.model;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.definition.Yaml;
import dev.attune.core.model.ProfilesModel.Identification;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table of the warehouse's own identity resolution, with a row an identifier: whose it is. Each
 * row links the two; a row that changes or goes takes its link back, and nothing else.
 *
 * <pre>{@code
 * name: people
 * kind: identity
 * source: {files: people.parquet, format: parquet}   # see ModelSource
 * identifier: {namespace: email, column: email}      # one row for each value
 * # identifier: {namespace: {column: id_type}, column: id}   # or with the namespace in each row
 * person: {namespace: person_id, column: person_id}  # NULL: it is nobody's
 * updated_at: updated_at                             # optional, as data_time, guards and schedule:
 * schedule: {every: 6h}                              # see ProfilesModel
 * }</pre>
 *
 * @param table as which it is read: the key is the identifier, the one further identifier the
 *     person
 * @param namespaceColumn the column with the identifier's namespace; empty: it is the key's
 */
public record IdentityModel(ProfilesModel table, String namespaceColumn)
    implements ModelDefinition {
  static final String KIND = "identity";

  static IdentityModel parse(Yaml yaml, Catalog catalog) {
    yaml.keys(
        "name",
        "kind",
        "source",
        "identifier",
        "person",
        "updated_at",
        "data_time",
        "guards",
        "schedule",
        "description");
    Yaml identifier = yaml.get("identifier").keys("namespace", "column");
    Yaml namespace = identifier.get("namespace");
    String namespaceColumn =
        namespace.isMapping() ? namespace.keys("column").get("column").text() : "";
    Identification key =
        namespace.isMapping()
            ? new Identification("", identifier.get("column").text())
            : ofPeople(identifier, catalog);
    ProfilesModel table =
        ProfilesModel.table(yaml, key, List.of(ofPeople(yaml.get("person"), catalog)), Map.of());
    return new IdentityModel(table, namespaceColumn);
  }

  // A group linked with people would make its members one.
  private static Identification ofPeople(Yaml yaml, Catalog catalog) {
    Identification identification = Identification.parse(yaml, catalog);
    if (identification.namespace().equals(Namespace.GROUP)) {
      throw yaml.get("namespace").error("groups are no people (allowed: other namespaces)");
    }
    return identification;
  }

  @Override
  public String name() {
    return table.name();
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public ModelSource source() {
    return table.source();
  }

  @Override
  public Guards guards() {
    return table.guards();
  }

  @Override
  public Optional<Schedule> schedule() {
    return table.schedule();
  }

  /** The namespace of people. */
  public String personNamespace() {
    return table.identifiers().getFirst().namespace();
  }
}
