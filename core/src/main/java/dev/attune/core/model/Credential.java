package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.util.List;

/**
 * What a database is told of who reads it. A secret never stands in a definition, which lives in
 * Git: there it is a reference.
 */
public sealed interface Credential {
  /** A text that is no secret. */
  record Plain(String text) implements Credential {}

  /** An environment variable of the refresher's process. */
  record Environment(String variable) implements Credential {}

  /**
   * A file that the refresher can read; a line break at its end is no part of it.
   *
   * @param path relative to the data root, or absolute
   */
  record File(String path) implements Credential {}

  /** Reads {@code {env: NAME}} or {@code {file: PATH}}; nothing else, and shows nothing else. */
  static Credential reference(Yaml yaml, String what) {
    if (yaml.isMapping()) {
      List<String> keys = List.copyOf(yaml.entries().keySet());
      if (keys.equals(List.of("env"))) {
        Yaml variable = yaml.get("env");
        if (variable.text().matches("[A-Za-z_][A-Za-z0-9_]{0,199}")) {
          return new Environment(variable.text());
        }
      } else if (keys.equals(List.of("file"))) {
        return new File(SourceKeys.filled(yaml.get("file")));
      }
    }
    throw yaml.error(what + " does not stand in a definition (allowed: {env: NAME}, {file: PATH})");
  }

  /** Reads a text, or a reference. */
  static Credential parse(Yaml yaml, String what) {
    return yaml.isMapping() ? reference(yaml, what) : new Plain(SourceKeys.filled(yaml));
  }
}
