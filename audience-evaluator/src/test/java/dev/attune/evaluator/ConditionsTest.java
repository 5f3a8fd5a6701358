package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.PRO;
import static dev.attune.evaluator.Changes.VIEWS;
import static dev.attune.evaluator.Changes.at;
import static dev.attune.evaluator.Changes.definitions;
import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Changes.merge;
import static dev.attune.evaluator.Changes.redirect;
import static dev.attune.evaluator.Rig.MINUTE;
import static dev.attune.evaluator.Rig.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Cause;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each kind of condition makes the evaluator do. */
final class ConditionsTest {
  private static final String RENEWS = "name: renews\nwhen: {date: renews_at, next: 30m}\n";
  private static final String RENEWED = "name: renewed\nwhen: {date: renews_at, last: 30m}\n";
  private static final String LARGE =
      "name: large\nwhen: {event: Order Completed, where: properties.total >= 100, within: 1h}\n";
  private static final String BOTH =
      "name: both\nwhen: {all: [{audience: views}, {audience: pro}]}\n";

  private static final String ANON = "a".repeat(32);
  private static final String USER = "b".repeat(32);

  @TempDir Path directory;

  private static Map<String, String> renewsAt(long micros) {
    return Map.of("renews_at", at(micros));
  }

  @Test
  void date_thatComesNearAndPasses_entersAndLeavesByTimeAlone() {
    try (Rig rig = Rig.onWall(directory, definitions(1, RENEWS, RENEWED))) {
      rig.send(live(USER, 1, renewsAt(START + 60 * MINUTE), List.of()));
      rig.pass(30 * MINUTE);
      assertThat(rig.told()).isEmpty();
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(USER + " +renews TIME");
      rig.pass(30 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " +renewed TIME", USER + " -renews TIME");
      rig.pass(30 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " -renewed TIME");
    }
  }

