package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is told of each kind of condition; that it is right is held beside the oracle. */
final class ExplainerTest {
  private static final long MINUTE = 60_000_000L;
  private static final long NOW = 1_750_000_000_000_000L;

  private static final AudienceSet SET =
      AudienceSet.compile(
          new Definitions(
              1,
              1,
              AudienceDefinitionTest.CATALOG,
              Map.of(),
              Map.of(
                  "a",
                  AudienceDefinitionTest.parse(
                      """
                      name: a
                      consent: email
                      when:
                        all:
                          - trait: traits.plan == "pro" && traits.age > 18
                          - {event: Page Viewed, where: properties.path == "/", count: ">= 2", within: 30m}
                          - not: {audience: newsletter-readers}
                          - {date: seen_at, next: 90m}
                      """),
                  "newsletter-readers",
                  AudienceDefinitionTest.parse(
                      "name: newsletter-readers\nwhen: {event: Opened, since: 2025-01-01}\n")),
              Map.of(),
              Map.of()));

  @Test
  void answer_isToldWithAllThatDecidesIt() {
    var state = new ProfileState(SET);
    state.setTraits(
        Map.of(
            "plan", Value.newBuilder().setText("pro").build(),
            "age", Value.newBuilder().setText("old").build(),
            "seen_at", Value.newBuilder().setTimestampMicros(NOW + 120 * MINUTE).build()));
    add(state, "e1", NOW - 40 * MINUTE, "/");
    add(state, "e2", NOW - 10 * MINUTE, "/");
    add(state, "e3", NOW - 5 * MINUTE, "/elsewhere");

    Explanation whole = new Explainer(SET, state, NOW).explain(SET.audience("a").orElseThrow());

    assertThat(whole.holds()).isFalse();
    assertThat(whole.kind()).isEqualTo("all");
    Explanation consent = whole.parts().getFirst();
    assertThat(consent.kind()).isEqualTo("consent");
    assertThat(consent.asked()).isEqualTo("email");
    assertThat(consent.missing()).containsExactly("consent.email");
    var parts = whole.parts().getLast().parts();
    assertThat(parts).extracting(Explanation::holds).containsExactly(false, false, true, false);
    assertThat(parts)
        .extracting(Explanation::asked)
        .containsExactly(
            "traits.plan == \"pro\" && traits.age > 18",
            "Page Viewed where properties.path == \"/\", >= 2 within 30m",
            "",
            "seen_at within the next 90m");
    assertThat(parts.getFirst().missing()).as("not of its type").containsExactly("age");
    assertThat(parts.get(1).counted()).isEqualTo(1);
    assertThat(parts.get(1).events())
        .extracting(Explanation.Counted::micros)
        .containsExactly(NOW - 10 * MINUTE);
    assertThat(parts.get(1).events().getFirst().idDigest()).matches("[0-9a-f]{14}");
    assertThat(parts.get(2).parts().getFirst().asked()).isEqualTo("newsletter-readers");
    assertThat(parts.getLast().changesMicros()).isEqualTo(NOW + 30 * MINUTE + 1);

    add(state, "e4", NOW, "/");
    Explanation then = new Explainer(SET, state, NOW).explain(SET.audience("a").orElseThrow());
    Explanation views = then.parts().getLast().parts().get(1);
    assertThat(views.holds()).isTrue();
    assertThat(views.changesMicros()).isEqualTo(NOW + 20 * MINUTE);
  }

  @Test
  void whatEventsComeTo_isToldInWords() {
    Map<String, AudienceDefinition> said = new TreeMap<>();
    Map.of(
            "sum",
                "{event: Bought, where: properties.n > 0, sum: properties.n >= 2.50, within: 1h}",
            "average", "{event: Bought, average: properties.n < 3, since: 2025-01-01}",
            "distinct", "{event: Bought, distinct: properties.n == 2, ago: [10m, 1d]}",
            "first", "{event: Bought, first: properties.n == 2, within: 1h}",
            "sequence",
                "{sequence: [{event: Bought, where: properties.n == 2}, {event: Paid, within: 30m},"
                    + " {event: Bought}], without: [{event: Sent}], within: 1d}")
        .forEach(
            (name, when) ->
                said.put(
                    name,
                    AudienceDefinitionTest.parse("name: " + name + "\nwhen: " + when + "\n")));
    AudienceSet set =
        AudienceSet.compile(
            new Definitions(
                1, 1, AudienceDefinitionTest.CATALOG, Map.of(), said, Map.of(), Map.of()));
    var state = new ProfileState(set);
    bought(state, "b1", "Bought", NOW - 30 * MINUTE, 2);
    bought(state, "b2", "Paid", NOW - 20 * MINUTE, 0);
    bought(state, "b3", "Sent", NOW - 10 * MINUTE, 0);
    bought(state, "b4", "Bought", NOW - 5 * MINUTE, 0.3);
    List<String> told =
        said.keySet().stream()
            .map(name -> new Explainer(set, state, NOW).explain(set.audience(name).orElseThrow()))
            .map(e -> e.kind() + " " + e.asked() + ": " + e.holds() + " " + e.value())
            .toList();
    assertThat(told)
        .containsExactly(
            "event Bought, average of properties.n < 3 since 2025-01-01T00:00:00Z: true 1.15",
            "event Bought, distinct of properties.n == 2 10m to 1d ago: false 1",
            "event the first Bought within 1h fits properties.n == 2: true ",
            "sequence Bought where properties.n == 2, then Paid within 30m, then Bought, without Sent"
                + " between, all within 1d: false 2 of 3 steps",
            "event Bought where properties.n > 0, sum of properties.n >= 2.5 within 1h: false 2.3");
  }

  private static void bought(ProfileState state, String id, String name, long micros, double n) {
    Event.Builder event =
        Event.newBuilder()
            .setEventId(id)
            .setName(name)
            .setOccurredAtMicros(micros)
            .setReceivedAtMicros(micros);
    event
        .getPropertiesBuilder()
        .getObjectBuilder()
        .addEntriesBuilder()
        .setKey("n")
        .setValue(Value.newBuilder().setNumber(n));
    var _ = state.add(event.build(), micros);
  }

  private static void add(ProfileState state, String id, long micros, String path) {
    Event.Builder event =
        Event.newBuilder()
            .setEventId(id)
            .setName("Page Viewed")
            .setOccurredAtMicros(micros)
            .setReceivedAtMicros(micros);
    event
        .getPropertiesBuilder()
        .getObjectBuilder()
        .addEntriesBuilder()
        .setKey("path")
        .setValue(Value.newBuilder().setText(path));
    var _ = state.add(event.build(), micros);
  }
}
