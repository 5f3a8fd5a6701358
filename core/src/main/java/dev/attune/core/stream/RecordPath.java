package dev.attune.core.stream;

import dev.attune.core.definition.Yaml;
import java.util.List;

/**
 * Where a field stands in a record: {@code customer.id} is the {@code id} inside the {@code
 * customer} at the top.
 *
 * @param names from the top; a name with a dot in it cannot be said
 */
public record RecordPath(List<String> names) {
  private static final int LENGTH_MAX = 500;
  private static final int DEPTH_MAX = 20;

  public RecordPath {
    names = List.copyOf(names);
  }

  /** Reads a path. */
  static RecordPath parse(Yaml yaml) {
    String text = yaml.text();
    List<String> names = List.of(text.split("\\.", -1));
    if (text.length() > LENGTH_MAX
        || names.size() > DEPTH_MAX
        || names.stream().anyMatch(String::isBlank)) {
      throw yaml.error(
          "not the path of a field (allowed: names with dots between them, at most "
              + DEPTH_MAX
              + " names and "
              + LENGTH_MAX
              + " characters)");
    }
    return new RecordPath(names);
  }

  /** As it is written in a definition. */
  public String label() {
    return String.join(".", names);
  }
}