  @Test
  void date_thatIsMoved_countsFromThenOn() {
    try (Rig rig = Rig.onWall(directory, definitions(1, RENEWS))) {
      rig.send(live(USER, 1, renewsAt(START + 10 * MINUTE), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +renews CHANGE");
      rig.send(live(USER, 2, renewsAt(START + 90 * MINUTE), List.of()));
      assertThat(rig.told()).containsExactly(USER + " -renews CHANGE");
      rig.pass(60 * MINUTE);
      assertThat(rig.told()).isEmpty();
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(USER + " +renews TIME");
      rig.send(live(USER, 3, Map.of(), List.of()));
      assertThat(rig.told()).containsExactly(USER + " -renews CHANGE");
    }
  }

  @Test
  void audienceOfDates_thatIsDefinedLater_entersWhoeverIsNearByThen() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO))) {
      rig.send(live(USER, 1, renewsAt(START + 60 * MINUTE), List.of()));
      rig.define(definitions(2, RENEWS));
      // A walk over all profiles: a slice has room for one at least.
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(rig.told()).isEmpty();
      rig.pass(30 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " +renews TIME");
    }
  }

  @Test
  void events_whosePropertiesDoNotFit_areNotCounted_alsoAfterAMerge() {
    try (Rig rig = Rig.onWall(directory, definitions(1, LARGE))) {
      rig.send(live(ANON, 1, Map.of(), List.of(order("e1", 99.5))));
      assertThat(rig.told()).isEmpty();
      rig.send(live(ANON, 2, Map.of(), List.of(order("e2", 100))));
      assertThat(rig.told()).containsExactly(ANON + " +large CHANGE");
      rig.send(redirect(ANON, 3, USER, List.of(merge(ANON, USER))));
      rig.send(live(USER, 1, Map.of(), List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(ANON + " -large MERGED", USER + " +large CHANGE");
      rig.pass(60 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " -large TIME");
    }
  }

  @Test
  void eventBetweenTwoAges_entersAndLeavesByTimeAlone() {
    String ago = "name: ago\nwhen: {event: Order Completed, ago: [10m, 40m]}\n";
    try (Rig rig = Rig.onWall(directory, definitions(1, ago))) {
      rig.send(live(USER, 1, Map.of(), List.of(order("e1", 1))));
      rig.pass(10 * MINUTE - Rig.TICK);
      assertThat(rig.told()).isEmpty();
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(USER + " +ago TIME");
      rig.pass(30 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " -ago TIME");
    }
  }

  @Test
  void sum_ofWhatTwoProfilesSpent_entersWhoeverTheyBecome_untilTimeTakesOneAway() {
    String spent =
        "name: spent\nwhen: {event: Order Completed, sum: properties.total >= 100, within: 1h}\n";
    try (Rig rig = Rig.onWall(directory, definitions(1, spent))) {
      rig.send(live(ANON, 1, Map.of(), List.of(order("e1", 60.5))));
      rig.pass(30 * MINUTE);
      rig.send(
          live(
              USER,
              1,
              Map.of(),
              List.of(event("e2", "Order Completed", START + 30 * MINUTE, "total", 39.5))));
      assertThat(rig.told()).isEmpty();
      rig.send(redirect(ANON, 3, USER, List.of(merge(ANON, USER))));
      rig.send(live(USER, 2, Map.of(), List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(USER + " +spent CHANGE");
      rig.pass(30 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " -spent TIME");
    }
  }

  private static Cause order(String id, double total) {
    return event(id, "Order Completed", START, "total", total);
  }

  @Test
  void audienceOfAudiences_followsThem() {
    Definitions all = definitions(1, BOTH, PRO, VIEWS);
    try (Rig rig = Rig.onWall(directory, all)) {
      rig.send(live(USER, 1, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +pro CHANGE");
      rig.send(live(USER, 2, Map.of("plan", "pro"), views()));
      assertThat(rig.told()).containsExactly(USER + " +both CHANGE", USER + " +views CHANGE");
      rig.send(live(USER, 3, Map.of("plan", "free"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " -both CHANGE", USER + " -pro CHANGE");
      rig.send(live(USER, 4, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +both CHANGE", USER + " +pro CHANGE");
      rig.pass(30 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " -both TIME", USER + " -views TIME");
    }
  }

  // Who was never in it, has no ring and no date: nothing but the change named the audience.
  @Test
  void changeWhileTheClockIsNotKnown_isDecidedOnceItIs() throws Exception {
    AudienceSet set =
        AudienceSet.compile(
            definitions(
                1,
                """
                name: loyal
                when: {all: [{trait: traits.plan == "pro"}, {not: {event: Refunded, within: 1h}}]}
                """));
    var inForce = new InForce(set, Optional.empty(), Map.of(), Map.of(), Map.of());
    var state = new ProfileState(set);
    Now known = new Now(START, START, false);
    Now unknown = new Now(Now.UNKNOWN, START, false);
    var out = new Outbox();
    new Steps(inForce, USER, state, known, out)
        .change(live(USER, 1, Map.of("plan", "free"), List.of()).getChanged());
    // As after a restart that finds more partitions of the events than before.
    new Steps(inForce, USER, state, unknown, out)
        .change(live(USER, 2, Map.of("plan", "pro"), List.of()).getChanged());
    assertThat(out.transitions()).isEmpty();
    assertThat(state.dueMicros()).isEqualTo(Decider.AT_ONCE);
    new Steps(inForce, USER, state, known, out).due();
    assertThat(out.transitions())
        .singleElement()
        .satisfies(entered -> assertThat(entered.getAudience()).isEqualTo("loyal"));
  }

  @Test
  void where_thatIsAskedForAgain_beginsAnewForEverybody() {
    String other = LARGE.replace("100", "200");
    try (Rig rig = Rig.onWall(directory, definitions(1, LARGE))) {
      rig.send(live(ANON, 1, Map.of(), List.of(order("e1", 100))));
      assertThat(rig.told()).containsExactly(ANON + " +large CHANGE");
      for (Definitions next : List.of(definitions(2, other), definitions(3, LARGE))) {
        rig.define(next);
        rig.pass(Rig.TICK);
        rig.pass(Rig.TICK);
      }
      assertThat(rig.told()).containsExactly(ANON + " -large DEFINITION");
      rig.send(live(ANON, 2, Map.of(), List.of(order("e2", 150))));
      assertThat(rig.told()).containsExactly(ANON + " +large CHANGE");
    }
  }

  private static List<Cause> views() {
    return List.of(
        event("v1", "Page Viewed", "anonymous_id:x", START),
        event("v2", "Page Viewed", "anonymous_id:x", START),
        event("v3", "Page Viewed", "anonymous_id:x", START));
  }
}
