package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.CHURN;
import static dev.attune.evaluator.Changes.PRO;
import static dev.attune.evaluator.Changes.QUIET;
import static dev.attune.evaluator.Changes.VIEWS;
import static dev.attune.evaluator.Changes.definitions;
import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.group;
import static dev.attune.evaluator.Changes.listed;
import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Changes.member;
import static dev.attune.evaluator.Changes.merge;
import static dev.attune.evaluator.Changes.redirect;
import static dev.attune.evaluator.Changes.split;
import static dev.attune.evaluator.Rig.MINUTE;
import static dev.attune.evaluator.Rig.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.RowCause;
import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Transition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EvaluatorTopologyTest {
  private static final String ANON = "a".repeat(32);
  private static final String USER = "b".repeat(32);
  private static final String OTHER = "c".repeat(32);
  private static final String X = "anonymous_id:x";
  private static final Map<String, String> NONE = Map.of();

  @TempDir Path directory;

  private static Cause view(String id, long micros) {
    return event(id, "Page Viewed", X, micros);
  }

  // A slice has room for one profile at least; there are two.
  private static void walk(Rig rig) {
    rig.pass(Rig.TICK);
    rig.pass(Rig.TICK);
  }

  private static ProfileChange threeViews() {
    return live(
        ANON,
        1,
        NONE,
        List.of(
            view("e1", START - 3 * MINUTE),
            view("e2", START - 2 * MINUTE),
            view("e3", START - MINUTE)));
  }

  @Test
  void count_reached_enters_andTimeEndsIt() {
    try (Rig rig = Rig.onWall(directory, definitions(7, VIEWS))) {
      rig.send(live(ANON, 1, NONE, List.of(view("e1", START - 3 * MINUTE))));
      rig.send(live(ANON, 2, NONE, List.of(view("e2", START - 2 * MINUTE))));
      assertThat(rig.told()).isEmpty();
      rig.send(live(ANON, 3, NONE, List.of(view("e3", START - MINUTE))));
      Transition entered = rig.transitions().getFirst();
      assertThat(entered.getEntered()).isTrue();
      assertThat(entered.getReason()).isEqualTo(Transition.Reason.CHANGE);
      assertThat(entered.getValidUntilMicros()).isEqualTo(START + 27 * MINUTE);
      assertThat(entered.getAtMicros()).isEqualTo(START);
      assertThat(entered.getVersion()).isEqualTo(1);
      assertThat(entered.getDefinitionVersion()).isEqualTo(7);
      assertThat(entered.getEvidenceList()).hasSize(3).allMatch(e -> e.matches("[0-9a-f]{14}"));
      rig.pass(27 * MINUTE - 1);
      assertThat(rig.told()).isEmpty();
      rig.pass(Rig.TICK);
      Transition exited = rig.transitions().getFirst();
      assertThat(exited.getEntered()).isFalse();
      assertThat(exited.getReason()).isEqualTo(Transition.Reason.TIME);
      assertThat(exited.getVersion()).isEqualTo(2);
      assertThat(exited.getGeneration()).isEqualTo(entered.getGeneration());
    }
  }

  // A company would be told as a member to whoever writes to people.
  @Test
  void group_isInNoAudience_whateverItsTraits() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO, QUIET))) {
      rig.send(group(1, Map.of("plan", "pro")));
      rig.send(group(2, Map.of("plan", "free")));
      rig.send(group(3, Map.of("plan", "pro")));
      rig.pass(60 * MINUTE);
      assertThat(rig.told()).isEmpty();
      rig.send(live(ANON, 1, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told()).isNotEmpty();
    }
  }

  @Test
  void notPerformed_onceItsOnlyEventLeavesTheWindow_entersByTimeAlone() {
    // The event's ring is empty from that very instant on: nothing else would name the audience.
    try (Rig rig = Rig.onWall(directory, definitions(1, QUIET))) {
      rig.send(live(ANON, 1, NONE, List.of(view("e1", START - 3 * MINUTE))));
      assertThat(rig.told()).isEmpty();
      rig.pass(7 * MINUTE - 1);
      assertThat(rig.told()).isEmpty();
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANON + " +quiet TIME");
    }
  }

  @Test
  void notPerformed_bySomebodyWhoNeverDid_holdsFromTheFirstSight() {
    try (Rig rig = Rig.onWall(directory, definitions(1, QUIET))) {
      rig.send(live(ANON, 1, NONE, List.of(event("e1", "Other", "anonymous_id:x", START))));
      assertThat(rig.told()).containsExactly(ANON + " +quiet CHANGE");
    }
  }

  @Test
  void pipelineThatLags_exitsNobodyEarly() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      assertThat(rig.told()).containsExactly(ANON + " +views CHANGE");
      rig.watermark(0, 1, START + 20 * MINUTE);
      rig.advance(60 * MINUTE);
      assertThat(rig.told()).isEmpty();
      // An event that the lag held back.
      rig.send(live(ANON, 2, NONE, List.of(view("e4", START + 25 * MINUTE))));
      assertThat(rig.told()).containsExactly(ANON + " +views REASSERTED");
      rig.watermark(0, 1, START + 28 * MINUTE - 1);
      rig.advance(MINUTE);
      assertThat(rig.told()).isEmpty();
      rig.watermark(0, 1, START + 61 * MINUTE);
      rig.advance(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANON + " -views TIME");
    }
  }

  @Test
  void clock_beforeEveryPartitionHasAWatermark_decidesNothingAboutTime() {
    try (Rig rig =
        new Rig(directory, EvaluatorConfig.Clock.WALL, true, definitions(1, VIEWS, QUIET, PRO))) {
      rig.watermark(0, 2, START);
      rig.send(live(ANON, 1, Map.of("plan", "pro"), List.of(view("e1", START - 20 * MINUTE))));
      // What does not look at time need not wait.
      assertThat(rig.told()).containsExactly(ANON + " +pro CHANGE");
      rig.advance(MINUTE);
      assertThat(rig.told()).isEmpty();
      rig.watermark(1, 2, START);
      rig.advance(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANON + " +quiet CHANGE");
    }
  }

  @Test
  void causes_thatComeAgain_changeNothing() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(live(ANON, 1, NONE, List.of(view("e1", START), view("e2", START))));
      for (int i = 0; i < 5; i++) {
        rig.send(live(ANON, 1, NONE, List.of(view("e1", START), view("e2", START))));
      }
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void copies_thatSeemToHappenLater_enterNobodyAgain() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      rig.pass(40 * MINUTE);
      assertThat(rig.told()).containsExactly(ANON + " +views CHANGE", ANON + " -views TIME");
      for (long later : new long[] {40 * MINUTE, 6 * 24 * 60 * MINUTE}) {
        rig.pass(later - 40 * MINUTE);
        rig.send(
            live(
                ANON,
                1,
                NONE,
                List.of(
                    view("e1", START + later),
                    view("e2", START + later),
                    view("e3", START + later))));
      }
      assertThat(rig.told()).isEmpty();
      assertThat(rig.duplicates("recognised")).isEqualTo(6);
      assertThat(rig.duplicates("late")).isZero();
    }
  }

  @Test
  void copies_afterAMerge_enterNobodyAgain() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      rig.pass(40 * MINUTE);
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      rig.send(live(USER, 3, NONE, List.of(merge(ANON, USER))));
      rig.told();
      long later = START + 40 * MINUTE;
      rig.send(
          live(USER, 4, NONE, List.of(view("e1", later), view("e2", later), view("e3", later))));
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void copies_thatReachAProfileBeforeWhatWasMergedIntoIt_countAtTheEarlierTime() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      rig.pass(40 * MINUTE);
      rig.told();
      long later = START + 40 * MINUTE;
      rig.send(
          live(USER, 4, NONE, List.of(view("e1", later), view("e2", later), view("e3", later))));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(USER + " -views CHANGE");
    }
  }

  @Test
  void event_olderThanCopiesAreRemembered_isCountedAsLate() {
    String ever = "name: ever\nwhen: {event: Page Viewed, within: 30d}\n";
    try (Rig rig = Rig.onWall(directory, definitions(1, ever))) {
      Cause old = view("old", START - 8 * 24 * 60 * MINUTE);
      Cause received =
          old.toBuilder().setEvent(old.getEvent().toBuilder().setReceivedAtMicros(START)).build();
      rig.send(live(ANON, 1, NONE, List.of(received)));
      assertThat(rig.told()).containsExactly(ANON + " +ever CHANGE");
      assertThat(rig.duplicates("late")).isEqualTo(1);
      assertThat(rig.duplicates("recognised")).isZero();
    }
  }

  @Test
  void traits_ofAnOlderRecord_areNotTaken() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO))) {
      rig.send(live(USER, 5, Map.of("plan", "pro"), List.of()));
      rig.send(live(USER, 4, Map.of("plan", "free"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +pro CHANGE");
      rig.send(live(USER, 6, NONE, List.of()));
      assertThat(rig.told()).containsExactly(USER + " -pro CHANGE");
    }
  }

  @Test
  void consent_thatIsMissing_keepsOut() {
    String consented = "name: mail\nconsent: marketing\nwhen: {trait: traits.plan == \"pro\"}\n";
    try (Rig rig = Rig.onWall(directory, definitions(1, consented))) {
      rig.send(live(USER, 1, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told()).isEmpty();
      rig.send(live(USER, 2, Map.of("plan", "pro", "consent.marketing", "true"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +mail CHANGE");
      rig.send(live(USER, 3, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " -mail CHANGE");
    }
  }

  @Test
  void memberOfAWarehouseTable_entersAndLeavesWithItsRow() {
    try (Rig rig = Rig.onWall(directory, definitions(1, CHURN))) {
      rig.send(live(USER, 1, NONE, listed("churn", 0), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +churn CHANGE");
      rig.send(live(USER, 2, Map.of("plan", "pro"), listed("churn", 0), List.of()));
      assertThat(rig.told()).isEmpty();
      rig.send(live(USER, 3, NONE, List.of()));
      assertThat(rig.told()).containsExactly(USER + " -churn CHANGE");
    }
  }

  @Test
  void memberOfAWarehouseTable_isOneSinceTheTableSays_butNotLaterThanNow() {
    try (Rig rig = Rig.onWall(directory, definitions(1, CHURN))) {
      rig.send(live(USER, 1, NONE, listed("churn", 77), List.of()));
      rig.send(live(ANON, 1, NONE, listed("churn", START + MINUTE), List.of()));
      assertThat(rig.transitions())
          .extracting(Transition::getSinceMicros)
          .containsExactly(77L, START);
    }
  }

  // The model may be published after its first rows came, e.g. by another process.
  @Test
  void memberThatCameBeforeTheAudience_entersWithIt_andLeavesWithIt() {
    try (Rig rig = Rig.onWall(directory, definitions(1))) {
      rig.send(live(USER, 1, NONE, listed("churn", 0), List.of()));
      assertThat(rig.told()).isEmpty();
      rig.define(definitions(2, CHURN));
      rig.send(live(USER, 2, NONE, listed("churn", 0), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +churn DEFINITION");
      rig.define(definitions(3));
      rig.send(live(USER, 3, NONE, listed("churn", 0), List.of()));
      assertThat(rig.told()).containsExactly(USER + " -churn DEFINITION");
    }
  }

  // Readers tell a recompute from what happens to people, and how much of an audience it moves.
  @Test
  void transition_saysWhatRecomputedIt_andHowManyBelongedBefore() {
    try (Rig rig = Rig.onWall(directory, definitions(1, CHURN))) {
      Cause row =
          Cause.newBuilder().setRow(RowCause.newBuilder().setModel("churn").setRunId("r7")).build();
      rig.send(live(USER, 1, NONE, listed("churn", 0), List.of(row)));
      rig.send(live(ANON, 1, NONE, listed("churn", 0), List.of(row)));
      rig.send(live(USER, 2, NONE, Facts.getDefaultInstance(), List.of()));
      assertThat(rig.transitions())
          .extracting(Transition::getBatch, Transition::getMembersBefore)
          .containsExactly(tuple("model/churn/r7", 0L), tuple("model/churn/r7", 1L), tuple("", 0L));
      rig.define(definitions(2));
      rig.pass(Rig.TICK);
      assertThat(rig.transitions())
          .extracting(Transition::getBatch, Transition::getMembersBefore)
          .containsExactly(tuple("definition/1", 1L));
    }
  }

  @Test
  void traitThatIsCalledLikeAMembership_makesNobodyAMember() {
    try (Rig rig = Rig.onWall(directory, definitions(1, CHURN))) {
      rig.send(live(USER, 1, Map.of("#member/churn", "true", "#member", "true"), List.of()));
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void memberOfAWarehouseTable_withoutConsent_staysOut() {
    try (Rig rig = Rig.onWall(directory, definitions(1, CHURN + "consent: marketing\n"))) {
      rig.send(live(USER, 1, NONE, listed("churn", 0), List.of()));
      assertThat(rig.told()).isEmpty();
      rig.send(live(USER, 2, Map.of("consent.marketing", "true"), listed("churn", 0), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +churn CHANGE");
    }
  }

  @Test
  void anonymousViews_thenALogin_enterTheIdentifiedPerson() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      assertThat(rig.told()).containsExactly(ANON + " +views CHANGE");
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(ANON + " -views MERGED");
      rig.send(live(USER, 3, NONE, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
    }
  }

  @Test
  void anonymousViews_thenALogin_whoseOwnChangeComesFirst() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      rig.send(live(USER, 3, NONE, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(ANON + " +views CHANGE");
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      List<Transition> told = rig.transitions();
      assertThat(told)
          .extracting(t -> t.getProfileId() + t.getEntered())
          .containsExactly(ANON + false, USER + true);
      assertThat(told.get(1).getVersion()).isGreaterThan(told.getFirst().getVersion());
    }
  }

  @Test
  void lateEvent_ofARedirectedProfile_countsForTheOtherOne() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(live(USER, 1, NONE, List.of(view("e1", START), view("e2", START))));
      rig.send(redirect(ANON, 2, USER, List.of()));
      assertThat(rig.told()).isEmpty();
      rig.send(redirect(ANON, 2, USER, List.of(view("e3", START))));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
    }
  }

  @Test
  void split_takesTheEventsBack() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      rig.send(live(USER, 3, NONE, List.of(merge(ANON, USER))));
      rig.told();
      rig.send(live(USER, 4, NONE, List.of(split(USER, ANON, "anonymous_id:x"))));
      assertThat(rig.told()).containsExactly(USER + " -views CHANGE");
      rig.send(live(ANON, 5, NONE, List.of(split(USER, ANON, "anonymous_id:x"))));
      assertThat(rig.told()).containsExactly(ANON + " +views CHANGE");
    }
  }

  @Test
  void splitAndMergeAgain_bringTheEventsBack() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      rig.send(live(USER, 3, NONE, List.of(merge(ANON, USER))));
      rig.send(live(USER, 4, NONE, List.of(split(USER, ANON, "anonymous_id:x"))));
      rig.told();
      // The record that ended the redirect is overtaken by the one that makes it again.
      rig.send(redirect(ANON, 6, USER, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
    }
  }

  @Test
  void profileThatFallsApart_leavesToEachWhatTheirIdentifiersBrought() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(threeViews());
      rig.send(
          live(
              ANON,
              2,
              NONE,
              List.of(
                  event("e4", "Page Viewed", "anonymous_id:y", START),
                  event("e5", "Page Viewed", "anonymous_id:y", START))));
      rig.send(live(USER, 3, NONE, List.of()));
      rig.send(live(OTHER, 3, NONE, List.of()));
      rig.told();
      // Whichever way round the causes stand.
      rig.send(redirect(ANON, 4, USER, List.of(merge(ANON, USER), split(ANON, OTHER, X))));
      assertThat(rig.told()).containsExactly(ANON + " -views MERGED", OTHER + " +views CHANGE");
      // What came late goes to whom the identifier belongs to, too.
      rig.send(
          redirect(ANON, 4, USER, List.of(event("e6", "Page Viewed", "anonymous_id:y", START))));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
    }
  }

  @Test
  void eventOfAnOvertakenWriter_followsItsIdentifier() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(live(USER, 3, NONE, List.of(view("e1", START), view("e2", START))));
      rig.send(live(ANON, 4, NONE, List.of(split(USER, ANON, X))));
      rig.send(live(USER, 5, NONE, List.of(split(USER, ANON, X))));
      assertThat(rig.told()).isEmpty();
      rig.send(live(USER, 3, NONE, List.of(view("e3", START))));
      assertThat(rig.told()).containsExactly(ANON + " +views CHANGE");
      // Back, it is theirs again.
      rig.send(live(USER, 6, NONE, List.of(split(ANON, USER, X))));
      rig.send(live(ANON, 7, NONE, List.of(split(ANON, USER, X))));
      assertThat(rig.told()).containsExactly(ANON + " -views CHANGE", USER + " +views CHANGE");
      rig.send(live(USER, 8, NONE, List.of(view("e4", START))));
      rig.send(live(ANON, 9, NONE, List.of()));
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void eventsOfAMove_whoseIdentifierHasLeft_followIt() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(live(USER, 1, NONE, List.of()));
      rig.send(live(OTHER, 1, NONE, List.of()));
      // The user's change comes first: what they give away has not come to them yet.
      rig.send(threeViews());
      rig.send(live(USER, 9, NONE, List.of(split(USER, OTHER, X))));
      assertThat(rig.told()).containsExactly(ANON + " +views CHANGE");
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(ANON + " -views MERGED", OTHER + " +views CHANGE");
    }
  }

  @Test
  void whatIsMergedIntoAProfileThatWasARedirect_waitsUntilItIsNone() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(redirect(USER, 2, OTHER, List.of()));
      rig.send(live(OTHER, 2, NONE, List.of()));
      rig.send(threeViews());
      rig.told();
      rig.send(redirect(ANON, 6, USER, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(ANON + " -views MERGED");
      rig.send(live(USER, 5, NONE, List.of(merge(ANON, USER))));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
    }
  }

  @Test
  void definitions_thatChange_areAppliedToEverybody() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS, PRO))) {
      rig.send(threeViews());
      rig.send(live(USER, 1, Map.of("plan", "pro"), List.of()));
      rig.told();
      rig.define(
          definitions(
              2,
              PRO,
              "name: free\nwhen: {not: {trait: traits.plan == \"pro\"}}\n",
              "name: two\nwhen: {event: Page Viewed, count: \">= 2\", within: 30m}\n"));
      walk(rig);
      assertThat(rig.told())
          .containsExactlyInAnyOrder(
              ANON + " -views DEFINITION", ANON + " +free DEFINITION", ANON + " +two DEFINITION");
      // Taking a definition away lowers the newest version; that is a change too.
      rig.define(definitions(1, PRO));
      walk(rig);
      assertThat(rig.told())
          .containsExactlyInAnyOrder(ANON + " -free DEFINITION", ANON + " -two DEFINITION");
    }
  }

  @Test
  void state_thatWasLost_entersNobodyTwice() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO))) {
      long generation = START + 5;
      rig.send(live(USER, 9, Map.of("plan", "pro"), member("pro", generation, 17, 0), List.of()));
      assertThat(rig.told()).isEmpty();
      rig.send(live(USER, 10, Map.of("plan", "free"), member("pro", generation, 17, 0), List.of()));
      Transition exited = rig.transitions().getFirst();
      assertThat(exited.getEntered()).isFalse();
      assertThat(exited.getGeneration()).isGreaterThan(generation);
    }
  }

  @Test
  void membershipOfAnAudienceThatIsGone_ends() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO))) {
      rig.send(live(USER, 9, NONE, member("gone", 3, 17, 0), List.of()));
      assertThat(rig.told()).containsExactly(USER + " -gone DEFINITION");
    }
  }

  @Test
  void laterEnd_ofALongMembership_isToldInTimeAndNotEachTime() {
    String days = "name: days\nwhen: {event: Page Viewed, count: \">= 1\", within: 30d}\n";
    long day = 24 * 60 * MINUTE;
    try (Rig rig = Rig.onWall(directory, definitions(1, days))) {
      rig.send(live(ANON, 1, NONE, List.of(view("e0", START))));
      long told = rig.transitions().getFirst().getValidUntilMicros();
      int reasserted = 0;
      for (int i = 1; i <= 100; i++) {
        rig.pass(day);
        rig.send(live(ANON, i + 1, NONE, List.of(view("e" + i, START + i * day))));
        for (Transition t : rig.transitions()) {
          assertThat(t.getReason()).isEqualTo(Transition.Reason.REASSERTED);
          assertThat(t.getEntered()).isTrue();
          told = t.getValidUntilMicros();
          reasserted++;
        }
        assertThat(told).isGreaterThan(START + i * day + 60 * MINUTE);
      }
      assertThat(reasserted).isBetween(4, 12);
      rig.pass(31 * day);
      assertThat(rig.told().getLast()).isEqualTo(ANON + " -days TIME");
    }
  }

  @Test
  void ticks_alone_moveTheTimeOfAJob() {
    long then = 852_076_800_000_000L; // 1997
    try (Rig rig =
        new Rig(directory, EvaluatorConfig.Clock.TICKS, true, definitions(1, VIEWS, PRO))) {
      rig.send(
          live(
              ANON,
              1,
              Map.of("plan", "pro"),
              List.of(view("e1", then), view("e2", then), view("e3", then))));
      rig.advance(60 * MINUTE);
      assertThat(rig.told()).isEmpty();
      rig.watermark(0, 1, then + MINUTE);
      List<Transition> entered = rig.transitions();
      assertThat(entered).extracting(Transition::getAudience).containsExactly("pro", "views");
      assertThat(entered).allMatch(t -> t.getAtMicros() == then + MINUTE);
      rig.watermark(0, 1, then + 30 * MINUTE);
      assertThat(rig.told()).containsExactly(ANON + " -views TIME");
    }
  }

  @Test
  void eventsThatNeverMetInOneWindow_enterNobody_whileTheClockStandsBehind() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(
          live(
              ANON,
              1,
              NONE,
              List.of(
                  view("e1", START - 29 * MINUTE),
                  view("e2", START),
                  view("e3", START + 2 * MINUTE))));
      assertThat(rig.told()).isEmpty();
      rig.pass(3 * MINUTE);
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void poison_goesToTheDeadLetters_andTheRestGoesOn() {
    try (Rig rig = Rig.onWall(directory, definitions(1, PRO))) {
      rig.sendBytes(USER, "not a message".getBytes(StandardCharsets.UTF_8));
      rig.sendBytes("other key", live(USER, 1, NONE, List.of()).toByteArray());
      rig.sendMoveBytes(USER, new byte[] {1, 2, 3});
      rig.sendBytes("~watermark/0", Changes.watermark(4, 2, 1).toByteArray());
      rig.send(live(USER, 1, Map.of("plan", "pro"), List.of()));
      assertThat(rig.told()).containsExactly(USER + " +pro CHANGE");
      assertThat(rig.deadLetters)
          .extracting(letter -> letter.getTopic() + " " + letter.getReason())
          .containsExactly(
              "attune.profile-changes the bytes are not a message of this topic",
              "attune.profile-changes the key is not the record's profile id",
              "attune.evaluator-moves the bytes are not a message of this topic",
              "attune.profile-changes watermark: partition 4 of 2");
    }
  }

  @Test
  void redirects_inACircle_endInTheDeadLetters() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.send(redirect(ANON, 2, USER, List.of()));
      rig.send(redirect(USER, 2, ANON, List.of()));
      rig.send(redirect(USER, 2, ANON, List.of(view("e1", START))));
      assertThat(rig.deadLetters)
          .extracting(dev.attune.proto.v1.DeadLetter::getReason)
          .containsExactly(
              "a move followed more than 8 redirects or departures: they form a circle");
    }
  }

  @Test
  void moveToAProfileNotYetSeen_waitsForItsRecord() {
    try (Rig rig = Rig.onWall(directory, definitions(1, VIEWS))) {
      rig.sendMoveBytes(
          USER,
          StateMove.newBuilder()
              .setFromProfileId(ANON)
              .setIntoProfileId(USER)
              .addEvents(view("e1", START).getEvent())
              .addEvents(view("e2", START).getEvent())
              .addEvents(view("e3", START).getEvent())
              .build()
              .toByteArray());
      assertThat(rig.told()).isEmpty();
      rig.send(live(USER, 1, NONE, List.of()));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
    }
  }
}
