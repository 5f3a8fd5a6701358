package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AudienceDefinitionTest {
  static final Catalog CATALOG =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              """
              namespaces:
                user_id: {unique: true}
                anonymous_id: {max: 50}
              traits:
                plan: {type: string}
                age: {type: integer}
                lifetime_value: {type: number}
                vip: {type: boolean}
                seen_at: {type: timestamp}
                born_on: {type: date}
                tags: {type: list}
                address: {type: object}
              """));

  static AudienceDefinition parse(String yaml) {
    return AudienceDefinition.parse(
        Yaml.parse("audiences/a.yaml", yaml), CATALOG, Set.of("a", "newsletter-readers"));
  }

  /** Of all events of a name, in a sliding window. */
  static Condition count(String event, Comparison comparison, int count, Duration within) {
    return new Condition.EventCount(
        EventMatch.of(event), comparison, count, new Condition.Window.Within(within));
  }

  @Test
  void audience_withEverything_isRead() {
    AudienceDefinition audience =
        parse(
            """
            name: frequent-buyers
            description: At least 2 purchases within 30 days
            consent: marketing
            when:
              all:
                - trait: traits.plan == "pro" && traits.lifetime_value > 100.0
                - {event: Order Completed, count: ">= 2", within: 30d}
                - any:
                    - {event: Page Viewed, within: 10m}
                    - trait: has(traits.age) && traits.age < 30
                - not: {event: Refunded, count: "> 0", within: 90d}
            """);
    assertThat(audience.name()).isEqualTo("frequent-buyers");
    assertThat(audience.consent()).isEqualTo("marketing");
    List<Condition> all = ((Condition.All) audience.when()).conditions();
    assertThat(((Condition.TraitTest) all.getFirst()).expression().traits())
        .containsExactly("lifetime_value", "plan");
    assertThat(all.get(1))
        .isEqualTo(count("Order Completed", Comparison.AT_LEAST, 2, Duration.ofDays(30)));
    assertThat(((Condition.Any) all.get(2)).conditions().getFirst())
        .isEqualTo(count("Page Viewed", Comparison.AT_LEAST, 1, Duration.ofMinutes(10)));
  }

  @Test
  void conditions_onPropertiesDatesAndAudiences_areRead() {
    AudienceDefinition audience =
        parse(
            """
            name: a
            when:
              all:
                - {event: Order Completed, where: properties.total >= 50, since: 2026-01-31}
                - {event: Order Completed, since: "2026-01-31T09:00:00+01:00"}
                - {audience: newsletter-readers}
                - {date: seen_at, last: 90d}
                - {date: born_on, next: 7d}
            """);
    List<Condition> all = ((Condition.All) audience.when()).conditions();
    var large = (Condition.EventCount) all.getFirst();
    assertThat(large.match().where().map(PropertyExpression::text))
        .contains("properties.total >= 50");
    assertThat(large.window())
        .isEqualTo(new Condition.Window.Since(Instant.parse("2026-01-31T00:00:00Z")));
    assertThat(((Condition.EventCount) all.get(1)).window())
        .isEqualTo(new Condition.Window.Since(Instant.parse("2026-01-31T08:00:00Z")));
    assertThat(all.subList(2, 5))
        .containsExactly(
            new Condition.InAudience("newsletter-readers"),
            new Condition.DateTest("seen_at", Condition.DateTest.Side.LAST, Duration.ofDays(90)),
            new Condition.DateTest("born_on", Condition.DateTest.Side.NEXT, Duration.ofDays(7)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "traits.age > \"x\"|audiences/a.yaml:3:10: at 1:12 of the expression: found no matching overload for '_>_' applied to '(int, string)'",
        "traits.plna == \"pro\"|at 1:1 of the expression: the catalog declares no trait \"plna\"; did you mean \"plan\"?",
        "traits.age|expected type 'bool' but found 'int'",
        "age > 3|undeclared reference to 'age' (in container '') (write traits.age)",
        "traits.lifetime_value == 100|(double, int)' (write a number trait's counterpart with a point, e.g. 100.0)",
        "traits == traits|\"traits\" needs the name of a trait",
        "traits.age >|at 1:13 of the expression: mismatched input",
        "[1].exists(x, traits.agee == x)|no trait \"agee\"; did you mean \"age\"?",
      })
  void expression_thatDoesNotFit_isRefusedWithItsPlace(String expression, String message) {
    assertThatThrownBy(() -> parse("name: a\nwhen:\n  trait: '" + expression + "'\n"))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("audiences/a.yaml:3:10: ")
        .hasMessageContaining(message);
  }

  @Test
  void expression_thatEndsTooSoon_listsNotAllThatCouldFollow() {
    assertThatThrownBy(() -> parse("name: a\nwhen: {trait: traits.age >}\n"))
        .hasMessage("audiences/a.yaml:2:15: at 1:13 of the expression: mismatched input '<EOF>'");
  }

  @Test
  void group_withoutWhatSaysWhoseItIs_isRefused() {
    String yaml = "name: a\nwhen: {group: traits.plan == 'pro'}\n";
    assertThatThrownBy(() -> parse(yaml))
        .hasMessageContaining("the namespace \"group_id\", which the catalog does not declare");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{all: []}|the list is empty",
        "{event: X}|needs \"within\"",
        "{event: X, within: 30}|is not a duration",
        "{event: X, within: 4000d}|out of bounds (allowed: 1s to 3650d)",
        "{event: X, count: 2, within: 1d}|\"2\" is not a count (allowed: one of >= > == <= <",
        "{event: X, count: '>= 65', within: 1d}|out of bounds (allowed: 0 to 64)",
        "{evnt: X, within: 1d}|unknown key \"evnt\"; did you mean \"event\"?",
        "{within: 1d}|exactly one of trait, group, event, sequence, audience, date, all, any, not (found none)",
        "{event: X, within: 1d, since: 2026-01-31}|has one of \"within\", \"since\" and \"ago\" (found within, since)",
        "{event: X, sum: properties.a > 1, count: '> 1', within: 1d}|asks one thing (found count, sum)",
        "{event: X, sum: total >= 1, within: 1d}|\"total >= 1\" is not a property that is compared with a number (allowed: properties.NAME, of letters",
        "{event: X, distinct: properties.a > 500, within: 1d}|at most 500 are seen (allowed: 0 to 499 after >)",
        "{event: X, sum: properties.a >= 1000000000001, within: 1d}|out of bounds (allowed: -1000000000000 to 1000000000000)",
        "{event: X, distinct: properties.a >= 501, within: 1d}|a number of different values is a whole one, and at most 500 are",
        "{event: X, avg: properties.a > 1, within: 1d}|unknown key \"avg\"; did you mean \"average\"?",
        "{event: X, summ: properties.a > 1, within: 1d}|unknown key \"summ\"; did you mean \"sum\"?",
        "{event: X, first: properties.a, where: properties.b, within: 1d}|\"first\" and \"where\" do not go together",
        "{event: X, ago: [90d, 30d]}|the first age of \"ago\" has to be less than the second (found 90d, 30d)",
        "{event: X, ago: 30d}|\"ago\" is a list of two ages, e.g. ago: [30d, 90d]",
        "{sequence: [{event: X}], within: 1d}|a sequence of 1 steps (allowed: 2 to 8)",
        "{sequence: [{event: X, within: 1h}, {event: Y}], within: 1d}|\"within\" at the first step, which has none before it",
        "{sequence: [{event: X}, {event: Y, count: '> 1'}], within: 1d}|unknown key \"count\"",
        "{sequence: [{event: X}, {event: Y}], without: {event: Z}, within: 1d}|expected a list",
        "{sequence: [{event: X}, {event: Y}], without: [], within: 1d}|\"without\" has 0 events (allowed: 1 to 8)",
        "{event: X, since: yesterday}|\"yesterday\" is no date (allowed: one from 1970 to 9999",
        "{event: X, since: 2026-02-30}|\"2026-02-30\" is no date",
        "{event: X, since: 0026-01-31}|\"0026-01-31\" is no date",
        "{event: X, where: total > 3, within: 1d}|undeclared reference to 'total' (in container '') (write properties.total)",
        "{event: X, where: traits.age > 3, within: 1d}|traits are a condition of their own",
        "{event: X, where: properties.total, within: 1d, nth: 2}|unknown key \"nth\"",
        "{event: X, where: properties.total + 1, within: 1d}|expected type 'bool'",
        "{event: X, where: '1 +', within: 1d}|at 1:4 of the expression",
        "{event: X, where: 'properties.a == 1', next: 1d, within: 1d}|unknown key \"next\"",
        "{trait: traits.vip, within: 1d}|unknown key \"within\" (allowed: trait)",
        "{audience: newsleter-readers}|there is no audience \"newsleter-readers\"; did you mean \"newsletter-readers\"?",
        "{date: seen_att, next: 7d}|no trait \"seen_att\"; did you mean \"seen_at\"?",
        "{date: age, next: 7d}|the trait \"age\" is of type integer (allowed: timestamp, date)",
        "{date: seen_at}|has one of \"next\" and \"last\"",
        "{date: seen_at, next: 7d, last: 7d}|has one of \"next\" and \"last\"",
        "{date: seen_at, next: 0s}|out of bounds (allowed: 1s to 3650d)",
        "{event: X, not: {event: Y, within: 1d}, within: 1d}|(found event, not)",
        "{not: {event: Y, within: 1d}, within: 1d}|unknown key \"within\"",
        "{event: '', within: 1d}|1 to 200 characters",
        "{event: \"Order\\0true\", within: 1d}|none of them a control character",
        "{event: X, where: 'lower(properties.a) == \"b\"', within: 1d}|reference to 'lower' (in container '') (CEL has no such function)",
        "{audience: A b}|is not a name",
      })
  void condition_thatDoesNotFit_isRefused(String condition, String message) {
    assertThatThrownBy(() -> parse("name: a\nwhen: " + condition + "\n"))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("audiences/a.yaml:2:")
        .hasMessageContaining(message);
  }

  @Test
  void nesting_beyondTheBound_isRefused() {
    String deep = "{not: ".repeat(32) + "{event: X, within: 1d}" + "}".repeat(32);
    assertThatThrownBy(() -> parse("name: a\nwhen: " + deep + "\n"))
        .hasMessageContaining("nest deeper than 32");
    String steps = "{sequence: [" + "{event: X}, ".repeat(8) + "], within: 1d}, ";
    assertThatThrownBy(() -> parse("name: a\nwhen: {any: [" + steps.repeat(25) + "]}\n"))
        .hasMessageContaining("more than 200 conditions");
    String wide = "{event: X, within: 1d}, ".repeat(200);
    assertThatThrownBy(() -> parse("name: a\nwhen: {any: [" + wide + "]}\n"))
        .hasMessageContaining("more than 200 conditions");
  }
}
