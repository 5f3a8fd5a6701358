package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.CHURN;
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
import static org.assertj.core.api.Assertions.tuple;

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

  private static Preview preview(Definitions before, Definitions after) {
    return new Preview(
        AudienceSet.compile(before),
        AudienceSet.compile(after),
        AudienceChanges.between(before, after),
        _ -> false,
        START);
  }

  private List<String> previewed(Rig rig, Definitions before, Definitions after, long profiles) {
    var preview = preview(before, after);
    assertThat(
            rig.states()
                .forEach(
                    preview.after(),
                    (id, state) -> {
                      preview.look(id, state);
                      return true;
                    }))
        .isTrue();
    assertThat(preview.profiles()).isEqualTo(profiles);
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
      List<String> previewed = previewed(rig, before, after, 10);
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
  void consentAndMergedProfiles_countAsApplyingDoes() {
    String told = "name: told\nconsent: email\nwhen: {audience: views}\n";
    Definitions before = definitions(1, VIEWS);
    Definitions after =
        definitions(
            2,
            VIEWS,
            told,
            "name: quiet\nwhen: {all: [{trait: traits.plan == \"pro\"}, {not: {audience: views}}]}\n");
    try (Rig rig = Rig.onWall(directory, before)) {
      people(rig);
      rig.send(live(id(3), 2, Map.of("plan", "pro", "consent.email", "true"), List.of()));
      rig.send(redirect(id(7), 3, id(3), List.of(merge(id(7), id(3)))));
      var _ = rig.told();
      List<String> previewed = previewed(rig, before, after, 9);
      rig.define(after);
      for (int i = 0; i < 14; i++) {
        rig.pass(Rig.TICK);
      }
      assertThat(previewed).contains(id(3) + " +told").isEqualTo(told(rig));
    }
  }

  private static Preview.Unknown unknown(Definitions before, Definitions after) {
    var preview = preview(before, after);
    assertThat(preview.differences()).hasSize(1);
    return preview.differences().getFirst().unknown();
  }

  private static String views(String rest) {
    return "name: views\nwhen: {event: Page Viewed, " + rest + "}\n";
  }

  @Test
  void eventsThatWereNotRemembered_areSaidToBeMissing() {
    Definitions before = definitions(1, VIEWS);
    Map<String, Preview.Unknown> expected =
        Map.of(
            TWO_VIEWS,
            Preview.Unknown.NOTHING,
            FIVE_VIEWS,
            Preview.Unknown.EVENTS,
            views("count: \">= 3\", within: 31m"),
            Preview.Unknown.EVENTS,
            views("since: 2025-01-01"),
            Preview.Unknown.EVENTS,
            views("where: properties.a == 1, within: 1m"),
            Preview.Unknown.EVENTS,
            "name: views\nwhen: {event: Other, within: 1m}\n",
            Preview.Unknown.EVENTS,
            "name: views\nwhen: {trait: traits.age > 3}\n",
            Preview.Unknown.NOTHING);
    expected.forEach(
        (yaml, unknown) ->
            assertThat(unknown(before, definitions(2, yaml))).as(yaml).isEqualTo(unknown));
  }

  @Test
  void eventsThatHaveBeenCountedForLessThanTheWindow_areNotTrusted() {
    String again = "name: again\nwhen: {event: Page Viewed, count: \">= 3\", within: 30m}\n";
    for (long minutes : new long[] {29, 30}) {
      long applied = START - minutes * MINUTE;
      assertThat(unknown(definitions(applied, VIEWS), adding(applied, VIEWS, again)))
          .isEqualTo(minutes < 30 ? Preview.Unknown.EVENTS : Preview.Unknown.NOTHING);
    }
    // 2025-06-15 is START's day.
    String since = views("since: 2025-06-10");
    String other = "name: again\nwhen: {event: Page Viewed, since: 2025-06-10}\n";
    long day = 24 * 60 * MINUTE;
    assertThat(unknown(definitions(START - day, since), adding(START - day, since, other)))
        .isEqualTo(Preview.Unknown.EVENTS);
    assertThat(unknown(definitions(START - 9 * day, since), adding(START - 9 * day, since, other)))
        .isEqualTo(Preview.Unknown.NOTHING);
  }

  /** The first as it was applied, and another one now. */
  private static Definitions adding(long applied, String first, String second) {
    Definitions both = definitions(applied, first, second);
    assertThat(both.audiences()).hasSize(2);
    return both;
  }

  @Test
  void needsOfAnotherAudience_makeNobodyIncomplete() {
    Definitions before = definitions(1, VIEWS);
    Definitions after =
        definitions(
            2,
            TWO_VIEWS,
            "name: many\nwhen: {event: Page Viewed, count: \">= 10\", within: 90d}\n");
    var preview = preview(before, after);
    assertThat(preview.differences())
        .extracting(Preview.Difference::name, Preview.Difference::unknown)
        .containsExactly(
            tuple("many", Preview.Unknown.EVENTS), tuple("views", Preview.Unknown.NOTHING));
  }

  @Test
  void traitsAndTablesThatAreOthers_areSaidToDecide() {
    Definitions before = definitions(1, PRO);
    String loyal = "name: loyal\nwhen: {trait: traits.age > 3}\n";
    Definitions after = withAge("number", loyal);
    var changes =
        AudienceChanges.between(definitions(1, PRO, loyal), withAge("number", PRO, loyal));
    assertThat(changes.traits()).containsExactly("age");
    assertThat(changes.audiences())
        .as("who does not read it is as before")
        .containsExactly("loyal");
    assertThat(unknown(definitions(1, loyal), after)).isEqualTo(Preview.Unknown.TRAITS);

    assertThat(unknown(before, definitions(2, PRO, CHURN))).isEqualTo(Preview.Unknown.TABLE);
    Definitions churn = definitions(1, CHURN);
    Definitions moved = definitions(2, CHURN.replace("churn.csv", "elsewhere.csv"));
    assertThat(unknown(churn, moved)).isEqualTo(Preview.Unknown.TABLE);
    assertThat(AudienceChanges.between(churn, definitions(2, CHURN)).audiences()).isEmpty();
  }

  private static Definitions withAge(String type, String... audiences) {
    return Changes.definitionsOf(
        2, Changes.CATALOG.replace("age: {type: integer}", "age: {type: " + type + "}"), audiences);
  }

  @Test
  void whatIsAsItWas_isNotLookedAt() {
    Definitions before = definitions(1, VIEWS, PRO, BOTH);
    assertThat(AudienceChanges.between(before, definitions(2, VIEWS, PRO, BOTH)).audiences())
        .isEmpty();
    assertThat(AudienceChanges.between(before, definitions(2, VIEWS, FREE, BOTH)).audiences())
        .containsExactly("both", "pro");
  }
}
