package dev.attune.core.stream;

import dev.attune.core.definition.Yaml;
import java.util.function.Function;

/** What is the same for all records, or what a field of each record says. */
public sealed interface Said {
  /** The same for all records. */
  record Constant(String text) implements Said {}

  /** What stands in a field: {@code {field: PATH}}. */
  record Field(RecordPath path) implements Said {}

  /** Reads a text, checked by {@code constant}, or a field. */
  static Said parse(Yaml yaml, Function<Yaml, String> constant) {
    return yaml.isMapping()
        ? new Field(RecordPath.parse(yaml.keys("field").get("field")))
        : new Constant(constant.apply(yaml));
  }
}
