package dev.attune.core.profile;

import dev.attune.core.identity.Links;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.OperatorCause;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An operator's word that two identifiers do not belong together, and that it no longer holds.
 * Whatever links the two, directly or over others, they are two people's while it is in force; all
 * that was said stays, so that lifting it brings back what follows without it.
 */
public final class Splits {
  /** Longest reason, in UTF-16 units. */
  public static final int REASON_LENGTH_MAX = 200;

  /** Longest name of who said it, in UTF-16 units. */
  public static final int BY_LENGTH_MAX = 100;

  private final StoreCalls store;
  private final ProfileWriter writer;
  private final InstantSource clock;

  /**
   * Reads and writes nothing yet.
   *
   * @param writer of the same store
   * @param timeout of each call to the store
   */
  public Splits(ProfileStore store, ProfileWriter writer, InstantSource clock, Duration timeout) {
    this.store = new StoreCalls(store, timeout);
    this.writer = writer;
    this.clock = clock;
  }

  /**
   * Two identifiers, and the word about them.
   *
   * @param by who says it
   * @param reason why, in their words
   */
  public record Word(Identifier one, Identifier other, String by, String reason) {
    /** Refuses texts that are empty, too long or not printable, and two equal identifiers. */
    public Word {
      if (one.equals(other)) {
        throw new IllegalArgumentException("both identifiers are the same (expected: two)");
      }
      check("by", by, BY_LENGTH_MAX);
      check("reason", reason, REASON_LENGTH_MAX);
    }

    private static void check(String name, String text, int lengthMax) {
      if (text.isBlank()
          || text.length() > lengthMax
          || text.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException(
            name + ": not a line of text (expected: 1 to " + lengthMax + " characters)");
      }
    }

    @Override
    public String toString() {
      return one + ", " + other;
    }
  }

  /** What came of a word. */
  public sealed interface Result {
    /**
     * It is in force.
     *
     * @param profileId of the first identifier from now on
     * @param otherProfileId of the second
     */
    record Done(String profileId, String otherProfileId, long atMicros) implements Result {}

    /** Nothing was changed. */
    record Refused(Why why) implements Result {}
  }

  /** Why a word was refused. */
  public enum Why {
    FIRST_UNKNOWN("nobody is known by the first identifier"),
    SECOND_UNKNOWN("nobody is known by the second identifier"),
    NOT_LINKED("the two identifiers are not linked: they are two people's already"),
    ALREADY_SPLIT("the two identifiers are split already"),
    NOTHING_TO_LIFT("there is nothing to lift: the two identifiers were not split by anybody"),
    TOO_MANY(
        "one of the identifiers was split from others too often (allowed: "
            + Links.OF_OPERATORS_MAX
            + " others)");

    private final String sentence;

    Why(String sentence) {
      this.sentence = sentence;
    }

    /** For people. */
    public String sentence() {
      return sentence;
    }
  }

  /**
   * Splits two identifiers of one person; blocks until everything that follows is stored and told.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public Result split(Word word) {
    return say(word, false);
  }

  /**
   * Takes a split back; blocks until everything that follows is stored and told.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public Result lift(Word word) {
    return say(word, true);
  }

  private Result say(Word word, boolean lifted) {
    List<IdentityRecord> records =
        store.readIdentities(List.of(word.one(), word.other())).stream()
            .map(record -> record.orElse(IdentityRecord.getDefaultInstance()))
            .toList();
    Optional<Link> known = known(records, word);
    if (known.isPresent() && known.get().getRemoved() == lifted && isUnfinished(records)) {
      // Said before, and stopped half-way.
      return apply(word, known.get());
    }
    Optional<Why> refusal = lifted ? liftRefusal(records, known) : splitRefusal(records, known);
    if (refusal.isPresent()) {
      return new Result.Refused(refusal.get());
    }
    // Newer than what it replaces, whatever the clock says.
    long at =
        Math.max(
            TraitFit.micros(clock.instant()), known.map(Link::getOccurredAtMicros).orElse(0L) + 1);
    return apply(word, Links.split(word.one(), word.other(), at, word.by(), word.reason(), lifted));
  }

  private static boolean isUnfinished(List<IdentityRecord> records) {
    return records.stream()
        .anyMatch(record -> record.getUnsettled() || record.getMovingFromCount() > 0);
  }

  private Result apply(Word word, Link link) {
    Cause cause =
        Cause.newBuilder()
            .setOperator(
                OperatorCause.newBuilder().setBy(link.getOrigin()).setLifted(link.getRemoved()))
            .build();
    // It is no time at which either of them was seen.
    writer.apply(List.of(new ProfileInput(word.one(), List.of(), List.of(link), cause, 0)));
    List<String> now =
        store.readIdentities(List.of(word.one(), word.other())).stream()
            .map(record -> record.map(IdentityRecord::getProfileId).orElse(""))
            .toList();
    return new Result.Done(now.getFirst(), now.getLast(), link.getOccurredAtMicros());
  }

  private static Optional<Why> unknown(List<IdentityRecord> records) {
    if (records.getFirst().getProfileId().isEmpty()) {
      return Optional.of(Why.FIRST_UNKNOWN);
    }
    return records.getLast().getProfileId().isEmpty()
        ? Optional.of(Why.SECOND_UNKNOWN)
        : Optional.empty();
  }

  private static Optional<Why> liftRefusal(List<IdentityRecord> records, Optional<Link> known) {
    return unknown(records)
        .or(() -> inForce(known) ? Optional.empty() : Optional.of(Why.NOTHING_TO_LIFT));
  }

  private static Optional<Why> splitRefusal(List<IdentityRecord> records, Optional<Link> known) {
    Optional<Why> unknown = unknown(records);
    if (unknown.isPresent()) {
      return unknown;
    }
    if (inForce(known)) {
      return Optional.of(Why.ALREADY_SPLIT);
    }
    if (!records.getFirst().getProfileId().equals(records.getLast().getProfileId())) {
      return Optional.of(Why.NOT_LINKED);
    }
    // One more would be dropped, or drop another one's word.
    boolean full =
        records.stream()
            .anyMatch(
                record ->
                    record.getLinksList().stream().filter(Link::getSplit).count()
                        >= Links.OF_OPERATORS_MAX);
    return full && known.isEmpty() ? Optional.of(Why.TOO_MANY) : Optional.empty();
  }

  private static boolean inForce(Optional<Link> known) {
    return known.filter(link -> !link.getRemoved()).isPresent();
  }

  // Either end may have it first.
  private static Optional<Link> known(List<IdentityRecord> records, Word word) {
    return records.stream()
        .flatMap(record -> record.getLinksList().stream())
        .filter(Link::getSplit)
        .filter(link -> ends(link).equals(Set.of(word.one(), word.other())))
        .reduce(Links::stronger);
  }

  private static Set<Identifier> ends(Link link) {
    return Set.of(Identifier.of(link.getA()), Identifier.of(link.getB()));
  }
}
