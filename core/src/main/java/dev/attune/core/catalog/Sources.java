package dev.attune.core.catalog;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Who says what is known about people: {@code events}, {@code events:NAME} where the events came
 * with the write key of that name, {@code context}, and {@code model:NAME}. {@code computed} says
 * what audiences' events come to.
 */
public final class Sources {
  /** Events that came with no named write key; in a {@code precedence} all events. */
  public static final String EVENTS = "events";

  /**
   * What an event's context merely repeats, as SDKs do with all that they remember: it counts where
   * nobody says the trait outright, or it would overrule what is newer.
   */
  public static final String CONTEXT = "context";

  /** Of a trait that is computed from events. */
  public static final String COMPUTED = "computed";

  private static final String EVENTS_OF = "events:";
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,63}");

  private Sources() {}

  /** Whether a write key may be called so. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** The source of events that came with a write key; without a name {@link #EVENTS}. */
  public static String events(String keyName) {
    return keyName.isEmpty() ? EVENTS : EVENTS_OF + keyName;
  }

  /** Whether this is a source of events, whichever write keys there are. */
  public static boolean isEvents(String source) {
    return source.equals(EVENTS)
        || (source.startsWith(EVENTS_OF) && isName(source.substring(EVENTS_OF.length())));
  }

  /**
   * The place of a source among those that are named, the first being the strongest. Others come
   * after all that are, and what is merely repeated after those.
   */
  public static int precedence(List<String> named, String source) {
    int at = named.indexOf(source);
    if (at < 0 && isEvents(source)) {
      at = named.indexOf(EVENTS);
    }
    if (at >= 0) {
      return at;
    }
    return source.equals(CONTEXT) ? named.size() + 1 : named.size();
  }
}
