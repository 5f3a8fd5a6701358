package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Changes.merge;
import static dev.attune.evaluator.Changes.redirect;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.AudienceChanges;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.GroupMember;
import dev.attune.proto.v1.GroupState;
import dev.attune.proto.v1.GroupWord;
import dev.attune.proto.v1.KnownGroup;
import dev.attune.proto.v1.KnownTrait;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How audiences follow the traits of people's groups. */
final class GroupsTest {
  private static final String CATALOG = Changes.GROUPS + "  seats: {type: integer}\n";
  private static final String STAFF = "name: staff\nwhen: {group: 'traits.plan == \"pro\"'}\n";
  private static final String LARGE =
      "name: large\nwhen: {group: traits.plan != \"\" && traits.seats > 9}\n";
  private static final String ANN = "a".repeat(32);
  private static final String BOB = "b".repeat(32);

  @TempDir Path directory;

  private static Definitions definitions(long version, String... audiences) {
    return Changes.definitionsOf(version, CATALOG, audiences);
  }

  private static String id(String group) {
    return ProfileIds.of(new Identifier("group_id", group));
  }

  private static ProfileChange person(String id, long version, String... groups) {
    Value.Builder list = Value.newBuilder();
    list.getListBuilder();
    for (String group : groups) {
      list.getListBuilder().addValuesBuilder().setText(group);
    }
    return live(
        id,
        version,
        List.of(Trait.newBuilder().setName("group_ids").setValue(list).build()),
        List.of());
  }

  private static ProfileChange group(String name, long version, String plan) {
    return Changes.group(name, version, Map.of("plan", plan, "renews_at", "@7"));
  }

  private static Rig rig(Path directory, String... audiences) {
    return Rig.onWall(directory, definitions(1, audiences));
  }

