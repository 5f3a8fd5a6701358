package dev.attune.core.audience;

import java.util.List;

/**
 * Why a condition holds of a profile at an instant, or does not.
 *
 * @param kind the key of the condition in a definition, e.g. trait or all; or consent, or warehouse
 * @param asked what was asked, as it is written; empty for those that only combine others
 * @param missing names of the traits that it asks for and the profile does not have, or not of the
 *     declared type; sorted
 * @param counted how many events it counts, as far as they are remembered: at least as many as its
 *     answer needs, if there were so many. -1: it counts none
 * @param value what they come to, e.g. their sum, or how many steps were taken; empty where there
 *     is no such thing
 * @param limited whether only the newest {@link Condition#EVENTS_MAX} are looked at, and there may
 *     be more
 * @param events the newest that it counts, newest first, at most {@link
 *     CompiledAudience#EVIDENCE_MAX}
 * @param changesMicros when time alone changes this answer next; 0: never
 * @param parts what it combines
 */
public record Explanation(
    String kind,
    String asked,
    boolean holds,
    List<String> missing,
    int counted,
    String value,
    boolean limited,
    List<Counted> events,
    long changesMicros,
    List<Explanation> parts) {
  public Explanation {
    missing = List.copyOf(missing);
    events = List.copyOf(events);
    parts = List.copyOf(parts);
  }

  /** Of a condition that counts no events. */
  static Explanation of(
      String kind, String asked, boolean holds, List<String> missing, List<Explanation> parts) {
    return new Explanation(kind, asked, holds, missing, -1, "", false, List.of(), 0, parts);
  }

  /** The same, but for when it changes. */
  Explanation changingAt(long micros) {
    return new Explanation(
        kind, asked, holds, missing, counted, value, limited, events, micros, parts);
  }

  /**
   * An event.
   *
   * @param idDigest the first 14 hexadecimal digits of the SHA-256 of its id
   * @param micros when it happened
   */
  public record Counted(String idDigest, long micros) {}
}
