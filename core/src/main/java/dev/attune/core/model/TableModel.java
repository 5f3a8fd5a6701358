package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import dev.attune.core.model.ProfilesModel.Identification;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model that says something of people for as long as its table does: each snapshot is compared
 * with what was applied last, and a row that is gone takes back what it said.
 */
public sealed interface TableModel extends ModelDefinition
    permits ProfilesModel, AudienceModel, ConsentModel {
  /** Whose row it is. */
  Identification key();

  /** More of what the person is known by. */
  List<Identification> identifiers();

  /** As of when the files are; empty: when the newest of them was modified. */
  Optional<Instant> dataTime();

  /** The names of the facts that it says, in an order of their own. */
  List<String> facts();

  /** The columns that it names outside its source; an empty name is none. */
  List<String> columns();

  /**
   * A digest of what maps columns to facts: a different one means that every row is written again.
   */
  String mappingDigest();

  /** The columns that must be text whatever their values look like: 00042 is not 42. */
  default List<String> identifierColumns() {
    List<String> columns = new ArrayList<>();
    columns.add(key().column());
    identifiers().forEach(identifier -> columns.add(identifier.column()));
    return columns;
  }

  /** Reads {@code data_time}. */
  static Optional<Instant> dataTime(Yaml yaml) {
    return yaml.find("data_time").map(TableModel::instant);
  }

  private static Instant instant(Yaml yaml) {
    try {
      return Instant.parse(yaml.text());
    } catch (DateTimeParseException e) {
      throw yaml.error(
          "\"" + yaml.text() + "\" is not a time (allowed: e.g. 2026-11-20T00:00:00Z)");
    }
  }
}
