package dev.attune.core.definition;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads YAML that does not nest too deep. The library bounds it nowhere: it parses with a stack of
 * its own, and then composes with a call in a call, which overflows.
 */
final class BoundedParser implements Parser {
  /** Deepest nesting of lists and mappings, the outermost one included. */
  static final int DEPTH_MAX = 100;

  private final Parser parser;
  private int depth;

  BoundedParser(LoadSettings settings, String text) {
    this.parser = new ParserImpl(settings, new StreamReader(settings, text));
  }

  @Override
  public boolean checkEvent(Event.ID choice) {
    return parser.checkEvent(choice);
  }

  @Override
  public Event peekEvent() {
    return parser.peekEvent();
  }

  @Override
  public boolean hasNext() {
    return parser.hasNext();
  }

  @Override
  public Event next() {
    Event event = parser.next();
    switch (event.getEventId()) {
      case SequenceStart, MappingStart -> {
        depth++;
        if (depth > DEPTH_MAX) {
          throw new ParserException(
              "lists and mappings nest deeper than " + DEPTH_MAX + " levels", event.getStartMark());
        }
      }
      case SequenceEnd, MappingEnd -> depth--;
      default -> {}
    }
    return event;
  }
}
