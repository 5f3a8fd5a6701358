package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.PRO;
import static dev.attune.evaluator.Changes.QUIET;
import static dev.attune.evaluator.Changes.VIEWS;
import static dev.attune.evaluator.Changes.definitions;
import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Changes.merge;
import static dev.attune.evaluator.Changes.redirect;
import static dev.attune.evaluator.Rig.MINUTE;
import static dev.attune.evaluator.Rig.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.KnownHistory;
import dev.attune.core.audience.MissingHistory;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.EventHistory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What audiences do before and while events of the past are told, and once they have been. */
final class PastEventsTest {
  private static final String MORE_VIEWS =
      "name: views\nwhen: {event: Page Viewed, count: \">= 5\", within: 30m}\n";
  private static final String FEW_VIEWS =
      "name: few\nwhen: {event: Page Viewed, count: \">= 2\", within: 20m}\n";
  private static final String USER = "b".repeat(32);
  private static final String OTHER = "c".repeat(32);

  @TempDir Path directory;

  private static List<Cause> views(int first, int last) {
    return IntStream.rangeClosed(first, last)
        .mapToObj(i -> event("e" + i, "Page Viewed", "anonymous_id:x", START - i * MINUTE))
        .toList();
  }

  static void begin(Rig rig) {
    words(rig).forEach(rig::history);
    rig.pass(Rig.TICK);
  }

  private static List<EventHistory> words(Rig rig) {
    return MissingHistory.of(rig.current(), KnownHistory.NOTHING).told(0, START);
  }

  static void fill(Rig rig, long from) {
    for (EventHistory told : words(rig)) {
      rig.history(told.toBuilder().setFilled(true).setFromMicros(from).build());
    }
    // A walk over all profiles: a slice has room for one at least.
    rig.pass(Rig.TICK);
    rig.pass(Rig.TICK);
  }

