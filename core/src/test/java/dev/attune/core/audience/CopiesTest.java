package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.ProfileState.Added;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a profile remembers of events in order to recognise their copies, and how much it is. */
final class CopiesTest {
  private static final long MINUTE = 60_000_000L;
  private static final long DAY = 24 * 60 * MINUTE;
  private static final long START = 1_750_000_000_000_000L;

  private static AudienceSet set(int matchers, int count, Duration within) {
    Map<String, AudienceDefinition> audiences = new HashMap<>();
    for (int i = 0; i < matchers; i++) {
      audiences.put(
          "a" + i,
          new AudienceDefinition(
              "a" + i,
              "",
              "",
              AudienceDefinitionTest.count("Event " + i, Comparison.AT_LEAST, count, within)));
    }
    return AudienceSet.compile(
        new Definitions(1, 1, Catalog.DEFAULT, Map.of(), audiences, Map.of(), Map.of()));
  }

  // A copy of an older event, of an earlier time and with other properties, is what it was of.
  @Test
  void lastEvent_besideCopiesThatDiffer_isTheNewestByItsEarliestTime() {
    AudienceDefinition definition =
        AudienceDefinitionTest.parse(
            "name: a\nwhen: {event: Event 0, last: has(properties.fits), within: 1h}\n");
    AudienceSet set =
        AudienceSet.compile(
            new Definitions(
                1, 1, Catalog.DEFAULT, Map.of(), Map.of("a", definition), Map.of(), Map.of()));
    var state = new ProfileState(set);
    long now = START + 10 * MINUTE;
    var _ = state.add(fitting(event(0, "older", START + 9 * MINUTE, now)), now);
    var _ = state.add(event(0, "older", START, now), now);
    assertThat(set.audience("a").orElseThrow().evaluate(state, now).member()).isTrue();
    var _ = state.add(event(0, "newest", START + 8 * MINUTE, now), now);
    assertThat(set.audience("a").orElseThrow().evaluate(state, now).member()).isFalse();
    var _ = state.add(fitting(event(0, "newer still", START + 8 * MINUTE + 1, now)), now);
    assertThat(set.audience("a").orElseThrow().evaluate(state, now).member()).isTrue();
  }

  private static Event fitting(Event event) {
    Event.Builder fits = event.toBuilder();
    fits.getPropertiesBuilder()
        .getObjectBuilder()
        .addEntriesBuilder()
        .setKey("fits")
        .setValue(Value.newBuilder().setBoolean(true));
    return fits.build();
  }

  @Test
  void event_inManyRings_isOneOfThoseWhoseCopiesAreKnown() {
    Map<String, AudienceDefinition> audiences = new HashMap<>();
    for (int i = 0; i < 10; i++) {
      String yaml =
          "name: a%d\nwhen: {event: Event 0, where: '!has(properties.p%d)', count: '== 1', within: 1h}\n"
              .formatted(i, i);
      audiences.put("a" + i, AudienceDefinitionTest.parse(yaml));
    }
    AudienceSet set =
        AudienceSet.compile(
            new Definitions(1, 1, Catalog.DEFAULT, Map.of(), audiences, Map.of(), Map.of()));
    var state = new ProfileState(set);
    for (int i = 0; i < ProfileState.COPIES_MAX; i++) {
      long at = START + i * MINUTE;
      var _ = state.add(event(0, "event " + i, at, at), at);
    }
    long now = START + ProfileState.COPIES_MAX * MINUTE;
    assertThat(state.add(event(0, "event 0", now, now), now).added()).isEqualTo(Added.COPY);
    assertThat(state.encode().getSerializedSize()).isLessThan(120_000);
  }

  private static Event event(int matcher, String id, long occurred, long received) {
    return Event.newBuilder()
        .setEventId(id)
        .setName("Event " + matcher)
        .setOccurredAtMicros(occurred)
        .setReceivedAtMicros(received)
        .build();
  }

