package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import java.util.Map;
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
    assertThat(parts.get(1).events().getFirst().idDigest()).matches("[0-9a-f]{16}");
    assertThat(parts.get(2).parts().getFirst().asked()).isEqualTo("newsletter-readers");
    assertThat(parts.getLast().changesMicros()).isEqualTo(NOW + 30 * MINUTE + 1);

    add(state, "e4", NOW, "/");
    Explanation then = new Explainer(SET, state, NOW).explain(SET.audience("a").orElseThrow());
    Explanation views = then.parts().getLast().parts().get(1);
    assertThat(views.holds()).isTrue();
    assertThat(views.changesMicros()).isEqualTo(NOW + 20 * MINUTE);
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
