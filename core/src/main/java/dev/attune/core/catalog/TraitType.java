package dev.attune.core.catalog;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a declared trait may hold. */
public enum TraitType {
  STRING,
  INTEGER,
  NUMBER,
  BOOLEAN,
  /** An instant, microseconds UTC. */
  TIMESTAMP,
  /** A calendar date without zone. */
  DATE,
  /** A list of anything. */
  LIST,
  /** A JSON object. */
  OBJECT;

  /** The name in the catalog. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All names, for messages. */
  public static List<String> labels() {
    return Arrays.stream(values()).map(TraitType::label).toList();
  }

  static TraitType ofLabel(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