  @Test
  void copy_afterItsWindow_andAfterNewerOnes_isOneForSevenDays() {
    var state = new ProfileState(set(1, 2, Duration.ofMinutes(30)));
    assertThat(state.add(event(0, "first", START, START), START).added()).isEqualTo(Added.NEW);
    for (int i = 0; i < 20; i++) {
      long at = START + i * MINUTE;
      assertThat(state.add(event(0, "other " + i, at, at), at).added()).isEqualTo(Added.NEW);
    }
    for (long later : new long[] {40 * MINUTE, DAY, 7 * DAY - MINUTE}) {
      long at = START + later;
      var again = ProfileState.decode(state.encode(), set(1, 2, Duration.ofMinutes(30)));
      again.forget(at);
      assertThat(again.add(event(0, "first", at, at), at).added()).isEqualTo(Added.COPY);
    }
    long at = START + 7 * DAY + 2 * 60 * MINUTE;
    state.forget(at);
    assertThat(state.encode().getViasCount()).as("rings after seven days").isZero();
  }

  @Test
  void copy_thatSaysAnEarlierTime_bringsBackWhatItsFirstHadPushedOut() {
    AudienceSet set = set(1, 2, Duration.ofDays(60));
    var state = new ProfileState(set);
    // Two of long ago, which nobody sends again, then one that moves back behind them.
    for (String old : new String[] {"old 1", "old 2"}) {
      var _ = state.add(event(0, old, START, START), START);
    }
    long now = START + 20 * DAY;
    var _ = state.add(event(0, "moving", now, now), now);
    assertThat(state.add(event(0, "moving", START - DAY, now), now).added())
        .isEqualTo(Added.EARLIER_COPY);
    assertThat(set.audience("a0").orElseThrow().evaluate(state, now).flipMicros())
        .isEqualTo(START + 60 * DAY);
  }

  @Test
  void history_thatIsOlderThanEveryWindow_isNotRemembered() {
    var state = new ProfileState(set(1, 2, Duration.ofDays(30)));
    Event event = event(0, "old", START - 40 * DAY, START).toBuilder().setHistorical(true).build();
    assertThat(state.add(event, START).added()).isEqualTo(Added.NOT_COUNTED);
    assertThat(state.encode().getViasCount()).isZero();
  }

  @Test
  void state_ofAProfileWithManyEvents_isBounded_andKnowsTheLast() {
    AudienceSet set = set(4, 8, Duration.ofDays(30));
    var state = new ProfileState(set);
    int many = 5_000;
    long now = START;
    for (int i = 0; i < many; i++) {
      now = START + i * MINUTE;
      var _ = state.add(event(i % 4, "event " + i, now, now), now);
    }
    assertThat(state.encode().getSerializedSize()).isLessThan(12_000);
    for (int i = many - ProfileState.COPIES_MAX; i < many; i++) {
      assertThat(state.add(event(i % 4, "event " + i, now, now), now).added())
          .isEqualTo(Added.COPY);
    }
    // The newest eight of each name decide, as ever.
    assertThat(set.audience("a0").orElseThrow().evaluate(state, now).flipMicros())
        .isEqualTo(START + (many - 4 * 8) * MINUTE + 30 * DAY);
  }

  @Test
  void state_withTwentyFullRingsOfEight_isWithinItsBound() {
    var state = new ProfileState(set(20, 8, Duration.ofDays(30)));
    var random = new Random(1);
    for (int i = 0; i < 20 * 8; i++) {
      // As SDKs say them, in milliseconds.
      long at = START - random.nextLong(30 * DAY / 1_000) * 1_000;
      var _ = state.add(event(i % 20, "event " + i, at, at), START);
    }
    assertThat(state.encode().getSerializedSize()).isLessThan(1_980);
  }

  @Test
  void state_withTwentyMatchersOfEight_isSmall() {
    var state = new ProfileState(set(20, 8, Duration.ofDays(30)));
    for (int i = 0; i < 20 * 30; i++) {
      // Of a month: eight of each name in the last days, and eight of before.
      long at = START - (20 * 30 - i) * DAY / 20;
      var _ = state.add(event(i % 20, "event " + i, at, at), at);
    }
    state.forget(START);
    assertThat(state.encode().getSerializedSize()).isLessThan(20 * (7 + 5) * 16);
  }
}
