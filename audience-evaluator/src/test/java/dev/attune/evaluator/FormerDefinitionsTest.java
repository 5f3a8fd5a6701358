package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.VIEWS;
import static dev.attune.evaluator.Changes.edited;
import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Changes.setOf;
import static dev.attune.evaluator.Rig.MINUTE;
import static dev.attune.evaluator.Rig.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.attune.core.audience.KnownHistory;
import dev.attune.core.audience.MissingHistory;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.EventHistory;
import dev.attune.proto.v1.Transition;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an audience was goes on deciding until the events are known that the new one needs. */
final class FormerDefinitionsTest {
  private static final String FIVE =
      "name: views\nwhen: {event: Page Viewed, count: \">= 5\", within: 30m}\n";
  private static final String ORDERS = "name: views\nwhen: {event: Order Completed, within: 10m}\n";
  private static final String LEFT = "name: views\nwhen: {event: Cart Left, within: 10m}\n";
  private static final String VIEWED =
      "name: viewed\nevent: Page Viewed\ncount: true\nwithin: 30m\n";
  private static final String ORDERED =
      "name: viewed\nevent: Order Completed\ncount: true\nwithin: 30m\n";
  private static final String USER = "b".repeat(32);
  private static final String OTHER = "c".repeat(32);

  @TempDir Path directory;

  private static List<Cause> views(int first, int last) {
    return IntStream.rangeClosed(first, last)
        .mapToObj(i -> event("e" + i, "Page Viewed", "anonymous_id:x", START - i * MINUTE))
        .toList();
  }

  private static Definition views(String... texts) {
    Map<Long, String> byVersion = new HashMap<>();
    for (int i = 0; i < texts.length; i++) {
      byVersion.put(i + 1L, texts[i]);
    }
    return edited("audience", byVersion);
  }

  /** A rig that has been told the past of its first definitions. */
  private Rig knowing(Definition... first) {
    Rig rig = Rig.waiting(directory, setOf(first));
    PastEventsTest.begin(rig);
    PastEventsTest.fill(rig, 0);
    return rig;
  }

  private static void define(Rig rig, Definition... next) {
    define(rig, setOf(next));
  }

  private static void define(Rig rig, Definitions next) {
    rig.define(next);
    rig.pass(Rig.TICK);
    rig.pass(Rig.TICK);
  }

  @Test
  void editedAudience_letsPeopleInAndOutAsItWas_andTellsTheDifferenceOnce() {
    try (Rig rig = knowing(views(VIEWS))) {
      rig.send(live(USER, 1, Map.of(), views(1, 6)));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
      define(rig, views(VIEWS, FIVE));
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
      assertThat(rig.told()).isEmpty();
      rig.send(live(OTHER, 1, Map.of(), views(20, 22)));
      PastEventsTest.begin(rig);
      assertThat(rig.transitions())
          .extracting(Transition::getProfileId, Transition::getDefinitionVersion)
          .containsExactly(tuple(OTHER, 1L));
      assertThat(rig.stage("views")).isEqualTo(Stage.BACKFILLING);
      // By time alone, too.
      rig.pass(9 * MINUTE);
      assertThat(rig.told()).containsExactly(OTHER + " -views TIME");
      rig.pass(2 * MINUTE);
      rig.send(live(OTHER, 2, Map.of(), views(1, 3)));
      assertThat(rig.told()).containsExactly(OTHER + " +views CHANGE");
      rig.send(live(USER, 2, Map.of(), views(1, 6)));
      PastEventsTest.fill(rig, 0);
      assertThat(rig.stage("views")).isEqualTo(Stage.LIVE);
      assertThat(rig.told())
          .contains(OTHER + " -views DEFINITION")
          .doesNotContain(USER + " -views DEFINITION");
      rig.send(live(OTHER, 3, Map.of(), views(4, 4)));
      assertThat(rig.told()).isEmpty();
      rig.send(live(OTHER, 4, Map.of(), views(5, 5)));
      assertThat(rig.told()).containsExactly(OTHER + " +views CHANGE");
    }
  }

