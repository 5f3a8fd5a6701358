package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.PRO;
import static dev.attune.evaluator.Changes.VIEWS;
import static dev.attune.evaluator.Changes.at;
import static dev.attune.evaluator.Changes.definitions;
import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Rig.MINUTE;
import static dev.attune.evaluator.Rig.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.AudienceChanges;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.definition.Definitions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a preview says is what applying does. */
final class PreviewTest {
  private static final String TWO_VIEWS =
      "name: views\nwhen: {event: Page Viewed, count: \">= 2\", within: 30m}\n";
  private static final String FIVE_VIEWS =
      "name: views\nwhen: {event: Page Viewed, count: \">= 5\", within: 30m}\n";
  private static final String FREE = "name: pro\nwhen: {trait: traits.plan == \"free\"}\n";
  private static final String BOTH =
      "name: both\nwhen: {all: [{audience: views}, {audience: pro}]}\n";
  private static final String RENEWS = "name: renews\nwhen: {date: renews_at, next: 30m}\n";

  @TempDir Path directory;

  private static String id(int person) {
    return "%032x".formatted(person);
  }

  /**
   * Ten people, so that all are named: with 0 to 3 views, of three plans; every second one renews
   * soon.
   */
  private static void people(Rig rig) {
    for (int i = 0; i < 10; i++) {
      String plan = List.of("pro", "free", "none").get(i % 3);
      List<dev.attune.proto.v1.Cause> views = new ArrayList<>();
      for (int view = 0; view < i % 4; view++) {
        views.add(event("e" + view, "Page Viewed", "anonymous_id:x" + i, START - MINUTE));
      }
      rig.send(
          live(
              id(i),
              1,
              Map.of("plan", plan, "renews_at", at(START + (i % 2 == 0 ? 10 : 90) * MINUTE)),
              views));
    }
  }

  private static List<String> told(Rig rig) {
    return rig.told().stream().map(told -> told.replaceFirst(" [A-Z]+$", "")).sorted().toList();
  }

  private List<String> previewed(Rig rig, Definitions before, Definitions after) {
    var preview =
        new Preview(
            AudienceSet.compile(before),
            AudienceSet.compile(after),
            AudienceChanges.between(before, after),
            START);
    assertThat(
            rig.states()
                .forEach(
                    preview.after(),
                    (id, state) -> {
                      preview.look(id, state);
                      return true;
                    }))
        .isTrue();
    assertThat(preview.profiles()).isEqualTo(10);
    List<String> moves = new ArrayList<>();
    for (Preview.Difference difference : preview.differences()) {
      difference.entering().forEach(id -> moves.add(id + " +" + difference.name()));
      difference.leaving().forEach(id -> moves.add(id + " -" + difference.name()));
      assertThat(difference.enter()).isEqualTo(difference.entering().size());
      assertThat(difference.leave()).isEqualTo(difference.leaving().size());
    }
    return moves.stream().sorted().toList();
  }

  private void sameAsApplying(Definitions before, Definitions after) {
    try (Rig rig = Rig.onWall(directory, before)) {
      people(rig);
      var _ = rig.told();
      List<String> previewed = previewed(rig, before, after);
      assertThat(rig.told()).as("a preview tells nobody").isEmpty();
      rig.define(after);
      // A walk over all profiles: a slice has room for one at least.
      for (int i = 0; i < 14; i++) {
        rig.pass(Rig.TICK);
      }
      assertThat(previewed).isNotEmpty().isEqualTo(told(rig));
    }
  }

  @Test
  void newAudiences_ofTraitsDatesAndAudiences() {
    sameAsApplying(definitions(1, VIEWS, PRO), definitions(2, VIEWS, PRO, BOTH, RENEWS));
  }

  @Test
  void changedAudience_movesAlsoThoseOfWhoeverAsksForIt() {
    sameAsApplying(definitions(1, TWO_VIEWS, PRO, BOTH), definitions(2, VIEWS, PRO, BOTH));
    sameAsApplying(definitions(1, VIEWS, PRO), definitions(2, VIEWS, FREE));
  }

  @Test
  void removedAudience_isLeftByItsMembers() {
    sameAsApplying(definitions(1, VIEWS, PRO), definitions(2, VIEWS));
  }

  @Test
  void eventsThatWereNotRemembered_areSaidToBeMissing() {
    Definitions before = definitions(1, VIEWS);
    Map<String, Boolean> complete =
        Map.of(
            TWO_VIEWS,
            true,
            FIVE_VIEWS,
            false,
            "name: views\nwhen: {event: Page Viewed, count: \">= 3\", within: 31m}\n",
            false,
            "name: views\nwhen: {event: Page Viewed, since: 2026-01-01}\n",
            false,
            "name: views\nwhen: {event: Other, within: 1m}\n",
            false,
            "name: views\nwhen: {event: Page Viewed, where: properties.a == 1, within: 1m}\n",
            false);
    complete.forEach(
        (yaml, expected) -> {
          Definitions after = definitions(2, yaml);
          var preview =
              new Preview(
                  AudienceSet.compile(before),
                  AudienceSet.compile(after),
                  AudienceChanges.between(before, after),
                  START);
          assertThat(preview.differences())
              .as(yaml)
              .singleElement()
              .extracting(Preview.Difference::isComplete)
              .isEqualTo(expected);
        });
  }

  @Test
  void whatIsAsItWas_isNotLookedAt() {
    Definitions before = definitions(1, VIEWS, PRO, BOTH);
    assertThat(AudienceChanges.between(before, definitions(2, VIEWS, PRO, BOTH))).isEmpty();
    assertThat(AudienceChanges.between(before, definitions(2, VIEWS, FREE, BOTH)))
        .containsExactly("both", "pro");
  }
}