  @Test
  void members_enterAndLeave_asTheirGroupChanges() {
    try (Rig rig = rig(directory, STAFF)) {
      rig.send(group("acme", 1, "free"));
      rig.send(person(ANN, 1, "acme"));
      rig.send(person(BOB, 1));
      assertThat(rig.told()).isEmpty();
      rig.send(group("acme", 2, "pro"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANN + " +staff CHANGE");
      // What is older, or the same again, is no news.
      rig.send(group("acme", 1, "free"));
      rig.send(group("acme", 2, "pro"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).isEmpty();
      rig.send(group("acme", 3, "free"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANN + " -staff CHANGE");
    }
  }

  @Test
  void audience_thatAsksForMoreOfAGroup_isNotDecidedBeforeTheGroupHasSaidIt() {
    String strict = "name: staff\nwhen: {group: traits.plan == \"pro\" && traits.seats > 9}\n";
    try (Rig rig = rig(directory, STAFF)) {
      rig.send(Changes.group("acme", 1, Map.of("plan", "pro", "seats", "#10")));
      rig.send(Changes.group("other", 1, Map.of("plan", "pro", "seats", "#2")));
      rig.send(person(ANN, 1, "acme"));
      rig.send(person(BOB, 1, "other"));
      assertThat(rig.told())
          .containsExactlyInAnyOrder(ANN + " +staff CHANGE", BOB + " +staff CHANGE");
      rig.define(definitions(2, strict));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(BOB + " -staff CHANGE");
    }
  }

  @Test
  void whoseGroupHasNotAnswered_isNotLetIntoWhatItsMembersAreNotIn() {
    String strangers = "name: strangers\nwhen: {not: {group: traits.plan == \"pro\"}}\n";
    try (Rig rig = rig(directory, strangers)) {
      rig.send(group("acme", 1, "pro"));
      rig.send(person(ANN, 1, "acme"));
      assertThat(rig.told()).isEmpty();
      // Of a group that nobody has heard of there is nothing to wait for.
      rig.send(person(BOB, 1, "unheard-of"));
      assertThat(rig.told()).containsExactly(BOB + " +strangers CHANGE");
      rig.send(group("unheard-of", 1, "pro"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).containsExactly(BOB + " -strangers CHANGE");
    }
  }

  @Test
  void personWhoJoins_isToldAtOnce_andWhoLeavesIsToldNoMore() {
    try (Rig rig = rig(directory, STAFF)) {
      rig.send(group("acme", 1, "pro"));
      rig.send(person(ANN, 1));
      assertThat(rig.told()).isEmpty();
      rig.send(person(ANN, 2, "acme", "other"));
      assertThat(rig.told()).containsExactly(ANN + " +staff CHANGE");
      rig.send(person(ANN, 3, "other"));
      assertThat(rig.told()).containsExactly(ANN + " -staff CHANGE");
      rig.send(group("acme", 2, "free"));
      rig.send(group("acme", 3, "pro"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).isEmpty();
      assertThat(rig.stored(ANN).getGroupsList())
          .extracting(KnownGroup::getProfileId)
          .containsExactly(id("other"));
    }
  }

  @Test
  void groupThatIsKnownLater_tellsThoseWhoWait_andOneOfSeveralIsEnough() {
    try (Rig rig = rig(directory, STAFF)) {
      rig.send(person(ANN, 1, "acme", "other"));
      rig.send(group("other", 1, "free"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).isEmpty();
      rig.send(group("acme", 1, "pro"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANN + " +staff CHANGE");
      rig.send(group("other", 2, "pro"));
      rig.advance(Rig.TICK);
      rig.send(group("acme", 2, "free"));
      rig.advance(Rig.TICK);
      rig.advance(Rig.TICK);
      assertThat(rig.told()).isEmpty();
    }
  }

  @Test
  void manyMembers_areToldInSlices_andAllOfThem_whateverHappensInBetween() {
    MockProcessorContext<String, byte[]> context =
        new MockProcessorContext<>(new Properties(), new TaskId(0, 0), directory.toFile());
    KeyValueStore<String, byte[]> store =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("groups"), Serdes.String(), Serdes.ByteArray())
            .withLoggingDisabled()
            .build();
    store.init(context.getStateStoreContext(), store);
    var groups = new Groups(store);
    for (int i = 0; i < 10; i++) {
      StateMove answer = groups.hear(joined("acme", "%032x".formatted(i))).orElseThrow();
      assertThat(answer.getGroup().getTraits().getVersion()).as("nothing is known").isZero();
      var _ = groups.hear(joined("other", "%032x".formatted(i)));
    }
    groups.record(id("acme"), GroupState.newBuilder().setVersion(2).addTraits(plan("pro")).build());
    List<String> told = new ArrayList<>();
    for (int slice = 0; slice < 2; slice++) {
      groups.tell(4).forEach(move -> told.add(move.getIntoProfileId().substring(30)));
    }
    assertThat(told).containsExactly("00", "01", "02", "03", "04", "05", "06", "07");
    // Another process goes on where this one was; and what is new is told to all again.
    told.clear();
    new Groups(store).tell(4).forEach(move -> told.add(move.getIntoProfileId().substring(30)));
    assertThat(told).containsExactly("08", "09");
    groups.record(id("acme"), GroupState.newBuilder().setVersion(3).addTraits(plan("pro")).build());
    assertThat(groups.tell(4)).as("the same traits").isEmpty();
    groups.record(id("acme"), GroupState.newBuilder().setVersion(4).build());
    assertThat(groups.tell(4)).hasSize(4);
    groups.record(id("acme"), GroupState.newBuilder().setVersion(5).addTraits(plan("x")).build());
    assertThat(groups.tell(20))
        .hasSize(10)
        .allMatch(move -> move.getGroup().getTraits().getVersion() == 5);
    assertThat(groups.tell(20)).isEmpty();
    var answer = groups.hear(joined("acme", ANN));
    assertThat(answer.orElseThrow().getGroup().getTraits().getTraitsList())
        .containsExactly(plan("x"));
  }

  private static StateMove joined(String group, String person) {
    return StateMove.newBuilder()
        .setFromProfileId(person)
        .setIntoProfileId(id(group))
        .setGroup(GroupWord.newBuilder().setJoined(GroupMember.newBuilder().addTraits("plan")))
        .build();
  }

  private static KnownTrait plan(String plan) {
    return KnownTrait.newBuilder()
        .setName("plan")
        .setValue(Value.newBuilder().setText(plan))
        .build();
  }

  @Test
  void merge_asksForTheWinner_andTellsTheGroupThatTheOtherLeft() {
    try (Rig rig = rig(directory, STAFF)) {
      rig.send(group("acme", 1, "pro"));
      rig.send(person(ANN, 1, "acme"));
      rig.send(person(BOB, 1));
      assertThat(rig.told()).containsExactly(ANN + " +staff CHANGE");
      rig.send(redirect(ANN, 2, BOB, List.of(merge(ANN, BOB))));
      rig.send(person(BOB, 2, "acme"));
      assertThat(rig.told()).containsExactly(ANN + " -staff MERGED", BOB + " +staff CHANGE");
      assertThat(rig.stored(ANN).getGroupsList()).isEmpty();
      rig.send(group("acme", 2, "free"));
      rig.advance(Rig.TICK);
      assertThat(rig.told()).containsExactly(BOB + " -staff CHANGE");
    }
  }

  @Test
  void audienceThatComesLater_asksForWhatItReads_andOnlyThatIsKept() {
    try (Rig rig = rig(directory)) {
      rig.send(group("acme", 1, "pro"));
      rig.send(person(ANN, 1, "acme"));
      assertThat(rig.stored(ANN).getGroupsList()).isEmpty();
      rig.define(definitions(2, STAFF));
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANN + " +staff CHANGE");
      assertThat(rig.stored(ANN).getGroups(0).getTraitsList())
          .extracting(KnownTrait::getName)
          .containsExactly("plan");
      rig.send(Changes.group("acme", 2, Map.of("plan", "pro", "seats", "#10")));
      rig.define(definitions(3, STAFF, LARGE));
      rig.pass(Rig.TICK);
      rig.pass(Rig.TICK);
      assertThat(rig.told()).containsExactly(ANN + " +large CHANGE");
      rig.define(definitions(4));
      rig.pass(Rig.TICK);
      assertThat(rig.told())
          .containsExactly(ANN + " -large DEFINITION", ANN + " -staff DEFINITION");
      assertThat(rig.stored(ANN).getGroupsList()).isEmpty();
    }
  }

  @Test
  void preview_saysThatGroupsDecide_whichNobodyAskedYet() {
    Definitions before = definitions(1, STAFF);
    Definitions after =
        definitions(
            2, STAFF, LARGE, "name: also\nwhen: {not: {group: 'traits.plan == \"pro\"'}}\n");
    try (Rig rig = Rig.onWall(directory, before)) {
      rig.send(group("acme", 1, "pro"));
      rig.send(person(ANN, 1, "acme"));
      rig.send(person(BOB, 1));
      var preview =
          new Preview(
              rig.current(),
              AudienceSet.compile(after),
              AudienceChanges.between(before, after),
              _ -> false,
              Rig.START);
      var _ =
          rig.states()
              .forEach(
                  preview.after(),
                  (id, state) -> {
                    preview.look(id, state);
                    return true;
                  });
      assertThat(preview.differences())
          .extracting(d -> d.name() + " " + d.enter() + " " + d.unknown())
          .containsExactly("also 1 NOTHING", "large 0 GROUPS");
    }
  }

  @Test
  void anyHistory_endsAsIfItWereAskedFromScratch() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    for (int run = 0; run < 4; run++) {
      var random = new Random(seed + run);
      try (Rig rig = rig(directory.resolve("run" + run), STAFF)) {
        Map<String, List<String>> groupsOf = new TreeMap<>();
        Map<String, String> plans = new TreeMap<>();
        List<String> names = List.of("g0", "g1", "g2");
        for (int step = 1; step <= 60; step++) {
          if (random.nextBoolean()) {
            String name = names.get(random.nextInt(names.size()));
            String plan = random.nextBoolean() ? "pro" : "free";
            plans.put(name, plan);
            rig.send(group(name, step, plan));
          } else {
            String person = "%032x".formatted(random.nextInt(4));
            List<String> groups = names.stream().filter(_ -> random.nextBoolean()).toList();
            groupsOf.put(person, groups);
            rig.send(person(person, step, groups.toArray(String[]::new)));
          }
          if (random.nextInt(3) == 0) {
            rig.advance(Rig.TICK);
          }
        }
        for (int i = 0; i < names.size(); i++) {
          rig.advance(Rig.TICK);
        }
        for (var person : groupsOf.entrySet()) {
          boolean expected = person.getValue().stream().anyMatch(g -> "pro".equals(plans.get(g)));
          assertThat(rig.stored(person.getKey()).getMembershipsCount() == 1)
              .as("%s, -Dattune.seed=%d", person.getKey(), seed + run)
              .isEqualTo(expected);
        }
      }
    }
  }
}
