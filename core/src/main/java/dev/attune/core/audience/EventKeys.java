package dev.attune.core.audience;

import dev.attune.core.definition.DefinitionException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The numbers by which stored rings name their events: the first 6 bytes of the SHA-256 of {@link
 * EventMatch#key}, because a name in each ring takes more room than its events' times. Immutable.
 */
public final class EventKeys {
  private static final int ID_DIGITS = 2 * RingWriter.ID_BYTES;

  // No key begins with it: no event has an empty name.
  private static final char UNKNOWN = '\0';

  private final Map<Long, String> byId = new HashMap<>();

  /**
   * @param keys of all that is remembered of events
   * @throws DefinitionException when two of them have one number
   */
  EventKeys(Collection<String> keys) {
    for (String key : keys) {
      String other = byId.put(id(key), key);
      if (other != null) {
        throw new DefinitionException(
            "profiles would remember the events \"%s\" and \"%s\", as far as definitions ask for them, under one number (expected: another name, or a condition that is written otherwise)"
                .formatted(EventMatch.nameOf(other), EventMatch.nameOf(key)));
      }
    }
  }

  /**
   * Checks a set of definitions.
   *
   * @throws DefinitionException when two of the events that they ask for would have one number
   */
  public static void check(
      Collection<AudienceDefinition> audiences, Collection<ComputedTrait> computed) {
    Set<String> keys = new TreeSet<>();
    audiences.forEach(audience -> addKeys(audience.when(), keys));
    computed.forEach(trait -> keys.add(trait.match().key()));
    var _ = new EventKeys(keys);
  }

  private static void addKeys(Condition condition, Set<String> keys) {
    condition.matches().forEach(match -> keys.add(match.key()));
    condition.parts().forEach(part -> addKeys(part, keys));
  }

  /**
   * The key with a number. One that nobody asks for gets one of its own, which says the number:
   * what is remembered under it stays until it is forgotten, and may be known where it moves.
   */
  String key(long id) {
    String key = byId.get(id);
    return key == null ? UNKNOWN + HexFormat.of().toHexDigits(id, ID_DIGITS) : key;
  }

  /** The number of a key. */
  static long id(String key) {
    return EventHash.of(key) >>> (Long.SIZE - Byte.SIZE * RingWriter.ID_BYTES);
  }
}