  @Test
  void oneThatWasReplacedBeforeItDecided_leavesItToTheOneBefore_alsoWhenItsEventsAreTold() {
    try (Rig rig = knowing(views(VIEWS))) {
      define(rig, views(VIEWS, LEFT));
      PastEventsTest.begin(rig);
      List<EventHistory> ofTheSecond =
          MissingHistory.of(rig.current(), KnownHistory.NOTHING).told(0, START);
      define(rig, views(VIEWS, LEFT, ORDERS));
      ofTheSecond.forEach(told -> rig.history(told.toBuilder().setFilled(true).build()));
      rig.pass(Rig.TICK);
      rig.send(live(USER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
      rig.send(
          live(OTHER, 1, Map.of(), List.of(event("l1", "Cart Left", "anonymous_id:y", START))));
      assertThat(rig.told()).isEmpty();
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
      PastEventsTest.begin(rig);
      PastEventsTest.fill(rig, 0);
      assertThat(rig.told()).containsExactly(USER + " -views DEFINITION");
    }
  }

  @Test
  void whatItAsksFor_isTakenAsOfTheSameTime() {
    String mine = "name: mine\nwhen: {audience: views}\n";
    String both =
        "name: mine\nwhen: {all: [{audience: views}, {event: Order Completed, within: 9m}]}\n";
    Definition always = edited("audience", Map.of(1L, FIVE.replace("name: views", "name: five")));
    // First the one that is asked for became stricter, and decided so.
    try (Rig rig =
        knowing(
            edited("audience", Map.of(1L, VIEWS)), edited("audience", Map.of(1L, mine)), always)) {
      Definition stricter = edited("audience", Map.of(1L, VIEWS, 2L, FIVE));
      define(rig, stricter, edited("audience", Map.of(1L, mine)), always);
      assertThat(rig.stage("mine")).isEqualTo(Stage.LIVE);
      define(rig, stricter, edited("audience", Map.of(1L, mine, 3L, both)), always);
      assertThat(rig.stage("mine")).isEqualTo(Stage.PREPARING);
      rig.send(live(USER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).isEmpty();
      rig.send(live(USER, 2, Map.of(), views(4, 5)));
      assertThat(rig.told())
          .containsExactlyInAnyOrder(
              USER + " +five CHANGE", USER + " +mine CHANGE", USER + " +views CHANGE");
    }
  }

  @Test
  void consentThatTheNewOneAsksFor_isAskedForAtOnce() {
    try (Rig rig = knowing(views(VIEWS))) {
      rig.send(live(USER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
      define(rig, views(VIEWS, FIVE + "consent: marketing\n"));
      assertThat(rig.told()).containsExactly(USER + " -views DEFINITION");
      rig.send(live(OTHER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).isEmpty();
      rig.send(live(OTHER, 2, Map.of("consent.marketing", "true"), List.of()));
      assertThat(rig.told()).containsExactly(OTHER + " +views CHANGE");
    }
  }

  @Test
  void audienceThatAsksForAnEditedOne_goesOnAsWell() {
    String both = "name: both\nwhen: {all: [{audience: views}, {trait: traits.plan == \"pro\"}]}\n";
    Definition asking = edited("audience", Map.of(1L, both));
    try (Rig rig = knowing(views(VIEWS), asking)) {
      define(rig, views(VIEWS, FIVE), asking);
      assertThat(rig.stage("both")).isEqualTo(Stage.PREPARING);
      rig.send(live(USER, 1, Map.of("plan", "pro"), views(1, 3)));
      assertThat(rig.told())
          .containsExactlyInAnyOrder(USER + " +both CHANGE", USER + " +views CHANGE");
      PastEventsTest.begin(rig);
      PastEventsTest.fill(rig, 0);
      assertThat(rig.told())
          .containsExactlyInAnyOrder(USER + " -both DEFINITION", USER + " -views DEFINITION");
    }
  }

  @Test
  void computedTrait_goesOnAsItWas_andSoDoesWhoAsksForIt() {
    Definition keen =
        edited("audience", Map.of(1L, "name: keen\nwhen: {trait: traits.viewed >= 2}\n"));
    try (Rig rig = knowing(edited("trait", Map.of(1L, VIEWED)), keen)) {
      define(rig, edited("trait", Map.of(1L, VIEWED, 2L, ORDERED)), keen);
      assertThat(rig.stage("keen")).isEqualTo(Stage.PREPARING);
      rig.send(live(USER, 1, Map.of(), views(1, 2)));
      assertThat(rig.told()).containsExactly(USER + " +#viewed CHANGE", USER + " +keen CHANGE");
      PastEventsTest.begin(rig);
      PastEventsTest.fill(rig, 0);
      assertThat(rig.told())
          .containsExactly(USER + " +#viewed DEFINITION", USER + " -keen DEFINITION");
    }
  }

  @Test
  void traitAndWhoAsksForIt_thatAreEditedTogether_goOnTogether() {
    String many = "name: keen\nwhen: {trait: traits.viewed >= 5}\n";
    String few = "name: keen\nwhen: {trait: traits.viewed >= 2}\n";
    try (Rig rig =
        knowing(edited("trait", Map.of(1L, VIEWED)), edited("audience", Map.of(1L, many)))) {
      define(
          rig,
          edited("trait", Map.of(1L, VIEWED, 2L, ORDERED)),
          edited("audience", Map.of(1L, many, 2L, few)));
      // Two views are few, but not as the audience was.
      rig.send(live(USER, 1, Map.of(), views(1, 2)));
      assertThat(rig.told()).containsExactly(USER + " +#viewed CHANGE");
      rig.send(live(USER, 2, Map.of(), views(3, 5)));
      assertThat(rig.told()).containsExactly(USER + " +#viewed CHANGE", USER + " +keen CHANGE");
      PastEventsTest.begin(rig);
      PastEventsTest.fill(rig, 0);
      assertThat(rig.told())
          .containsExactly(USER + " +#viewed DEFINITION", USER + " -keen DEFINITION");
    }
  }

  @Test
  void oneThatNamesWhatIsGone_decidesNothing() {
    String old = "name: views\nwhen: {all: [{audience: gone}, {event: Page Viewed, within: 9m}]}\n";
    String gone = "name: gone\nwhen: {trait: traits.plan == \"pro\"}\n";
    try (Rig rig = knowing(views(old), edited("audience", Map.of(1L, gone)))) {
      define(rig, views(old, ORDERS));
      rig.send(live(USER, 1, Map.of("plan", "pro"), views(1, 3)));
      assertThat(rig.told()).isEmpty();
      assertThat(rig.stage("views")).isEqualTo(Stage.PREPARING);
    }
  }

  @Test
  void whatIsNotKeptAnyMore_isForgotten_andNobodyEntersOrLeaves() {
    try (Rig rig = knowing(views(VIEWS))) {
      define(rig, views(VIEWS, ORDERS));
      rig.send(live(USER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).containsExactly(USER + " +views CHANGE");
      define(rig, edited("audience", Map.of(2L, ORDERS)));
      // Until when is not known any more.
      assertThat(rig.told()).containsExactly(USER + " +views REASSERTED");
      rig.send(live(OTHER, 1, Map.of(), views(1, 3)));
      assertThat(rig.told()).isEmpty();
    }
  }
}
