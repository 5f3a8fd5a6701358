package dev.attune.core.profile;

import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Value;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Facts that decide something and are served to nobody: that a warehouse table lists the person as
 * a member of an audience. The profile tells the membership itself, once the evaluator has.
 *
 * <p>They are hidden by trait and source together. An event may say a trait of any name, and must
 * make nobody a member; none has the source of a model, whose other traits are the catalog's.
 */
public final class HiddenFacts {
  /**
   * The trait of a member: a timestamp, since when, or true. No trait of a catalog is called so,
   * and it comes before them: of a profile with too many traits, it is kept.
   */
  public static final String MEMBER = "#member";

  private static final String MODEL = "model:";

  private HiddenFacts() {}

  /** Whether a fact is for the evaluator alone. */
  public static boolean isHidden(Fact fact) {
    return fact.getTrait().equals(MEMBER) && fact.getSource().startsWith(MODEL);
  }

  /**
   * In which audiences warehouse tables list a profile, and since when in microseconds: 0 when that
   * is not said. Of several identifiers that are listed, the longest time counts.
   */
  public static Map<String, Long> memberSince(Facts facts) {
    Map<String, Long> since = new TreeMap<>();
    Set<Identifier> own = new HashSet<>(facts.getIdentifiersList());
    for (Fact fact : facts.getFactsList()) {
      if (isHidden(fact) && fact.hasValue() && own.contains(fact.getVia())) {
        since.merge(
            fact.getSource().substring(MODEL.length()),
            since(fact.getValue()),
            HiddenFacts::longer);
      }
    }
    return since;
  }

  private static long since(Value value) {
    return value.hasTimestampMicros() ? value.getTimestampMicros() : 0;
  }

  private static long longer(long a, long b) {
    return a == 0 || b == 0 ? Math.max(a, b) : Math.min(a, b);
  }
}
