package dev.attune.core.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.proto.v1.Definition;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Definitions of a size that nobody means. */
class BadInputTest {
  private static Definition audience(String name, String when) {
    return Definition.newBuilder()
        .setKind("audience")
        .setId(name)
        .setVersion(1)
        .setPath("audiences/" + name + ".yaml")
        .setYaml("name: " + name + "\nwhen: " + when + "\n")
        .build();
  }

  // Composing them would end in a StackOverflowError, which no refusal is made of.
  @ParameterizedTest
  @ValueSource(strings = {"[", "{a: ", "- ", "? "})
  void nestingDeeperThanAnybodyMeans_isRefused_withItsPlace(String level) {
    assertThatThrownBy(() -> Yaml.parse("a.yaml", level.repeat(500_000 / level.length())))
        .isInstanceOf(DefinitionException.class)
        .hasMessageMatching(
            "a.yaml:1:\\d{3}: not valid YAML: lists and mappings nest deeper than 100 levels");
  }

  @Test
  void nestingUpToTheBound_isTaken() {
    assertThat(Yaml.parse("a.yaml", "[".repeat(100) + "]".repeat(100)).isSequence()).isTrue();
    String beside = "[" + "[[]], ".repeat(200) + "]";
    assertThat(Yaml.parse("a.yaml", beside).items())
        .as("what is closed counts no more")
        .hasSize(200);
    assertThatThrownBy(() -> Yaml.parse("a.yaml", "[".repeat(101) + "]".repeat(101)))
        .hasMessageStartingWith("a.yaml:1:101: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{not: ", "{all: [", "{any: ["})
  void thousandNestedConditions_areRefused_withTheirPlace(String level) {
    String end = level.endsWith("[") ? "]}" : "}";
    String nested = level.repeat(1_000) + "{event: X, within: 1d}" + end.repeat(1_000);
    assertThatThrownBy(() -> Definitions.parse(List.of(audience("a", nested))))
        .isInstanceOf(DefinitionException.class)
        .hasMessageMatching("audiences/a.yaml:2:\\d+: .*nest deeper than 100 levels");
    String lessNested = level.repeat(40) + "{event: X, within: 1d}" + end.repeat(40);
    assertThatThrownBy(() -> Definitions.parse(List.of(audience("a", lessNested))))
        .hasMessageMatching("audiences/a.yaml:2:\\d+: conditions nest deeper than 32");
  }

  @Test
  void moreAudiencesThanTheLimit_areRefused() {
    List<Definition> all =
        new ArrayList<>(
            IntStream.rangeClosed(1, Definitions.KIND_MAX)
                .mapToObj(i -> audience("a" + i, "{event: X, within: 1d}"))
                .toList());
    all.add(audience("one-more", "{event: X, within: 1d}"));
    assertThatThrownBy(() -> Definitions.parse(all))
        .hasMessage("audiences/one-more.yaml:1:1: more than 50000 definitions of kind audience");
  }
}
