package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.redirect;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.KnownHistory;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a preview reads of the log. */
final class LoggedEventsTest {
  private static final long MINUTE = 60_000_000L;
  private static final long DAY = 24 * 60 * MINUTE;
  private static final long NOW = 1_750_000_000_000_000L;
  private static final String VIA = "anonymous_id:a";
  private static final String OTHER = "user_id:1";

  private static Changed live(String id, long version, List<String> identifiers, Cause... causes) {
    Profile.Builder profile = Profile.newBuilder().setProfileId(id).setVersion(version);
    identifiers.forEach(identifier -> profile.addIdentifiers(Changes.via(identifier)));
    return Changed.newBuilder()
        .setRecord(
            ProfileRecord.newBuilder()
                .setProfileId(id)
                .setVersion(version)
                .setLive(LiveProfile.newBuilder().setServed(Served.of(profile.build()).bytes())))
        .addAllCauses(Arrays.asList(causes))
        .build();
  }

  private static Changed merged(String id, long version, String into) {
    return redirect(id, version, into, List.of()).getChanged();
  }

  private static Cause bought(String id) {
    return event(id, "Bought", VIA, NOW - MINUTE);
  }

  private static LoggedEvents gathered(List<Changed> changes) {
    var gathering = new LoggedEvents.Gathering(Set.of("Bought"), 1 << 20, NOW);
    changes.forEach(change -> gathering.add(change, NOW - MINUTE));
    return gathering.all();
  }

  private static Map<String, List<String>> ids(LoggedEvents events) {
    Map<String, List<String>> ids = new HashMap<>();
    events
        .byProfile()
        .forEach((who, own) -> ids.put(who, own.stream().map(Event::getEventId).toList()));
    return ids;
  }

  @Test
  void all_areThoseThatAreAskedFor_byWhoseTheyAreNow_inWhateverOrderPartitionsCome() {
    List<Changed> changes =
        new ArrayList<>(
            List.of(
                live("p1", 1, List.of(VIA), bought("e1"), event("x", "Looked", VIA, NOW)),
                merged("p1", 2, "p2"),
                live("p2", 2, List.of(OTHER, VIA)),
                live("p2", 3, List.of(OTHER, VIA), bought("e2"))));
    assertThat(ids(gathered(changes))).isEqualTo(Map.of("p2", List.of("e1", "e2")));
    assertThat(gathered(changes).count()).isEqualTo(2);
    Collections.rotate(changes, 2);
    assertThat(ids(gathered(changes))).isEqualTo(Map.of("p2", List.of("e2", "e1")));

    // Split off again.
    changes.add(live("p2", 4, List.of(OTHER)));
    changes.addFirst(live("p1", 4, List.of(VIA)));
    assertThat(ids(gathered(changes))).isEqualTo(Map.of("p1", List.of("e2", "e1")));
  }

  @Test
  void eventsOfSomebodyElsewhere_areNobodysHere() {
    assertThat(
            gathered(
                    List.of(
                        live("p1", 1, List.of(VIA), bought("e1")), merged("p1", 2, "elsewhere")))
                .byProfile())
        .isEmpty();
  }

  @Test
  void from_isAllThereWas_orWhatWasToldSinceTheFirstRecordThatWasRead() {
    assertThat(from(0, NOW - DAY)).isZero();
    assertThat(from(1, NOW - DAY)).isEqualTo(NOW - DAY + 5 * MINUTE);
    // What is older than a week may have been replaced.
    assertThat(from(0, NOW - 8 * DAY)).isEqualTo(NOW - 7 * DAY + 5 * MINUTE);
    assertThat(from(9, NOW - 8 * DAY)).isEqualTo(NOW - 7 * DAY + 5 * MINUTE);
    assertThat(LoggedEvents.NONE.fromMicros()).isEqualTo(LoggedEvents.UNKNOWN);
  }

  private static long from(long offset, long toldMicros) {
    var gathering = new LoggedEvents.Gathering(Set.of("Bought"), 1 << 20, NOW);
    gathering.begins(0, NOW - MINUTE);
    gathering.begins(offset, toldMicros);
    return gathering.all().fromMicros();
  }

  @Test
  void beyondTheBytes_whatWasToldFirstIsLeftOut_andSaid() {
    Cause first = bought("e1");
    var gathering =
        new LoggedEvents.Gathering(
            Set.of("Bought"), 2L * first.getEvent().getSerializedSize(), NOW);
    gathering.begins(0, NOW - 3 * MINUTE);
    gathering.add(live("p1", 1, List.of(VIA), first), NOW - 30 * MINUTE);
    gathering.add(live("p1", 2, List.of(VIA), bought("e2")), NOW - 20 * MINUTE);
    gathering.add(live("p1", 3, List.of(VIA), bought("e3")), NOW - 10 * MINUTE);

    LoggedEvents events = gathering.all();

    assertThat(ids(events)).isEqualTo(Map.of("p1", List.of("e2", "e3")));
    assertThat(events.fromMicros()).isEqualTo(NOW - 25 * MINUTE);
  }

  @Test
  void addedToAState_theyCount_andThoseThatItKnowsDoNotCountTwice() {
    AudienceSet audiences =
        AudienceSet.compile(
            Changes.definitions(
                1, "name: b\nwhen: {event: Bought, count: \">= 2\", within: 1h}\n"));
    var audience = audiences.audience("b").orElseThrow();
    var state = new ProfileState(audiences);
    var _ = state.add(bought("e1").getEvent(), NOW);

    gathered(List.of(live("p1", 1, List.of(VIA), bought("e1")))).addTo("p1", state, NOW);
    assertThat(audience.evaluate(state, NOW).member()).isFalse();
    gathered(List.of(live("p1", 1, List.of(VIA), bought("e1"), bought("e2"))))
        .addTo("p1", state, NOW);
    assertThat(audience.evaluate(state, NOW).member()).isTrue();
    assertThat(audience.events()).containsExactly("Bought");
  }

  @Test
  void completeFrom_isWhenTheWindowNoLongerSeesWhatWasBefore() {
    var audiences =
        AudienceSet.compile(
            Changes.definitions(
                1,
                "name: hour\nwhen: {event: Bought, within: 1h}\n",
                "name: ever\nwhen: {event: Bought, since: 2020-01-01}\n"));
    var hour = audiences.audience("hour").orElseThrow();
    assertThat(hour.completeFrom(NOW - 60 * MINUTE, NOW)).isEmpty();
    assertThat(hour.completeFrom(NOW - 50 * MINUTE, NOW)).hasValue(NOW + 10 * MINUTE);
    var ever = audiences.audience("ever").orElseThrow();
    assertThat(ever.completeFrom(0, NOW)).isEmpty();
    assertThat(ever.completeFrom(NOW - DAY, NOW)).hasValue(KnownHistory.NEVER);
  }
}
