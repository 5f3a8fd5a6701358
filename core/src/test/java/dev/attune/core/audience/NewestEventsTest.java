package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Somebody with more events than a condition looks at: the newest are, whatever else is kept. */
final class NewestEventsTest {
  private static final long NOW = 1_763_640_000_000_000L;
  private static final long MINUTE = 60_000_000;
  private static final int MORE = Condition.EVENTS_MAX + 100;

  private static final AudienceSet SET =
      AudienceSet.compile(
          new Definitions(
              1,
              1,
              AudienceDefinitionTest.CATALOG,
              Map.of(),
              Map.of(
                  "all",
                  audience("all", "sum: properties.n >= 500"),
                  "more",
                  audience("more", "sum: properties.n > 500")),
              Map.of(),
              Map.of()));

  private static AudienceDefinition audience(String name, String asks) {
    return AudienceDefinitionTest.parse(
        "name: " + name + "\nwhen: {event: Bought, " + asks + ", within: 365d}\n");
  }

  private static void add(ProfileState state, int number, String via, long now) {
    Event.Builder event =
        Event.newBuilder()
            .setEventId("e" + number)
            .setName("Bought")
            .setVia(new Identifier("user_id", via).toProto())
            .setOccurredAtMicros(NOW - (MORE - number) * MINUTE)
            .setReceivedAtMicros(NOW - (MORE - number) * MINUTE);
    event
        .getPropertiesBuilder()
        .getObjectBuilder()
        .addEntriesBuilder()
        .setKey("n")
        .setValue(Value.newBuilder().setInteger(1));
    var _ = state.add(event.build(), now);
  }

  private static void assertSeesTheNewest(ProfileState state, long now) {
    assertThat(SET.audience("all").orElseThrow().evaluate(state, now).member()).isTrue();
    assertThat(SET.audience("more").orElseThrow().evaluate(state, now).member()).isFalse();
    Explanation told = new Explainer(SET, state, now).explain(SET.audience("all").orElseThrow());
    assertThat(told.value()).isEqualTo("500");
    assertThat(told.counted()).isEqualTo(Condition.EVENTS_MAX);
    assertThat(told.limited()).isTrue();
    assertThat(told.changesMicros())
        .as("when the oldest of them leaves")
        .isEqualTo(NOW - Condition.EVENTS_MAX * MINUTE + Duration.ofDays(365).toMillis() * 1_000);
  }

  @Test
  void theNewest_areSeen_whileCopiesOfMoreMayCome_andAfterwards() {
    var state = new ProfileState(SET);
    for (int i = MORE - 1; i >= 0; i--) {
      add(state, i, "ada", NOW);
    }
    assertSeesTheNewest(state, NOW);
    long later = NOW + Duration.ofDays(9).toMillis() * 1_000;
    state.forget(later);
    assertSeesTheNewest(ProfileState.decode(state.encode(), SET), later);
  }

  @Test
  void theNewest_areThoseOfAllIdentifiers() {
    var state = new ProfileState(SET);
    for (int i = 0; i < MORE; i++) {
      add(state, i, i % 2 == 0 ? "ada" : "tablet", NOW);
    }
    assertSeesTheNewest(state, NOW);
  }

  @Test
  void fewer_areAllSeen() {
    var state = new ProfileState(SET);
    for (int i = 0; i < Condition.EVENTS_MAX - 1; i++) {
      add(state, i, "ada", NOW);
    }
    Explanation told = new Explainer(SET, state, NOW).explain(SET.audience("all").orElseThrow());
    assertThat(told.value()).isEqualTo("499");
    assertThat(told.limited()).isFalse();
  }
}
