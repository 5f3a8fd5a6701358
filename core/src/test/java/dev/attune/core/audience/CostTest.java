package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an expression may cost. */
final class CostTest {
  private static final String LOOPS = "exists, all and exists_one ";

  private static PropertyExpression compiled(String expression) {
    return PropertyLanguage.compile(
        Yaml.parse("a.yaml", "where: |-\n  " + expression).get("where"));
  }

  private static void assertRefused(String expression, String message) {
    assertThatThrownBy(() -> compiled(expression))
        .as(expression)
        .isInstanceOf(DefinitionException.class)
        .hasMessage("a.yaml:1:8: " + message);
  }

  // The limit of iterations is one of all lists together; what is beyond it would not be decided,
  // and an audience of those who lack something would stay empty for ever.
  @Test
  void longestLists_thatAnEventCanHave_areGoneThroughToTheirEnd() {
    Map<String, Object> longest = Map.of("l", Collections.nCopies(Cost.ELEMENTS_MAX, 7L));
    for (String decided :
        List.of(
            "!properties.l.exists(x, x == 8)",
            "properties.l.all(x, x == 7)",
            "!properties.l.exists_one(x, x == 7)",
            "!(properties.l.exists(x, x == 1) || properties.l.exists(x, x == 2) ||"
                + " properties.l.exists(x, x == 3) || properties.l.exists(x, x == 4))")) {
      assertThat(compiled(decided).test(longest)).as(decided).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "properties.l.exists(x, properties.l.exists(y, x == y))",
        "properties.l.all(x, x.l.exists(y, y == 1))",
      })
  void loops_insideEachOther_areRefused(String expression) {
    assertThatThrownBy(() -> compiled(expression))
        .hasMessageMatching(
            "a.yaml:1:8: at 1:[1-9]\\d* of the expression: "
                + LOOPS
                + "cannot stand inside each other \\(allowed: one after another\\)");
  }

  // What they come to is a new list for each element: of a long list, all memory there is.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "properties.l.filter(x, x > 1).size() > 1",
        "properties.l.map(x, x.n).exists(y, y > 1)",
        "properties.l.map(x, x > 1, x.n).size() > 1",
      })
  void mapAndFilter_areRefused(String expression) {
    assertThatThrownBy(() -> compiled(expression))
        .hasMessageEndingWith(
            "of the expression: map and filter copy what they have found with each element"
                + " (allowed: exists, all and exists_one)");
  }

  @Test
  void moreLoops_thanTheLimitHasRoomFor_areRefused() {
    String loop = "properties.l.exists(x, x == 1)";
    assertThat(compiled(String.join(" || ", Collections.nCopies(4, loop)))).isNotNull();
    assertRefused(
        String.join(" || ", Collections.nCopies(5, loop)),
        "at 1:156 of the expression: the expression has " + LOOPS + "5 times (allowed: 4)");
    for (String joined :
        List.of(
            "(properties.l + properties.l).exists(x, x == 1)",
            "dyn(properties.l + properties.l).exists(x, x == 1)")) {
      assertThatThrownBy(() -> compiled(joined))
          .hasMessageEndingWith(
              LOOPS + "cannot go through what + puts together (allowed: one list)");
    }
  }

  // Each would look through the whole event for each of its elements, or copy it.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "properties.l.exists(x, x in properties.m)",
        "properties.l.exists(x, properties.t.contains(x))",
        "properties.l.exists(x, properties.t.matches(x))",
        "properties.l.exists(x, properties.m == properties.o)",
        "properties.l.exists(x, properties.t + \"a\" == x)",
        "properties.l.exists(x, properties.m.size() > x)",
      })
  void whatIsLookedAtForEachElement_isComparedAndNoMore(String expression) {
    assertThatThrownBy(() -> compiled(expression))
        .hasMessageEndingWith(
            "inside "
                + LOOPS
                + "properties can only be compared with the element (allowed: e.g. x < properties.NAME)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "properties.l.exists(x, x > properties.n)",
        "properties.l.exists(x, x.price * 2.0 > properties.o.n && has(properties.t))",
        "properties.l.exists(x, properties.flag || properties[\"o\"][\"n\"] == x.n)",
        "properties.o.exists(k, properties.o[k] == 1)",
        "properties.l.exists(x, x in [properties.n, 3])",
        "properties.l.exists(x, properties.n in x.l)",
      })
  void comparisonsWithTheElement_areTaken(String expression) {
    assertThat(compiled(expression).text()).isEqualTo(expression);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(a{100}){100}|too large: its program has 1\\d{4} steps \\(allowed: 1000\\)",
        "a{2000}|not a regular expression \\(RE2\\): invalid repeat count",
        "[a|not a regular expression \\(RE2\\): missing closing \\]",
      })
  void regularExpression_thatWouldNeverMatch_isRefused(String regex, String message) {
    assertThatThrownBy(() -> compiled("properties.t.matches(\"" + regex + "\")"))
        .isInstanceOf(DefinitionException.class)
        .hasMessageMatching("a.yaml:1:8: at 1:22 of the expression: .*" + message);
  }

  @Test
  void traits_areHeldToTheSame() {
    assertThatThrownBy(
            () ->
                AudienceDefinitionTest.parse(
                    "name: a\nwhen: {trait: 'traits.tags.exists(x, x in traits.tags)'}\n"))
        .hasMessageStartingWith("audiences/a.yaml:2:15: at 1:28 of the expression: inside ")
        .hasMessageContaining("traits can only be compared");
  }

  @Test
  void expression_thatIsTooLong_isRefused() {
    String longest = "properties.t == \"" + "a".repeat(4_000 - 18) + "\"";
    assertThat(compiled(longest)).isNotNull();
    assertRefused(longest + " ", "the expression has 4001 characters (allowed: 4000)");
  }
}
