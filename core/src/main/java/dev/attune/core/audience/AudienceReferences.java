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
   * What an audience is together with all that it asks for.
   *
   * @param conditions counted as often as they are asked for
   * @param chain of audiences, the longest
   */
  private record Extent(long conditions, int chain) {
    static final Extent ONE = new Extent(1, 0);

    Extent and(Extent other) {
      return new Extent(conditions + other.conditions, Math.max(chain, other.chain));
    }
  }

  /** The first flaw, by name of the audience; empty when there is none. */
  public static Optional<Flaw> flaw(Map<String, AudienceDefinition> audiences) {
    var references = new AudienceReferences(audiences);
    for (String name : new TreeMap<>(audiences).keySet()) {
      try {
        var _ = references.extent(name);
      } catch (FlawException e) {
        return Optional.of(new Flaw(name, String.valueOf(e.getMessage())));
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
    path.add(name);
    if (seen >= 0) {
      throw new FlawException(
          "audiences ask for each other in a circle: "
              + String.join(" -> ", path.subList(seen, path.size())));
    }
    checkChain(path.size());
    AudienceDefinition definition = audiences.get(name);
    if (definition == null) {
      throw new FlawException("there is no audience \"" + name + "\"");
    }
    Extent when = extent(definition.when());
    Extent extent = new Extent(when.conditions(), when.chain() + 1);
    // Of all in the chain, the first that is too much is the one to be told.
    checkChain(extent.chain());
    if (extent.conditions() > AudienceDefinition.ALL_CONDITIONS_MAX) {
      throw new FlawException(
          "with the audiences that it asks for \""
              + name
              + "\" has "
              + extent.conditions()
              + " conditions (allowed: "
              + AudienceDefinition.ALL_CONDITIONS_MAX
              + ")");
    }
    path.removeLast();
    known.put(name, extent);
    return extent;
  }

  private static void checkChain(int length) {
    if (length > CHAIN_MAX) {
      throw new FlawException("audiences ask for each other in a chain longer than " + CHAIN_MAX);
    }
  }

  private Extent extent(Condition condition) {
    return switch (condition) {
      case Condition.All all -> extent(all.conditions());
      case Condition.Any any -> extent(any.conditions());
      case Condition.Not not -> Extent.ONE.and(extent(not.condition()));
      case Condition.InAudience in -> Extent.ONE.and(extent(in.name()));
      case Condition.TraitTest _,
          Condition.InWarehouse _,
          Condition.DateTest _,
          Condition.EventCount _ ->
          Extent.ONE;
    };
  }

  private Extent extent(List<Condition> conditions) {
    return conditions.stream().map(this::extent).reduce(Extent.ONE, Extent::and);
  }

  /** Ends the walk; said as a {@link Flaw}. */
  private static final class FlawException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FlawException(String message) {
      super(message);
    }
  }
}
