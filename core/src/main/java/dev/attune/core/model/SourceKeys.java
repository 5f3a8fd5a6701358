package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.util.List;
import java.util.Optional;

/** Keys that sources have in common. */
final class SourceKeys {
  private SourceKeys() {}

  /** The one of two keys that is there. */
  static String either(Yaml yaml, String one, String other) {
    if (yaml.has(one) == yaml.has(other)) {
      throw yaml.error("expected either \"" + one + "\" or \"" + other + "\"");
    }
    return yaml.has(one) ? one : other;
  }

  /** A text that is not empty. */
  static String filled(Yaml yaml) {
    String text = yaml.text().strip();
    if (text.isEmpty()) {
      throw yaml.error("expected a text, found an empty one");
    }
    return text;
  }

  /**
   * A table's name, as it is stored: up to four names with a dot between them.
   *
   * @return empty when the key is not there
   */
  static List<String> table(Yaml source) {
    Optional<Yaml> table = source.find("table");
    if (table.isEmpty()) {
      return List.of();
    }
    String text = table.get().text();
    if (!text.matches("[A-Za-z0-9_$-]{1,128}(\\.[A-Za-z0-9_$-]{1,128}){0,3}")) {
      throw table
          .get()
          .error(
              "not a table's name (allowed: letters, digits, _, $ and -, and dots between up to 4"
                  + " names; any other in a \"query\")");
    }
    return List.of(text.split("\\."));
  }
}
