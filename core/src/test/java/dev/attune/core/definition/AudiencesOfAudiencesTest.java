package dev.attune.core.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Audiences that ask for each other. */
class AudiencesOfAudiencesTest {
  private static final long NOW = 1_750_000_000_000_000L;

  private static Definition audience(String name, String rest) {
    return definition("audience", name, "name: " + name + "\n" + rest);
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(kind + "s/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  @Test
  void member_isWhoBelongsToTheOther_withItsConsent() {
    // In this order: the first asks for what comes after it.
    AudienceSet set =
        AudienceSet.compile(
            Definitions.parse(
                List.of(
                    audience("buyers-not-told", "when: {not: {audience: told-buyers}}\n"),
                    audience(
                        "told-buyers",
                        "consent: email\nwhen: {all: [{event: Order Completed, within: 1d}]}\n"))));
    var state = new ProfileState(set);
    assertThat(belongs(set, "buyers-not-told", state)).isTrue();
    var taken =
        state.add(
            Event.newBuilder()
                .setEventId("e")
                .setName("Order Completed")
                .setOccurredAtMicros(NOW)
                .build(),
            NOW);
    assertThat(belongs(set, "buyers-not-told", state)).as("without consent").isTrue();
    state.setTraits(Map.of("consent.email", Value.newBuilder().setBoolean(true).build()));
    assertThat(belongs(set, "buyers-not-told", state)).as("with consent").isFalse();

    // Who asks for an audience is concerned by what concerns that one.
    assertThat(taken.news()).hasSize(1);
    assertThat(set.byMatch(taken.news().iterator().next())).hasSize(2);
    assertThat(set.byTrait("consent.email")).hasSize(2);
    long flip = set.audience("buyers-not-told").orElseThrow().evaluate(state, NOW).flipMicros();
    assertThat(flip).isEqualTo(NOW + 86_400_000_000L);
  }

  private static boolean belongs(AudienceSet set, String audience, ProfileState state) {
    return set.audience(audience).orElseThrow().evaluate(state, NOW).member();
  }

  @Test
  void unknown_isRefusedWithTheNearest_alsoOfAModel() {
    assertThatThrownBy(
            () ->
                Definitions.parse(
                    List.of(
                        audience("a", "when:\n  any:\n    - audience: churn-rsk\n"),
                        definition(
                            "model",
                            "churn-risk",
                            """
                            name: churn-risk
                            kind: audience
                            source: {files: churn.csv, format: csv}
                            key: {namespace: user_id, column: id}
                            """))))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(
            "audiences/a.yaml:4:17: there is no audience \"churn-rsk\"; did you mean"
                + " \"churn-risk\"?");
  }

  @Test
  void circle_isRefused_withTheWayAround() {
    assertThatThrownBy(
            () ->
                Definitions.parse(
                    List.of(
                        audience("d", "when: {audience: a}\n"),
                        audience("a", "when: {not: {audience: b}}\n"),
                        audience("b", "when: {any: [{audience: c}]}\n"),
                        audience("c", "when: {audience: b}\n"))))
        .isInstanceOf(DefinitionException.class)
        .hasMessage("audiences/b.yaml:2:7: audiences ask for each other in a circle: b -> c -> b");
    assertThatThrownBy(() -> Definitions.parse(List.of(audience("a", "when: {audience: a}\n"))))
        .hasMessageContaining("a -> a");
  }

  @Test
  void chain_thatIsTooLong_isRefused() {
    List<Definition> chain =
        new ArrayList<>(List.of(audience("a0", "when: {event: X, within: 1d}")));
    for (int i = 1; i < 32; i++) {
      chain.add(audience("a" + i, "when: {audience: a" + (i - 1) + "}\n"));
    }
    assertThat(AudienceSet.compile(Definitions.parse(chain)).audiences()).hasSize(32);
    chain.add(audience("b", "when: {audience: a31}\n"));
    assertThatThrownBy(() -> Definitions.parse(chain))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(
            "audiences/b.yaml:2:7: with the audiences that it asks for \"b\" is a chain of 33 audiences"
                + " (allowed: 32)");
  }

  @Test
  void conditions_thatAreTooManyTogether_areRefused() {
    // Each asks for the one before it twice: a0 would be compiled some billion times.
    List<Definition> doubled =
        new ArrayList<>(List.of(audience("a0", "when: {event: X, within: 1d}")));
    for (int i = 1; i < 30; i++) {
      String before = "{audience: a" + (i - 1) + "}";
      doubled.add(audience("a" + i, "when: {all: [" + before + ", " + before + "]}\n"));
    }
    assertThatThrownBy(() -> Definitions.parse(doubled))
        .isInstanceOf(DefinitionException.class)
        .hasMessageMatching(
            "audiences/(a\\d+).yaml:2:7: with the audiences that it asks for \"\\1\" has \\d+ conditions"
                + " \\(allowed: 1000\\)");
  }

  @Test
  void nesting_thatIsTooDeepTogether_isRefused() {
    String deep = "when: " + "{not: ".repeat(29) + "%s" + "}".repeat(29) + "\n";
    List<Definition> audiences =
        new ArrayList<>(
            List.of(
                audience("a", deep.formatted("{event: X, within: 1d}")),
                audience("b", deep.formatted("{audience: a}")),
                audience("c", deep.formatted("{audience: b}"))));
    assertThatThrownBy(() -> Definitions.parse(audiences))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(
            "audiences/c.yaml:2:7: with the audiences that it asks for \"c\" nests 90 conditions in each"
                + " other (allowed: 64)");
    audiences.removeLast();
    assertThat(AudienceSet.compile(Definitions.parse(audiences)).audiences()).hasSize(2);
  }

  @Test
  void version_isOfWhateverWasWrittenLast() {
    AudienceSet set =
        AudienceSet.compile(
            Definitions.parse(
                List.of(
                    audience("a", "when: {not: {audience: b}}\n"),
                    audience("b", "when: {event: X, within: 1d}\n").toBuilder()
                        .setVersion(9)
                        .build())));
    assertThat(set.audience("a").orElseThrow().version()).isEqualTo(9);
  }
}
