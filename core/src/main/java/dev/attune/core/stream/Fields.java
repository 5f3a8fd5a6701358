package dev.attune.core.stream;

import dev.attune.core.definition.Yaml;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which fields of a record become properties or traits. */
public sealed interface Fields {
  /** Most that are picked by name. */
  int PICKED_MAX = 200;

  /** None. */
  record None() implements Fields {}

  /** The whole record. */
  record All() implements Fields {}

  /** Those of one object inside the record. */
  record Inside(RecordPath path) implements Fields {}

  /** Some, each under a name: name to path, in the file's order. */
  record Picked(Map<String, RecordPath> paths) implements Fields {
    public Picked {
      paths = Collections.unmodifiableMap(new LinkedHashMap<>(paths));
    }
  }

  /** Reads {@code all}, the path of an object, or {@code {name: path}}. */
  static Fields parse(Yaml yaml) {
    if (!yaml.isMapping()) {
      return yaml.text().equals("all") ? new All() : new Inside(RecordPath.parse(yaml));
    }
    Map<String, RecordPath> paths = new LinkedHashMap<>();
    yaml.entries()
        .forEach(
            (name, path) -> {
              if (name.isBlank()) {
                throw path.error("the name is blank");
              }
              paths.put(name, RecordPath.parse(path));
            });
    if (paths.isEmpty() || paths.size() > PICKED_MAX) {
      throw yaml.error(paths.size() + " names (allowed: 1 to " + PICKED_MAX + ")");
    }
    return new Picked(paths);
  }
}
