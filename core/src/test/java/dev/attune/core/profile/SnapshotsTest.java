package dev.attune.core.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Snapshot;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SnapshotsTest {
  private static final Identifier JANE = new Identifier("user_id", "jane");
  private static final Snapshot FIRST = snapshot("crm-zz", 5);
  private static final Snapshot SECOND = snapshot("crm-100", 3);

  private static Snapshot snapshot(String runId, long dataTime) {
    return Snapshot.newBuilder().setRunId(runId).setDataTimeMicros(dataTime).build();
  }

  private static Fact said(String trait, long at, long value) {
    return FactSet.fact(
        trait,
        "model:crm",
        JANE,
        at,
        Optional.of(Value.newBuilder().setInteger(value).build()),
        "");
  }

  private static Fact said(String trait, long at, long value, Snapshot snapshot) {
    return said(trait, at, value).toBuilder().setSnapshot(snapshot).build();
  }

  private static Facts jane(Fact... facts) {
    return Facts.newBuilder()
        .addAllFacts(List.of(facts))
        .addIdentifiers(JANE.toProto())
        .addMergedFrom("f".repeat(32))
        .build();
  }

  @Test
  void equalFacts_keepTheEarlierRun_inAnyOrder() {
    // The earlier run read the younger table: what decides is who was first.
    List<Fact> facts =
        new ArrayList<>(
            List.of(said("age", 1, 7), said("age", 1, 7, SECOND), said("age", 1, 7, FIRST)));
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 50; i++) {
      Collections.shuffle(facts, random);
      assertThat(new FactSet().addAll(facts).all())
          .as("seed %d", seed)
          .containsExactly(said("age", 1, 7, FIRST));
    }
  }

  @Test
  void equalFacts_keepAKnownRunRatherThanNone() {
    assertThat(new FactSet().addAll(List.of(said("age", 1, 7, SECOND), said("age", 1, 7))).all())
        .containsExactly(said("age", 1, 7, SECOND));
  }

  @Test
  void snapshot_hasNoSayAgainstAStamp() {
    Fact older = said("age", 1, 7, FIRST);
    Fact newer = said("age", 2, 8);
    assertThat(new FactSet().addAll(List.of(newer, older)).all()).containsExactly(newer);
    // Nor between two values of one time: there it is the digest's.
    Fact greater =
        new FactSet().addAll(List.of(said("age", 1, 7), said("age", 1, 8))).all().iterator().next();
    Fact lesser = greater.equals(said("age", 1, 7)) ? said("age", 1, 8) : said("age", 1, 7);
    assertThat(
            new FactSet()
                .addAll(List.of(greater, lesser.toBuilder().setSnapshot(FIRST).build()))
                .all())
        .containsExactly(greater);
    assertThat(older.getDigest()).isEqualTo(said("age", 1, 7).getDigest());
  }

  @Test
  void lacks_namesWhatAnEarlierRunBrought() {
    FactSet known = new FactSet().addAll(List.of(said("age", 1, 7, SECOND)));
    assertThat(known.lacks(List.of(said("age", 1, 7)))).isEmpty();
    assertThat(known.lacks(List.of(said("age", 1, 7, SECOND)))).isEmpty();
    assertThat(known.lacks(List.of(said("age", 1, 7, FIRST)))).hasSize(1);
  }

  @Test
  void stored_namesEachSnapshotOnce_andReadGivesItBack() {
    Facts facts =
        jane(
            said("age", 1, 7, SECOND),
            said("city", 1, 7),
            said("plan", 1, 7, FIRST),
            said("tier", 1, 7, SECOND));
    Facts stored = Snapshots.stored(facts);
    assertThat(stored.getSnapshotsList()).containsExactly(SECOND, FIRST);
    assertThat(stored.getFactsList())
        .extracting(Fact::getStoredSnapshot)
        .containsExactly(1, 0, 2, 1);
    assertThat(stored.getFactsList()).noneMatch(Fact::hasSnapshot);
    assertThat(Snapshots.read(stored)).isEqualTo(facts);
    assertThat(Snapshots.stored(Snapshots.read(stored)).toByteString())
        .isEqualTo(stored.toByteString());
  }

  @Test
  void recordsFromBefore_areReadAsTheyAre() {
    Facts facts = jane(said("age", 1, 7), said("city", 1, 7));
    assertThat(Content.bytes(facts)).isEqualTo(facts.toByteString());
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setLive(LiveProfile.newBuilder().setFacts(facts.toByteString()))
            .build();
    assertThat(Content.of(record).facts()).isEqualTo(facts);
    Profile served = Fold.serve("a", facts, 1, Catalog.DEFAULT);
    assertThat(served.getSnapshotsList()).isEmpty();
    assertThat(served.getTraitsList()).extracting(Trait::getSnapshot).containsOnly(0);
  }

  @Test
  void place_thatDoesNotExist_isNoSnapshot() {
    Facts broken =
        jane(said("age", 1, 7).toBuilder().setStoredSnapshot(9).build()).toBuilder()
            .addSnapshots(FIRST)
            .build();
    assertThat(Snapshots.read(broken).getFacts(0).hasSnapshot()).isFalse();
  }

  @Test
  void serve_pointsToTheSnapshotOfTheWinner_andCanonicalKnowsNone() {
    Profile served =
        Fold.serve(
            "a",
            jane(said("age", 1, 7, SECOND), said("city", 1, 7), said("plan", 1, 7, FIRST)),
            1,
            Catalog.DEFAULT);
    assertThat(served.getTraitsList()).extracting(Trait::getSnapshot).containsExactly(1, 0, 2);
    assertThat(served.getSnapshotsList()).containsExactly(SECOND, FIRST);
    Profile without =
        Fold.serve(
            "a",
            jane(said("age", 1, 7), said("city", 1, 7), said("plan", 1, 7)),
            1,
            Catalog.DEFAULT);
    assertThat(Fold.canonical(served)).isEqualTo(Fold.canonical(without));
  }
}
