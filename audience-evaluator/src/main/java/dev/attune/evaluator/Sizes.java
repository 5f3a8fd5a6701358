package dev.attune.evaluator;

import dev.attune.core.catalog.ComputedKeys;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.HeldMembership;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Transition.Reason;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How many profiles of one partition belong to each audience, and how many entered and left it,
 * since this process has the partition. One thread writes; any may read. Nothing is stored: a write
 * with each transition made everything slower, and one at each commit the commit. Members that were
 * there before are counted from their states, in the order of the profiles' ids; until that is done
 * {@link #isComplete} is false.
 */
final class Sizes {
  /**
   * Of one audience.
   *
   * @param entered a merge takes one out and brings another one in
   * @param day how many entered or left within the last {@value Flow#HOURS} hours
   */
  record Size(long members, long entered, long exited, long day) {
    static final Size NONE = new Size(0, 0, 0, 0);

    Size plus(Size other) {
      return new Size(
          members + other.members, entered + other.entered, exited + other.exited, day + other.day);
    }

    /** Of the members, how many times as many entered or left within a day; without any, of one. */
    double volatility() {
      return (double) day / Math.max(1, members);
    }
  }

  /** All of these are counted by now; null: all are. */
  private volatile @Nullable String counted;

  private final Map<String, Flow> flows = new ConcurrentHashMap<>();

  /**
   * @param first whether no state had been kept before
   */
  Sizes(boolean first) {
    this.counted = first ? null : "";
  }

  /**
   * Counts what one step of a profile told, or knew to have been told.
   *
   * @param hour of now, since the epoch
   */
  void count(String profileId, List<Transition> told, List<String> seeded, long hour) {
    String until = counted;
    // Of one that is counted later, what is stored by now says who it is.
    int member = until == null || profileId.compareTo(until) <= 0 ? 1 : 0;
    for (String audience : seeded) {
      if (!ComputedKeys.isOne(audience)) {
        flow(audience).members(member);
      }
    }
    for (Transition transition : told) {
      if (transition.getReason() != Reason.REASSERTED
          && !ComputedKeys.isOne(transition.getAudience())) {
        flow(transition.getAudience()).passed(transition.getEntered(), member, hour);
      }
    }
  }

  /** Counts a profile that was there before; each once, in the order of their ids. */
  void count(String profileId, EvaluatorState stored) {
    for (HeldMembership held : stored.getMembershipsList()) {
      if (!ComputedKeys.isOne(held.getAudience())) {
        flow(held.getAudience()).members(1);
      }
    }
    counted = profileId;
  }

  /** All that were there before are counted. */
  void complete() {
    counted = null;
  }

  /**
   * Forgets audiences that are gone, once nobody is in them.
   *
   * @param there whether there is an audience
   */
  void forget(Predicate<String> there) {
    // Some that were there before may still be in them.
    if (isComplete()) {
      flows
          .entrySet()
          .removeIf(each -> !there.test(each.getKey()) && each.getValue().hasNoMembers());
    }
  }

  /** How many audiences it counts. */
  int audiences() {
    return flows.size();
  }

  private Flow flow(String audience) {
    return flows.computeIfAbsent(audience, _ -> new Flow());
  }

  /**
   * @param hour of now, since the epoch
   */
  Size of(String audience, long hour) {
    Flow flow = flows.get(audience);
    return flow == null ? Size.NONE : flow.size(hour);
  }

  /** Whether every member was counted. */
  boolean isComplete() {
    return counted == null;
  }

  /** The last profile that was counted of those that were there before. */
  String countedUntil() {
    String until = counted;
    return until == null ? "" : until;
  }
}
