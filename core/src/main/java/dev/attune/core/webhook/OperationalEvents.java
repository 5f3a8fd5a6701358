package dev.attune.core.webhook;

import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.util.Set;

/** What webhooks may be told of Attune itself, about nobody. */
public final class OperationalEvents {
  /** A webhook is disabled: its deliveries wait until somebody resumes it. */
  public static final String WEBHOOK_DISABLED = "webhook.disabled";

  private static final Set<String> ALL = Set.of(WEBHOOK_DISABLED);

  private OperationalEvents() {}

  /** Reads a list of types. */
  static Set<String> parse(Yaml list) {
    Set<String> types = Names.of(list, "operational event");
    for (Yaml item : list.items()) {
      if (!ALL.contains(item.text())) {
        throw item.error(
            "there is no operational event \""
                + item.text()
                + "\""
                + Nearest.hint(item.text(), ALL)
                + " (allowed: "
                + String.join(", ", ALL)
                + ")");
      }
    }
    return types;
  }
}
