package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.core.event.EventDefinition;
import dev.attune.core.event.EventDefinition.Enforcement;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Judges events by the schemas that the definitions have for them. */
public final class Schemas {
  private final Map<Enforcement, Counter> misfits = new EnumMap<>(Enforcement.class);

  public Schemas(MeterRegistry meters) {
    for (Enforcement enforcement : Enforcement.values()) {
      misfits.put(
          enforcement,
          Counter.builder("attune.events.misfits")
              .description("Events that did not fit their schema, by what became of them")
              .tag("enforcement", enforcement.name().toLowerCase(Locale.ROOT))
              .register(meters));
    }
  }

  /**
   * Judges an event that was sent alone: its sender can be told.
   *
   * @throws MalformedEventException when it does not fit, and is to be refused for that
   */
  public void checkAlone(JsonNode event, Definitions definitions) throws MalformedEventException {
    if (definitions.events().values().stream()
        .anyMatch(defined -> defined.enforcement() == Enforcement.REJECT)) {
      SegmentEvent parsed = SegmentEvent.of(event, "");
      EventDefinition defined = definitions.events().get(parsed.name());
      if (defined != null && defined.enforcement() == Enforcement.REJECT) {
        check(parsed, definitions);
      }
    }
  }

  /**
   * Judges an event, and counts it if it does not fit.
   *
   * @throws MalformedEventException when it does not fit, and is not to be taken for that
   */
  void check(SegmentEvent event, Definitions definitions) throws MalformedEventException {
    List<String> wrong = wrong(event, definitions);
    if (wrong.isEmpty()) {
      return;
    }
    EventDefinition defined = Objects.requireNonNull(definitions.events().get(event.name()));
    Counter counter = misfits.get(defined.enforcement());
    if (counter != null) {
      counter.increment();
    }
    if (defined.enforcement() != Enforcement.WARN) {
      throw new MalformedEventException(
          "the event does not fit its schema " + defined.name() + ": " + String.join("; ", wrong));
    }
  }

  /** Whether an event that was judged before was not taken. */
  boolean refuses(SegmentEvent event, Definitions definitions) {
    EventDefinition defined = definitions.events().get(event.name());
    return defined != null
        && defined.enforcement() != Enforcement.WARN
        && !wrong(event, definitions).isEmpty();
  }

  private static List<String> wrong(SegmentEvent event, Definitions definitions) {
    EventDefinition defined = definitions.events().get(event.name());
    return defined == null ? List.of() : defined.schema().check(event.properties().toString());
  }
}
