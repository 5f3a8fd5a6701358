package dev.attune.store.convergence;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.identity.Partition;
import dev.attune.core.identity.Partition.Component;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileInput;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Profile;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Who the people are and what their profiles hold, computed from all inputs at once. */
final class Model {
  private Model() {}

  /** The profile of each identifier. */
  static Map<Identifier, Profile> profiles(Collection<ProfileInput> inputs, Catalog catalog) {
    Set<Identifier> identifiers = new TreeSet<>();
    Map<List<Object>, Link> links = new HashMap<>();
    for (ProfileInput input : inputs) {
      identifiers.add(input.via());
      for (Link link : input.links()) {
        Identifier a = Identifier.of(link.getA());
        Identifier b = Identifier.of(link.getB());
        identifiers.addAll(List.of(a, b));
        links.merge(List.of(a, b, link.getSource()), link, Links::stronger);
      }
    }
    Partition partition = Partition.of(identifiers, links.values(), catalog);
    Map<Identifier, Profile> profiles = new TreeMap<>();
    for (Identifier identifier : identifiers) {
      profiles.put(identifier, profile(partition.component(identifier), inputs, catalog));
    }
    return profiles;
  }

  /** The earliest time that anything was said of each identifier. */
  static Map<Identifier, Long> firstSeen(Collection<ProfileInput> inputs) {
    Map<Identifier, Long> seen = new TreeMap<>();
    for (ProfileInput input : inputs) {
      Set<Identifier> named = new TreeSet<>(Set.of(input.via()));
      for (Link link : input.links()) {
        named.add(Identifier.of(link.getA()));
        named.add(Identifier.of(link.getB()));
      }
      if (input.saidAtMicros() != 0) {
        named.forEach(identifier -> seen.merge(identifier, input.saidAtMicros(), Math::min));
      }
    }
    return seen;
  }

  private static Profile profile(
      Component component, Collection<ProfileInput> inputs, Catalog catalog) {
    FactSet facts = new FactSet();
    for (ProfileInput input : inputs) {
      if (component.identifiers().contains(input.via())) {
        facts.addAll(input.facts());
      }
    }
    return Fold.serve(
        component.profileId(),
        Facts.newBuilder()
            .addAllFacts(facts.all())
            .addAllIdentifiers(component.identifiers().stream().map(Identifier::toProto).toList())
            .build(),
        0,
        catalog);
  }
}
