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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The people behind a set of identifiers: a function of the links alone. Links are taken earliest
 * first; one that would give a component more values of a namespace than the catalog allows is
 * skipped. So the order in which links arrived has no say.
 */
public final class Partition {
  private final Map<Identifier, Component> byIdentifier;

  private Partition(Map<Identifier, Component> byIdentifier) {
    this.byIdentifier = byIdentifier;
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

  /**
   * Computes the partition of a whole cluster: everything reachable through links, skipped ones
   * too.
   */
  public static Partition of(
      Collection<Identifier> identifiers, Collection<Link> links, Catalog catalog) {
    Map<Identifier, Group> groups = new LinkedHashMap<>();
    for (Identifier identifier : identifiers) {
      groups.put(identifier, new Group(identifier));
    }
    links.stream()
        .sorted(Links.ORDER)
        .forEach(
            link -> {
              Group a = groups.get(Identifier.of(link.getA()));
              Group b = groups.get(Identifier.of(link.getB()));
              if (a != null && b != null && a != b && a.mayJoin(b, catalog)) {
                a.members.addAll(b.members);
                b.members.forEach(member -> groups.put(member, a));
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
    return new Partition(byIdentifier);
  }

  /** A component while it grows; compared by identity. */
  private static final class Group {
    final List<Identifier> members = new ArrayList<>();

    Group(Identifier first) {
      members.add(first);
    }

    boolean mayJoin(Group other, Catalog catalog) {
      Map<String, Integer> counts = new HashMap<>();
      for (List<Identifier> side : List.of(members, other.members)) {
        for (Identifier identifier : side) {
          int count = counts.merge(identifier.namespace(), 1, Integer::sum);
          Namespace namespace = catalog.namespaces().get(identifier.namespace());
          if (namespace != null && count > namespace.max()) {
            return false;
          }
        }
      }
      return true;
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
}
