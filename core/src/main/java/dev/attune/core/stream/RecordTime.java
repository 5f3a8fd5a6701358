package dev.attune.core.stream;

import dev.attune.core.definition.Yaml;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The field that says when a record's event happened.
 *
 * @param unit of numbers since 1970-01-01T00:00:00Z; a text is ISO 8601 with an offset in any case
 */
public record RecordTime(RecordPath path, Unit unit) {
  /** What a number counts. */
  public enum Unit {
    /** Numbers are no times here. */
    ISO,
    SECONDS,
    MILLISECONDS,
    MICROSECONDS;

    /** As a definition calls it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    private static List<String> labels() {
      return Arrays.stream(values()).map(Unit::label).toList();
    }
  }

  /** Reads a path, or {@code {field: PATH, unit: milliseconds}}. */
  static RecordTime parse(Yaml yaml) {
    if (!yaml.isMapping()) {
      return new RecordTime(RecordPath.parse(yaml), Unit.ISO);
    }
    yaml.keys("field", "unit");
    return new RecordTime(
        RecordPath.parse(yaml.get("field")),
        yaml.find("unit")
            .map(unit -> Unit.valueOf(unit.oneOf(Unit.labels()).toUpperCase(Locale.ROOT)))
            .orElse(Unit.ISO));
  }
}