  @Test
  void audience_thatCountsEvents_decidesOnceThoseOfThePastHaveBeenTold() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS, PRO))) {
      rig.send(live(USER, 1, Map.of("plan", "pro"), views(1, 1)));
      assertThat(rig.told()).containsExactly(USER + " +pro CHANGE");
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
      assertThat(rig.stage("pro")).isEqualTo(Stage.LIVE);
      begin(rig);
      assertThat(rig.stage("views")).isEqualTo(Stage.BACKFILLING);
      rig.send(live(USER, 2, Map.of("plan", "pro"), views(1, 3)));
      assertThat(rig.told()).isEmpty();
      fill(rig, 0);
      assertThat(rig.stage("views")).isEqualTo(Stage.LIVE);
      assertThat(rig.told()).containsExactly(USER + " +views DEFINITION");
      rig.pass(28 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " -views TIME");
    }
  }

  @Test
  void audience_ofThoseWhoDidNot_letsNobodyInWhileItIsNotKnownWhoDid() {
    try (Rig rig = Rig.waiting(directory, definitions(1, QUIET))) {
      rig.send(live(USER, 1, Map.of(), List.of()));
      rig.send(live(OTHER, 1, Map.of(), List.of()));
      begin(rig);
      rig.send(live(USER, 2, Map.of(), views(5, 5)));
      assertThat(rig.told()).isEmpty();
      fill(rig, 0);
      assertThat(rig.told()).containsExactly(OTHER + " +quiet DEFINITION");
      rig.pass(5 * MINUTE);
      assertThat(rig.told()).containsExactly(USER + " +quiet TIME");
    }
  }

  @Test
  void audience_thatNeedsMoreThanBefore_keepsItsMembersUntilThatIsTold() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS))) {
      begin(rig);
      fill(rig, 0);
      rig.send(live(USER, 1, Map.of(), views(1, 6)));
      rig.send(live(OTHER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE", OTHER + " +views CHANGE");
      rig.define(definitions(2, MORE_VIEWS));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      // Until when is not known any more.
      assertThat(rig.told())
          .containsExactly(USER + " +views REASSERTED", OTHER + " +views REASSERTED");
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
      begin(rig);
      rig.send(live(USER, 2, Map.of(), views(1, 6)));
      rig.send(live(OTHER, 2, Map.of(), views(1, 3)));
      assertThat(rig.told()).isEmpty();
      fill(rig, 0);
      // An end again.
      assertThat(rig.told())
          .containsExactly(USER + " +views REASSERTED", OTHER + " -views DEFINITION");
    }
  }

  @Test
  void audience_thatAsksForWhatIsKnown_decidesAtOnce() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS))) {
      begin(rig);
      fill(rig, 0);
      rig.send(live(USER, 1, Map.of(), views(1, 2)));
      rig.define(definitions(2, VIEWS, FEW_VIEWS));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(rig.stage("few")).isEqualTo(Stage.LIVE);
      assertThat(rig.told()).containsExactly(USER + " +few DEFINITION");
    }
  }

  @Test
  void audience_thatWasGoneMeanwhile_waitsAgain() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS))) {
      begin(rig);
      fill(rig, 0);
      rig.send(live(USER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
      rig.define(definitions(2, PRO));
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(USER + " -views DEFINITION");
      rig.define(definitions(3, VIEWS));
      rig.pass(Rig.TICK);
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
      rig.send(live(USER, 2, Map.of(), views(1, 3)));
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void end_whoseBeginningWasNotHeard_isNoEnd() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS))) {
      rig.send(live(USER, 1, Map.of(), views(1, 3)));
      fill(rig, 0);
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void end_ofLessThanIsNeededByNow_isNoEnd() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS))) {
      begin(rig);
      List<EventHistory> less = words(rig);
      rig.define(definitions(2, MORE_VIEWS));
      rig.pass(Rig.TICK);
      less.forEach(told -> rig.history(told.toBuilder().setFilled(true).build()));
      rig.pass(Rig.TICK);
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
    }
  }

  @Test
  void mergeMeanwhile_bringsWhatWasToldOfBoth() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS))) {
      begin(rig);
      rig.send(live(USER, 1, Map.of(), views(1, 2)));
      rig.send(live(OTHER, 1, Map.of(), views(3, 3)));
      rig.send(redirect(OTHER, 2, USER, List.of(merge(OTHER, USER))));
      rig.send(live(USER, 2, Map.of(), List.of(merge(OTHER, USER))));
      assertThat(rig.told()).isEmpty();
      fill(rig, 0);
      assertThat(rig.told()).containsExactly(USER + " +views DEFINITION");
    }
  }

  @Test
  void audience_whoseWindowIsLongerThanThePast_saysFromWhenItIsComplete() {
    String year = "name: year\nwhen: {event: Order Completed, since: 2025-01-01}\n";
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS, year, PRO))) {
      begin(rig);
      fill(rig, START - 10 * MINUTE);
      assertThat(rig.completeFrom("views")).hasValue(START + 20 * MINUTE);
      assertThat(rig.completeFrom("year")).hasValue(KnownHistory.NEVER);
      assertThat(rig.completeFrom("pro")).isEmpty();
      rig.send(live(USER, 1, Map.of("plan", "pro"), views(1, 3)));
      rig.send(
          live(
              USER,
              2,
              Map.of("plan", "pro"),
              List.of(event("o1", "Order Completed", "user_id:u", START))));
      assertThat(rig.transitions())
          .extracting(t -> t.getAudience() + " " + t.getCompleteFromMicros())
          .containsExactly("pro 0", "views " + (START + 20 * MINUTE), "year " + KnownHistory.NEVER);
      rig.pass(20 * MINUTE);
      assertThat(rig.completeFrom("views")).isEmpty();
      fill(rig, 0);
      assertThat(rig.completeFrom("year")).isEmpty();
    }
  }

  @Test
  void pause_keepsEverybodyWhereTheyAre_andItsEndTellsTheDifferenceOnce() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO))) {
      rig.send(live(USER, 1, Map.of("plan", "pro"), List.of()));
      rig.send(live(OTHER, 1, Map.of(), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +pro CHANGE");
      rig.define(Changes.paused("pro", 1, PRO));
      rig.pass(Rig.TICK);
      assertThat(rig.stage("pro")).isEqualTo(Stage.PAUSED);
      rig.send(live(USER, 2, Map.of(), List.of()));
      rig.send(live(OTHER, 2, Map.of("plan", "pro"), List.of()));
      rig.pass(Rig.TICK);
      assertThat(rig.told()).isEmpty();
      rig.define(definitions(1, PRO));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(rig.told())
          .containsExactlyInAnyOrder(USER + " -pro DEFINITION", OTHER + " +pro DEFINITION");
    }
  }

  @Test
  void consentThatIsTakenBack_endsTheMembership_alsoWhileItIsPaused() {
    String pro = PRO + "consent: marketing\n";
    Map<String, String> yes = Map.of("plan", "pro", "consent.marketing", "true");
    try (Rig rig = Rig.onWall(directory, definitions(1, pro))) {
      rig.send(live(USER, 1, yes, List.of()));
      assertThat(rig.told()).containsExactly(USER + " +pro CHANGE");
      rig.define(Changes.paused("pro", 1, pro));
      rig.pass(Rig.TICK);
      rig.send(live(USER, 2, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " -pro CHANGE");
      rig.send(live(USER, 3, yes, List.of()));
      assertThat(rig.told()).isEmpty();
      rig.define(definitions(1, pro));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(USER + " +pro DEFINITION");
    }
  }

  @Test
  void memberWhoIsMergedWhileItWaits_isOneAfterwards_whoeverComesFirst() {
    for (boolean moveFirst : List.of(true, false)) {
      Path own = directory.resolve("move-first-" + moveFirst);
      try (Rig rig = Rig.waiting(own, definitions(1, VIEWS))) {
        begin(rig);
        fill(rig, 0);
        rig.send(live(OTHER, 1, Map.of(), views(1, 5)));
        assertThat(rig.told()).containsExactly(OTHER + " +views CHANGE");
        rig.define(definitions(2, MORE_VIEWS));
        rig.pass(Rig.TICK);
        rig.pass(Rig.TICK);
        // Until when is not known any more.
        assertThat(rig.told()).containsExactly(OTHER + " +views REASSERTED");
        if (!moveFirst) {
          rig.send(live(USER, 1, Map.of(), List.of()));
        }
        rig.send(redirect(OTHER, 2, USER, List.of(merge(OTHER, USER))));
        rig.send(live(USER, 2, Map.of(), List.of(merge(OTHER, USER))));
        assertThat(rig.told())
            .containsExactlyInAnyOrder(OTHER + " -views MERGED", USER + " +views CHANGE");
        begin(rig);
        rig.send(live(USER, 3, Map.of(), views(1, 5)));
        fill(rig, 0);
        assertThat(rig.told()).containsExactly(USER + " +views REASSERTED");
      }
    }
  }

  @Test
  void resumeBeforeAllWereVisited_stillAsksEverybody() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO))) {
      rig.send(live(USER, 1, Map.of(), List.of()));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      // Decided while it was paused, and no look at all in between.
      rig.define(Changes.paused("pro", 1, PRO));
      rig.send(live(USER, 2, Map.of("plan", "pro"), List.of()));
      rig.define(definitions(1, PRO));
      assertThat(rig.told()).isEmpty();
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(USER + " +pro DEFINITION");
    }
  }

  @Test
  void wordThatIsReadUnderLess_promisesNoMore() {
    try (Rig rig = Rig.waiting(directory, definitions(1, MORE_VIEWS))) {
      List<EventHistory> more = words(rig);
      rig.define(definitions(2, VIEWS));
      more.forEach(rig::history);
      more.forEach(told -> rig.history(told.toBuilder().setFilled(true).build()));
      rig.pass(Rig.TICK);
      assertThat(rig.stage("views")).isEqualTo(Stage.LIVE);
      rig.define(definitions(3, MORE_VIEWS));
      rig.pass(Rig.TICK);
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
    }
  }

  @Test
  void memberWhoseConsentComesBehindTheMerge_isOneStill() {
    String pro = PRO + "consent: marketing\n";
    Map<String, String> yes = Map.of("plan", "pro", "consent.marketing", "true");
    try (Rig rig = Rig.onWall(directory, definitions(1, pro))) {
      rig.send(live(OTHER, 1, yes, List.of()));
      rig.send(live(USER, 1, Map.of(), List.of()));
      assertThat(rig.told()).containsExactly(OTHER + " +pro CHANGE");
      rig.define(Changes.paused("pro", 1, pro));
      rig.send(redirect(OTHER, 2, USER, List.of(merge(OTHER, USER))));
      assertThat(rig.told()).containsExactly(OTHER + " -pro MERGED");
      rig.send(live(USER, 2, yes, List.of(merge(OTHER, USER))));
      assertThat(rig.told()).containsExactly(USER + " +pro CHANGE");
    }
  }

  @Test
  void consentOfAnAudienceThatItAsksFor_endsItToo_whileItIsPaused() {
    String mail = "name: mail\nconsent: marketing\nwhen: {trait: traits.plan == \"pro\"}\n";
    String both = "name: both\nwhen: {audience: mail}\n";
    Map<String, String> yes = Map.of("plan", "pro", "consent.marketing", "true");
    try (Rig rig = Rig.onWall(directory, definitions(1, mail, both))) {
      rig.send(live(USER, 1, yes, List.of()));
      assertThat(rig.told())
          .containsExactlyInAnyOrder(USER + " +mail CHANGE", USER + " +both CHANGE");
      rig.define(Changes.paused("both", 1, mail, both));
      rig.send(live(USER, 2, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told())
          .containsExactlyInAnyOrder(USER + " -mail CHANGE", USER + " -both CHANGE");
    }
  }

  @Test
  void oldWordsThatANewStateReads_promiseNoMoreThanTheLogHas() {
    try (Rig rig = Rig.waiting(directory, definitions(1, VIEWS))) {
      rig.historyWrittenAt(START - 30L * 24 * 60 * MINUTE, words(rig));
      rig.historyWrittenAt(
          START - 30L * 24 * 60 * MINUTE,
          words(rig).stream().map(told -> told.toBuilder().setFilled(true).build()).toList());
      rig.pass(Rig.TICK);
      assertThat(rig.stage("views")).isEqualTo(Stage.LIVE);
      // Its window is shorter than what the log has for certain.
      assertThat(rig.completeFrom("views")).isEmpty();
      String month = "name: month\nwhen: {event: Page Viewed, count: \">= 3\", within: 30d}\n";
      rig.define(definitions(2, VIEWS, month));
      rig.historyWrittenAt(START - 20L * 24 * 60 * MINUTE, words(rig));
      rig.historyWrittenAt(
          START - 20L * 24 * 60 * MINUTE,
          words(rig).stream().map(told -> told.toBuilder().setFilled(true).build()).toList());
      rig.pass(Rig.TICK);
      assertThat(rig.completeFrom("month")).hasValue(START + 23L * 24 * 60 * MINUTE);
    }
  }
}
