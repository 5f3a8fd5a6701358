package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Changes.merge;
import static dev.attune.evaluator.Changes.redirect;
import static dev.attune.evaluator.Changes.split;
import static dev.attune.evaluator.Rig.MINUTE;
import static dev.attune.evaluator.Rig.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.KnownTrait;
import dev.attune.proto.v1.Transition;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the values of computed traits follow events, time, merges and definitions. */
final class ComputedTraitsTest {
  private static final String VIEWED =
      "name: viewed\nevent: Page Viewed\ncount: true\nwithin: 30m\n";
  private static final String KEEN = "name: keen\nwhen: {trait: traits.viewed >= 2}\n";
  private static final String ANON = "a".repeat(32);
  private static final String USER = "b".repeat(32);

  @TempDir Path directory;

  private static Definitions definitions(long version, String... audiences) {
    return Changes.withTraits(version, Map.of("viewed", VIEWED), audiences);
  }

  private static Cause view(String id, String via, long at) {
    return event(id, "Page Viewed", via, at);
  }

  private static List<String> told(Rig rig) {
    return rig.transitions().stream()
        .map(
            t ->
                t.getProfileId().charAt(0)
                    + " "
                    + (t.getEntered() ? "" : "-")
                    + t.getAudience()
                    + (t.hasValue() ? " = " + t.getValue().getInteger() : "")
                    + " "
                    + t.getReason())
        .toList();
  }

  @Test
  void value_followsEventsAndTime_andTheAudienceThatAsksForItInTheSameMoment() {
    try (Rig rig = Rig.onWall(directory, definitions(1, KEEN))) {
      rig.send(live(USER, 1, Map.of(), List.of()));
      assertThat(told(rig)).containsExactly("b #viewed = 0 CHANGE");
      rig.send(live(USER, 2, Map.of(), List.of(view("e1", "user_id:u", START))));
      assertThat(told(rig)).containsExactly("b #viewed = 1 CHANGE");
      rig.send(live(USER, 3, Map.of(), List.of(view("e2", "user_id:u", START - 10 * MINUTE))));
      assertThat(told(rig)).containsExactly("b #viewed = 2 CHANGE", "b keen CHANGE");
      // A copy is no news.
      rig.send(live(USER, 4, Map.of(), List.of(view("e2", "user_id:u", START - 10 * MINUTE))));
      assertThat(told(rig)).isEmpty();
      rig.pass(20 * MINUTE);
      assertThat(told(rig)).containsExactly("b #viewed = 1 TIME", "b -keen TIME");
      rig.pass(10 * MINUTE);
      assertThat(told(rig)).containsExactly("b #viewed = 0 TIME");
    }
  }

  @Test
  void mergeAndSplit_countWhatEachHas() {
    try (Rig rig = Rig.onWall(directory, definitions(1))) {
      rig.send(live(ANON, 1, Map.of(), List.of(view("e1", "anonymous_id:x", START))));
      rig.send(live(USER, 1, Map.of(), List.of(view("e2", "user_id:u", START))));
      assertThat(told(rig)).containsExactly("a #viewed = 1 CHANGE", "b #viewed = 1 CHANGE");
      rig.send(redirect(ANON, 2, USER, List.of(merge(ANON, USER))));
      rig.send(live(USER, 2, Map.of(), List.of(merge(ANON, USER))));
      assertThat(told(rig)).containsExactly("a -#viewed MERGED", "b #viewed = 2 CHANGE");
      rig.send(live(USER, 3, Map.of(), List.of(split(USER, ANON, "anonymous_id:x"))));
      rig.send(live(ANON, 4, Map.of(), List.of(split(USER, ANON, "anonymous_id:x"))));
      assertThat(told(rig)).contains("b #viewed = 1 CHANGE", "a #viewed = 1 CHANGE");
    }
  }

  @Test
  void definitionThatGoes_takesTheValueAway_andOneThatComesBringsIt() {
    try (Rig rig =
        Rig.onWall(
            directory, Changes.definitions(1, KEEN.replace("traits.viewed", "traits.age")))) {
      rig.send(live(USER, 1, Map.of(), List.of(view("e1", "user_id:u", START))));
      assertThat(told(rig)).isEmpty();
      rig.define(definitions(2));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(told(rig)).containsExactly("b #viewed = 0 DEFINITION");
      rig.define(Changes.definitions(3));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(told(rig)).containsExactly("b -#viewed DEFINITION");
    }
  }

  @Test
  void recordThatBringsTheValueBack_changesNothing() {
    try (Rig rig = Rig.onWall(directory, definitions(1, KEEN))) {
      rig.send(
          live(
              USER,
              1,
              Map.of(),
              List.of(view("e1", "user_id:u", START), view("e2", "user_id:u", START))));
      assertThat(told(rig)).containsExactly("b #viewed = 2 CHANGE", "b keen CHANGE");
      rig.send(live(USER, 2, Map.of("viewed", "7", "plan", "pro"), List.of()));
      assertThat(told(rig)).isEmpty();
      assertThat(rig.stored(USER).getTraitsList())
          .extracting(KnownTrait::getName)
          .containsExactly("plan");
    }
  }

  @Test
  void traitAndTheAudienceThatAsksForIt_waitForThePast() {
    try (Rig rig = Rig.waiting(directory, definitions(1, KEEN))) {
      rig.send(live(USER, 1, Map.of(), List.of(view("e1", "user_id:u", START))));
      assertThat(told(rig)).isEmpty();
      assertThat(rig.stage("keen")).isEqualTo(Stage.PREPARING);
      PastEventsTest.begin(rig);
      rig.send(
          live(
              USER,
              2,
              Map.of(),
              List.of(view("e1", "user_id:u", START), view("e2", "user_id:u", START - MINUTE))));
      assertThat(told(rig)).isEmpty();
      PastEventsTest.fill(rig, 0);
      assertThat(rig.stage("keen")).isEqualTo(Stage.LIVE);
      assertThat(told(rig)).containsExactly("b #viewed = 2 DEFINITION", "b keen DEFINITION");
    }
  }

  @Test
  void versions_growWithEachValue() {
    try (Rig rig = Rig.onWall(directory, definitions(1))) {
      for (int i = 0; i < 3; i++) {
        rig.send(live(USER, i + 1, Map.of(), List.of(view("e" + i, "user_id:u", START))));
      }
      assertThat(rig.transitions()).extracting(Transition::getVersion).containsExactly(1L, 2L, 3L);
    }
  }
}
