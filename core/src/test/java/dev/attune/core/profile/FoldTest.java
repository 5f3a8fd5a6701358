package dev.attune.core.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Sources;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.Yaml;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldTest {
  private static final Identifier USER = new Identifier("user_id", "7");
  private static final Identifier COOKIE = new Identifier("anonymous_id", "a");
  private static final Catalog CATALOG =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              """
              namespaces: {user_id: {unique: true}, anonymous_id: {}}
              traits:
                tier: {type: integer, precedence: ["events:server", events]}
              """));

  private static Fact said(String trait, String source, long at, int value) {
    return FactSet.fact(
        trait,
        source,
        USER,
        at,
        Optional.of(Value.newBuilder().setInteger(value).build()),
        "e" + at);
  }

  private static Fact group(String id, long at) {
    return FactSet.element("group_ids", id, Sources.EVENTS, USER, at, "e" + at);
  }

  private static Profile serve(List<Fact> facts) {
    return Fold.serve(
        "p",
        Facts.newBuilder()
            .addIdentifiers(USER.toProto())
            .addIdentifiers(COOKIE.toProto())
            .addAllFacts(new FactSet().addAll(facts).all())
            .build(),
        0,
        CATALOG);
  }

  private static Trait only(Profile profile) {
    assertThat(profile.getTraitsList()).hasSize(1);
    return profile.getTraits(0);
  }

  @Test
  void context_isServedWhereNobodySaysItOutright_howeverOldThatIs() {
    Fact repeated = said("plan", Sources.CONTEXT, 9, 1);
    assertThat(only(serve(List.of(repeated))).getSource()).isEqualTo("context");
    for (String source : List.of("events", "events:web", "model:crm")) {
      assertThat(only(serve(List.of(said("plan", source, 1, 2), repeated))).getSource())
          .isEqualTo(source);
    }
  }

  @Test
  void precedence_ofEvents_speaksOfAllWriteKeys_andOneKeyMayComeFirst() {
    Fact server = said("tier", "events:server", 1, 1);
    Fact web = said("tier", "events:web", 2, 2);
    Fact model = said("tier", "model:crm", 3, 3);
    assertThat(only(serve(List.of(server, web, model))).getSource()).isEqualTo("events:server");
    assertThat(only(serve(List.of(web, model))).getSource()).isEqualTo("events:web");
  }

  @Test
  void set_isServedAsASortedList_withoutWhatWasTakenAway() {
    Fact gone =
        FactSet.fact("group_ids", Sources.EVENTS, COOKIE, 5, Optional.empty(), "e5").toBuilder()
            .setElement("beta")
            .build();
    Trait groups = only(serve(List.of(group("beta", 4), group("acme", 3), group("zeta", 1), gone)));
    assertThat(groups.getValue().getList().getValuesList())
        .extracting(Value::getText)
        .containsExactly("acme", "zeta");
    assertThat(groups.getUpdatedAtMicros()).isEqualTo(5);
  }

  @Test
  void set_ofMoreThanItsLimit_keepsWhatWasSaidLast_whateverTheOrder() {
    List<Fact> facts = new ArrayList<>();
    for (int i = 0; i < FactSet.ELEMENTS_MAX + 40; i++) {
      facts.add(group("g" + i, i));
    }
    long seed = System.nanoTime();
    Collections.shuffle(facts, new Random(seed));
    FactSet oneByOne = new FactSet();
    facts.forEach(fact -> oneByOne.addAll(List.of(fact)));
    assertThat(oneByOne.all())
        .as("seed " + seed)
        .hasSize(FactSet.ELEMENTS_MAX)
        .allMatch(fact -> fact.getOccurredAtMicros() >= 40);
  }

  // I1 for facts alone: registers, sets, what is only repeated, and sources by write key.
  @Test
  void serve_anyOrderBatchesAndCopies_givesEqualBytes() {
    for (long seed : new Random().longs(2_000).toArray()) {
      Random random = new Random(seed);
      List<Fact> facts = new ArrayList<>();
      for (int i = random.nextInt(40); i >= 0; i--) {
        facts.add(random(random));
      }
      Profile expected = serve(facts);
      List<Fact> sent = new ArrayList<>(facts);
      for (int copies = random.nextInt(10); copies > 0; copies--) {
        sent.add(facts.get(random.nextInt(facts.size())));
      }
      Collections.shuffle(sent, random);
      FactSet set = new FactSet();
      for (int from = 0; from < sent.size(); ) {
        int to = Math.min(sent.size(), from + 1 + random.nextInt(5));
        set = new FactSet().addAll(set.all()).addAll(sent.subList(from, to));
        from = to;
      }
      assertThat(serve(List.copyOf(set.all()))).as("seed " + seed).isEqualTo(expected);
    }
  }

  private static Fact random(Random random) {
    long at = random.nextInt(10);
    String source =
        List.of("events", "events:web", "events:server", "context", "model:crm")
            .get(random.nextInt(5));
    Identifier via = random.nextBoolean() ? USER : COOKIE;
    Optional<Value> value =
        random.nextInt(4) == 0
            ? Optional.empty()
            : Optional.of(Value.newBuilder().setInteger(random.nextInt(3)).build());
    boolean element = random.nextInt(3) == 0;
    return FactSet.fact(
            element ? "group_ids" : List.of("plan", "tier").get(random.nextInt(2)),
            source,
            via,
            at,
            value,
            "e" + random.nextInt(3))
        .toBuilder()
        .setElement(element ? "g" + random.nextInt(4) : "")
        .build();
  }

  @Test
  void computedTrait_isWhatTheEvaluatorTold_whateverFactsSay() {
    Catalog catalog =
        CATALOG.withComputed(
            List.of(new TraitDeclaration("orders", TraitType.INTEGER, "", List.of(), true)));
    Facts facts =
        Facts.newBuilder()
            .addIdentifiers(USER.toProto())
            .addFacts(said("orders", "events", 10, 99))
            .addFacts(said("tier", "events", 10, 2))
            .addMemberships(told("#orders", true, 3))
            .addMemberships(told("#gone", true, 4))
            .addMemberships(told("#zero", false, 5))
            .build();
    Profile served = Fold.serve("p", facts, 1, catalog);
    assertThat(served.getTraitsList())
        .extracting(Trait::getName, t -> t.getValue().getInteger(), Trait::getSource)
        .containsExactly(tuple("orders", 3L, "computed"), tuple("tier", 2L, "events"));
    assertThat(served.getAudiencesList()).isEmpty();
    // Undefined again, it is what somebody said.
    assertThat(Fold.serve("p", facts, 1, CATALOG).getTraits(0).getValue().getInteger())
        .isEqualTo(99);
  }

  private static MembershipState told(String key, boolean member, int value) {
    MembershipState.Builder state =
        MembershipState.newBuilder().setAudience(key).setMember(member).setEnteredAtMicros(5);
    return member ? state.setValue(Value.newBuilder().setInteger(value)).build() : state.build();
  }
}
