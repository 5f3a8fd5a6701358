package dev.attune.core.audience;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which audiences of a set ask for which others: not in a circle, and not for too much. */
public final class AudienceReferences {
  /** Longest chain of audiences of which each asks for the next. */
  static final int CHAIN_MAX = 32;

  /** Deepest nesting of conditions, those of the audiences that are asked for included. */
  static final int DEPTH_MAX = 64;

  private final Map<String, AudienceDefinition> audiences;
  private final Map<String, Extent> known = new HashMap<>();
  private final List<String> path = new ArrayList<>();

  private AudienceReferences(Map<String, AudienceDefinition> audiences) {
    this.audiences = audiences;
  }

  /**
   * Why an audience cannot be taken.
   *
   * @param audience its name
   */
  public record Flaw(String audience, String message) {}

  /**
   * What a condition is together with all that it asks for.
   *
   * @param conditions counted as often as they are asked for
   * @param chain of audiences, the longest
   * @param depth of the deepest nesting
   */
  private record Extent(long conditions, int chain, int depth) {
    static final Extent NOTHING = new Extent(0, 0, 0);
  }

  /** The first flaw, by name of the audience; empty when there is none. */
  public static Optional<Flaw> flaw(Map<String, AudienceDefinition> audiences) {
    var references = new AudienceReferences(audiences);
    for (String name : new TreeMap<>(audiences).keySet()) {
      try {
        var _ = references.extent(name);
      } catch (FlawException e) {
        return Optional.of(e.flaw);
      }
    }
    return Optional.empty();
  }

  private Extent extent(String name) {
    Extent before = known.get(name);
    if (before != null) {
      return before;
    }
    int seen = path.indexOf(name);
    if (seen >= 0) {
      throw new FlawException(
          name,
          "audiences ask for each other in a circle: "
              + String.join(" -> ", path.subList(seen, path.size()))
              + " -> "
              + name);
    }
    AudienceDefinition definition = audiences.get(name);
    if (definition == null) {
      throw new FlawException(path.getLast(), "there is no audience \"" + name + "\"");
    }
    path.add(name);
    // Before it is gone into: how deep that is nobody has looked at yet.
    check(path.getFirst(), path.size(), CHAIN_MAX, "is a chain of", "audiences");
    Extent when = extent(definition.when());
    Extent extent = new Extent(when.conditions(), when.chain() + 1, when.depth());
    check(name, extent.chain(), CHAIN_MAX, "is a chain of", "audiences");
    check(name, extent.depth(), DEPTH_MAX, "nests", "conditions in each other");
    check(name, extent.conditions(), AudienceDefinition.ALL_CONDITIONS_MAX, "has", "conditions");
    path.removeLast();
    known.put(name, extent);
    return extent;
  }

  private static void check(String name, long found, long max, String verb, String what) {
    if (found > max) {
      throw new FlawException(
          name,
          "with the audiences that it asks for \"%s\" %s %d %s (allowed: %d)"
              .formatted(name, verb, found, what, max));
    }
  }

  private Extent extent(Condition condition) {
    Extent asked =
        condition instanceof Condition.InAudience in ? extent(in.name()) : Extent.NOTHING;
    long conditions = condition.weight() + asked.conditions();
    int chain = asked.chain();
    int depth = asked.depth();
    for (Condition part : condition.parts()) {
      Extent extent = extent(part);
      conditions += extent.conditions();
      chain = Math.max(chain, extent.chain());
      depth = Math.max(depth, extent.depth());
    }
    return new Extent(conditions, chain, 1 + depth);
  }

  /** Ends the walk. */
  private static final class FlawException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Flaw flaw;

    FlawException(String audience, String message) {
      super(message);
      this.flaw = new Flaw(audience, message);
    }
  }
}
