package dev.attune.core.identity;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.Link;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The people behind a set of identifiers: a function of the links alone. What warehouse models say
 * is taken first, the newest word before older ones; then all else, earliest first. A link that
 * would give a component more values of a namespace than the catalog allows, or bring two
 * identifiers together that an operator has split, is skipped. So the order in which links arrived
 * has no say.
 */
public final class Partition {
  private static final Comparator<Link> TAKEN =
      Comparator.comparing((Link link) -> link.getSource().isEmpty())
          .thenComparing(
              (a, b) ->
                  a.getSource().isEmpty()
                      ? 0
                      : Long.compare(b.getOccurredAtMicros(), a.getOccurredAtMicros()))
          .thenComparing(Links.ORDER)
          .thenComparing(Link::getSource);

  private final Map<Identifier, Component> byIdentifier;
  private final List<Decision> decisions;

  private Partition(Map<Identifier, Component> byIdentifier, List<Decision> decisions) {
    this.byIdentifier = byIdentifier;
    this.decisions = decisions;
  }

  /**
   * One person.
   *
   * @param identifiers strongest namespace first, then by value
   */
  public record Component(List<Identifier> identifiers) {
    public Component {
      identifiers = List.copyOf(identifiers);
    }

    /** The profile's id: the hash of the strongest identifier. */
    public String profileId() {
      return ProfileIds.of(identifiers.getFirst());
    }
  }

  /** What became of a link. */
  public enum Outcome {
    /** It brought its two ends together. */
    JOINED,
    /** They were together by others already. */
    AGREED,
    /** The person would have more values of a namespace than the catalog allows. */
    LIMIT,
    /** An operator said that two of the person's identifiers do not belong together. */
    SPLIT,
    /** One of its ends is a value that the catalog says identifies nobody. */
    BLOCKED
  }

  /**
   * What became of one link.
   *
   * @param namespace of a limit, or of a blocked value; else empty
   */
  public record Decision(Link link, Outcome outcome, String namespace) {}

  /**
   * Computes the partition of a whole cluster: everything reachable through links, skipped ones
   * too.
   *
   * @param links of each pair and source one; those that were taken back count for nothing
   */
  public static Partition of(
      Collection<Identifier> identifiers, Collection<Link> links, Catalog catalog) {
    Map<Identifier, Group> groups = new LinkedHashMap<>();
    for (Identifier identifier : identifiers) {
      groups.put(identifier, new Group(identifier));
    }
    for (Link link : links) {
      if (link.getSplit() && !link.getRemoved()) {
        Group a = groups.get(Identifier.of(link.getA()));
        Group b = groups.get(Identifier.of(link.getB()));
        if (a != null && b != null) {
          a.apart.add(Identifier.of(link.getB()));
          b.apart.add(Identifier.of(link.getA()));
        }
      }
    }
    List<Decision> decisions = new ArrayList<>();
    links.stream()
        .filter(Links::joins)
        .sorted(TAKEN)
        .forEach(
            link -> {
              Group a = groups.get(Identifier.of(link.getA()));
              Group b = groups.get(Identifier.of(link.getB()));
              if (a != null && b != null) {
                Decision decision = decide(link, a, b, catalog);
                decisions.add(decision);
                if (decision.outcome() == Outcome.JOINED) {
                  a.members.addAll(b.members);
                  a.apart.addAll(b.apart);
                  b.members.forEach(member -> groups.put(member, a));
                }
              }
            });
    Comparator<Identifier> strength =
        Comparator.comparingInt((Identifier i) -> catalog.rank(i.namespace()))
            .thenComparing(Comparator.naturalOrder());
    Map<Group, Component> components = new HashMap<>();
    Map<Identifier, Component> byIdentifier = new HashMap<>();
    groups.forEach(
        (identifier, group) ->
            byIdentifier.put(
                identifier,
                components.computeIfAbsent(
                    group, g -> new Component(g.members.stream().sorted(strength).toList()))));
    return new Partition(byIdentifier, List.copyOf(decisions));
  }

  private static Decision decide(Link link, Group a, Group b, Catalog catalog) {
    // A catalog may come to block a value that was linked before.
    for (var end : List.of(link.getA(), link.getB())) {
      Namespace namespace = catalog.namespaces().get(end.getNamespace());
      if (namespace != null && namespace.blocked().contains(end.getValue())) {
        return new Decision(link, Outcome.BLOCKED, end.getNamespace());
      }
    }
    if (a == b) {
      return new Decision(link, Outcome.AGREED, "");
    }
    String beyond = a.beyondLimit(b, catalog);
    if (!beyond.isEmpty()) {
      return new Decision(link, Outcome.LIMIT, beyond);
    }
    return new Decision(link, a.mustStayApart(b) ? Outcome.SPLIT : Outcome.JOINED, "");
  }

  /** A component while it grows; compared by identity. */
  private static final class Group {
    final List<Identifier> members = new ArrayList<>();

    /** Identifiers that must not come into it. */
    final Set<Identifier> apart = new HashSet<>();

    Group(Identifier first) {
      members.add(first);
    }

    /** The namespace of which the two together have too many values; empty: there is none. */
    String beyondLimit(Group other, Catalog catalog) {
      Map<String, Integer> counts = new HashMap<>();
      for (List<Identifier> side : List.of(members, other.members)) {
        for (Identifier identifier : side) {
          int count = counts.merge(identifier.namespace(), 1, Integer::sum);
          Namespace namespace = catalog.namespaces().get(identifier.namespace());
          if (namespace != null && count > namespace.max()) {
            return identifier.namespace();
          }
        }
      }
      return "";
    }

    boolean mustStayApart(Group other) {
      return !apart.isEmpty() && other.members.stream().anyMatch(apart::contains);
    }
  }

  /** Whose identifier this is. */
  public Component component(Identifier identifier) {
    Component component = byIdentifier.get(identifier);
    if (component == null) {
      throw new IllegalArgumentException("identifier: not part of this cluster");
    }
    return component;
  }

  /** What became of each link that is in force, in the order in which they were taken. */
  public List<Decision> decisions() {
    return decisions;
  }
}
