package dev.attune.core.event;

import dev.attune.core.definition.Yaml;
import java.util.List;
import java.util.Locale;

/**
 * What an event must look like, from {@code definitions/events/*.yaml}.
 *
 * @param name of the definition
 * @param event name of the events that it is about, as audiences call them
 * @param schema of their properties
 * @param enforcement what becomes of one that does not fit
 */
public record EventDefinition(
    String name, String event, EventSchema schema, Enforcement enforcement) {
  private static final int EVENT_LENGTH_MAX = 200;

  /** What becomes of an event that does not fit its schema. */
  public enum Enforcement {
    /** It is a dead letter; the sender is told that it was taken. */
    DEAD_LETTER,
    /** Sent alone it is refused; in a batch, or from the log, it is a dead letter. */
    REJECT,
    /** It is taken, and counted. */
    WARN;

    private static List<String> labels() {
      return List.of("dead_letter", "reject", "warn");
    }
  }

  /** Reads a definition; what is wrong with its schema is said with its place. */
  public static EventDefinition parse(Yaml yaml) {
    yaml.keys("name", "event", "description", "schema", "enforcement");
    String event = yaml.get("event").text();
    if (event.isBlank() || event.length() > EVENT_LENGTH_MAX) {
      throw yaml.get("event")
          .error("the name of an event has 1 to " + EVENT_LENGTH_MAX + " characters");
    }
    return new EventDefinition(
        yaml.get("name").name(),
        event,
        EventSchema.parse(yaml.get("schema")),
        yaml.find("enforcement")
            .map(e -> Enforcement.valueOf(e.oneOf(Enforcement.labels()).toUpperCase(Locale.ROOT)))
            .orElse(Enforcement.DEAD_LETTER));
  }
}
