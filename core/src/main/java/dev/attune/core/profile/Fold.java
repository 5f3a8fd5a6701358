package dev.attune.core.profile;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.core.catalog.Sources;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The served profile as a pure function of facts, identifiers, memberships and the catalog. */
public final class Fold {
  private static final Comparator<Fact> NEWEST =
      FactSet.STAMP.thenComparing(Fact::getElement).thenComparing(Fact::getSource);

  private Fold() {}

  /**
   * Folds.
   *
   * @param facts each with its snapshot; those whose bringing identifier is not the profile's are
   *     left out, and so are {@link HiddenFacts}
   * @param version of the record that will hold the result
   */
  public static Profile serve(String profileId, Facts facts, long version, Catalog catalog) {
    Set<dev.attune.proto.v1.Identifier> own = new HashSet<>(facts.getIdentifiersList());
    TreeMap<String, Candidate> winners = new TreeMap<>();
    TreeMap<String, Map<String, Fact>> sets = new TreeMap<>();
    long updatedAt = 0;
    for (Fact fact : facts.getFactsList()) {
      if (!own.contains(fact.getVia()) || HiddenFacts.isHidden(fact)) {
        continue;
      }
      updatedAt = Math.max(updatedAt, fact.getOccurredAtMicros());
      if (!fact.getElement().isEmpty()) {
        sets.computeIfAbsent(fact.getTrait(), _ -> new TreeMap<>())
            .merge(fact.getElement(), fact, FactSet::newer);
      } else if (fact.hasValue()) {
        consider(fact, fact.getValue(), catalog, winners);
      }
    }
    sets.values().forEach(set -> consider(set, catalog, winners));
    Profile.Builder profile =
        Profile.newBuilder()
            .setProfileId(profileId)
            .addAllIdentifiers(facts.getIdentifiersList())
            .addAllMergedFrom(facts.getMergedFromList())
            .setUpdatedAtMicros(updatedAt)
            .setVersion(version);
    Snapshots snapshots = new Snapshots();
    TreeMap<String, Trait> traits = new TreeMap<>(computed(facts, catalog));
    winners.forEach((name, winner) -> traits.put(name, winner.served(name, catalog, snapshots)));
    profile.addAllTraits(traits.values());
    profile.addAllSnapshots(snapshots.all());
    for (MembershipState state : facts.getMembershipsList()) {
      if (state.getMember() && !state.hasValue()) {
        profile.addAudiences(
            Membership.newBuilder()
                .setAudience(state.getAudience())
                .setEnteredAtMicros(state.getEnteredAtMicros())
                .setValidUntilMicros(state.getValidUntilMicros())
                .setCompleteFromMicros(state.getCompleteFromMicros()));
      }
    }
    return profile.build();
  }

  // What was told of traits that are still computed.
  private static Map<String, Trait> computed(Facts facts, Catalog catalog) {
    Map<String, Trait> computed = new TreeMap<>();
    for (MembershipState state : facts.getMembershipsList()) {
      if (state.getMember() && state.hasValue()) {
        String name = ComputedKeys.trait(state.getAudience());
        Optional<TraitDeclaration> declared =
            catalog.trait(name).filter(TraitDeclaration::computed);
        if (declared.isPresent()) {
          TraitFit.fit(declared.get().type(), state.getValue())
              .ifPresent(
                  value ->
                      computed.put(
                          name,
                          Trait.newBuilder()
                              .setName(name)
                              .setValue(value)
                              .setUpdatedAtMicros(state.getEnteredAtMicros())
                              .setSource(Sources.COMPUTED)
                              .build()));
        }
      }
    }
    return computed;
  }

  private static void consider(
      Fact fact, Value said, Catalog catalog, Map<String, Candidate> winners) {
    Optional<TraitDeclaration> declaration = catalog.trait(fact.getTrait());
    if (declaration.filter(TraitDeclaration::computed).isPresent()) {
      // Whatever others say of it.
      return;
    }
    Optional<Value> value =
        declaration.isPresent() ? TraitFit.fit(declaration.get().type(), said) : Optional.of(said);
    value.ifPresent(
        v ->
            winners.merge(
                fact.getTrait(),
                new Candidate(fact, v, precedence(declaration, fact.getSource())),
                Candidate::better));
  }

  // A set is one word in the choice, that of its newest fact; one that is empty says nothing.
  private static void consider(
      Map<String, Fact> set, Catalog catalog, Map<String, Candidate> winners) {
    ValueList.Builder elements = ValueList.newBuilder();
    for (Fact fact : set.values()) {
      if (fact.hasValue()) {
        elements.addValues(Value.newBuilder().setText(fact.getElement()));
      }
    }
    if (elements.getValuesCount() > 0) {
      consider(
          Collections.max(set.values(), NEWEST),
          Value.newBuilder().setList(elements).build(),
          catalog,
          winners);
    }
  }

  private static int precedence(Optional<TraitDeclaration> declaration, String source) {
    return Sources.precedence(
        declaration.map(TraitDeclaration::precedence).orElse(List.of()), source);
  }

  private record Candidate(Fact fact, Value value, int precedence) {
    private static final Comparator<Candidate> ORDER =
        Comparator.comparingInt((Candidate c) -> -c.precedence())
            .thenComparingLong(c -> c.fact().getOccurredAtMicros())
            .thenComparing(c -> c.fact().getDigest(), Long::compareUnsigned)
            .thenComparing(c -> c.fact().getSource())
            .thenComparing(c -> Identifier.of(c.fact().getVia()));

    static Candidate better(Candidate a, Candidate b) {
      return ORDER.compare(a, b) >= 0 ? a : b;
    }

    Trait served(String name, Catalog catalog, Snapshots snapshots) {
      return Trait.newBuilder()
          .setName(name)
          .setValue(value)
          .setUpdatedAtMicros(fact.getOccurredAtMicros())
          .setSource(fact.getSource())
          .setOrigin(fact.getOrigin())
          .setUndeclared(catalog.trait(name).isEmpty())
          .setSnapshot(snapshots.place(fact))
          .build();
    }
  }

  /**
   * The canonical form: what any history of the same inputs gives. Leaves out the version and the
   * ids merged on the way, which depend on the order in which the inputs came, and snapshots, which
   * depend on when the warehouse was looked at.
   */
  public static byte[] canonical(Profile profile) {
    Profile.Builder canonical =
        profile.toBuilder().clearVersion().clearMergedFrom().clearSnapshots();
    canonical.getTraitsBuilderList().forEach(Trait.Builder::clearSnapshot);
    return canonical.build().toByteArray();
  }
}
