package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Definition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EventKeysTest {
  // Found by trying twenty million of them.
  private static final String ONE = "Event 7131439";
  private static final String OTHER = "Event 7573691";
  private static final String REFUSED =
      "profiles would remember the events \"Event 7131439\" and \"Event 7573691\", as far as"
          + " definitions ask for them, under one number (expected: another name, or a condition"
          + " that is written otherwise)";

  private static Definition definition(String kind, String name, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(name)
        .setPath(kind + "s/" + name + ".yaml")
        .setYaml("name: " + name + "\n" + yaml)
        .build();
  }

  // One's events would be counted as the other's.
  @Test
  void eventsWithOneNumber_areRefusedBeforeTheyAreApplied() {
    assertThat(EventKeys.id(ONE)).isEqualTo(EventKeys.id(OTHER));
    Definition counts =
        definition("audience", "a", "when: {not: {event: " + ONE + ", within: 1d}}\n");
    List<Definition> others =
        List.of(
            definition(
                "audience", "b", "when: {event: " + OTHER + ", count: '>= 2', within: 1d}\n"),
            definition(
                "audience",
                "b",
                "when: {sequence: [{event: Sent}, {event: Paid}], without: [{event: "
                    + OTHER
                    + "}], within: 1d}\n"),
            definition("trait", "b", "event: " + OTHER + "\ncount: true\nwithin: 1d\n"));
    for (Definition other : others) {
      assertThat(Definitions.parse(List.of(other)).version()).isZero();
      assertThatThrownBy(() -> Definitions.parse(List.of(counts, other)))
          .isInstanceOf(DefinitionException.class)
          .hasMessage(REFUSED);
    }
  }

  @Test
  void eventsWithOneNumber_areCompiledInNoSet() {
    var definitions =
        new Definitions(
            1,
            1,
            Catalog.DEFAULT,
            Map.of(),
            Map.of("a", of(ONE), "b", of(OTHER)),
            Map.of(),
            Map.of());
    assertThatThrownBy(() -> AudienceSet.compile(definitions))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(REFUSED);
  }

  private static AudienceDefinition of(String event) {
    return new AudienceDefinition(
        event,
        "",
        "",
        AudienceDefinitionTest.count(event, Comparison.AT_LEAST, 1, Duration.ofDays(1)));
  }
}
