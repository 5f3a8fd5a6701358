package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Lists of names in a definition. */
final class Names {
  /** Most names in one list. */
  static final int MAX = 1_000;

  private Names() {}

  /**
   * Reads a list in which no name stands twice.
   *
   * @param what one of them is
   */
  static Set<String> of(Yaml list, String what) {
    List<Yaml> items = list.items();
    if (items.isEmpty() || items.size() > MAX) {
      throw list.error("expected 1 to " + MAX + " names, found " + items.size());
    }
    Set<String> names = new LinkedHashSet<>();
    for (Yaml item : items) {
      if (!names.add(item.text())) {
        throw item.error("the " + what + " \"" + item.text() + "\" stands twice");
      }
    }
    return names;
  }
}
