package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Snapshot;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.TraitStatus;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueStatus;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WireProfileTest {
  private static final long NOW = 1_000_000;

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @Test
  void walk_ofRandomProfiles_keepsWhatParsingWouldKeep() throws Exception {
    for (int i = 0; i < 2_000; i++) {
      Profile profile = profile();
      Selection selection = random.nextInt(5) == 0 ? Selection.WHOLE : selection();
      // As a reply has it: behind a header, on a rope.
      ByteString stored = Served.of(profile).profileBytes();
      WireProfile walked = WireProfile.walk(stored, selection, NOW);
      String as = "seed " + seed + ", round " + i;
      assertThat(Profile.parseFrom(walked.kept())).as(as).isEqualTo(expected(profile, selection));
      assertThat(walked.statuses()).as(as).isEqualTo(statuses(profile, selection));
      assertThat(walked.ended())
          .as(as)
          .isEqualTo((int) profile.getAudiencesList().stream().filter(m -> !holds(m)).count());
      assertThat(WireProfile.profileId(stored)).as(as).isEqualTo(profile.getProfileId());
    }
  }

  @Test
  void walk_ofWhatNothingIsLeftOutOf_copiesNothing() throws Exception {
    ByteString stored =
        Profile.newBuilder().setProfileId("ab").setVersion(3).build().toByteString();
    assertThat(WireProfile.walk(stored, Selection.WHOLE, NOW).kept()).isSameAs(stored);
  }

  @Test
  void walk_ofBrokenBytes_throws_andNeverHangs() {
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = profile().toByteArray();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      ByteString broken = ByteString.copyFrom(bytes).substring(0, 1 + random.nextInt(bytes.length));
      try {
        assertThat(WireProfile.walk(broken, selection(), NOW).kept().size())
            .as("seed %s", seed)
            .isLessThanOrEqualTo(broken.size());
      } catch (InvalidProtocolBufferException e) {
        assertThat(e).as("seed %s", seed).isNotNull();
      }
    }
    assertThatThrownBy(
            () -> WireProfile.walk(ByteString.copyFromUtf8("\n\7abc"), Selection.WHOLE, NOW))
        .isInstanceOf(InvalidProtocolBufferException.class);
  }

  private Profile profile() {
    Profile.Builder profile =
        Profile.newBuilder()
            .setProfileId("%032x".formatted(random.nextInt(1_000)))
            .setVersion(1 + random.nextInt(1_000))
            .setUpdatedAtMicros(random.nextInt(3) == 0 ? 0 : random.nextLong());
    for (int i = random.nextInt(4); i > 0; i--) {
      profile.addIdentifiers(Identifier.newBuilder().setNamespace("user_id").setValue("ü" + i));
    }
    Map<String, Trait> traits = new TreeMap<>();
    for (int i = random.nextInt(8); i > 0; i--) {
      String name = "t" + random.nextInt(10);
      Trait.Builder trait =
          Trait.newBuilder()
              .setName(name)
              .setUpdatedAtMicros(NOW - random.nextInt(200))
              .setSource("events")
              .setSnapshot(random.nextInt(3));
      switch (random.nextInt(5)) {
        case 0 -> trait.setValue(Value.newBuilder().setNullValue(true));
        case 1 -> trait.setValue(Value.getDefaultInstance());
        case 2 -> {}
        case 3 -> trait.setValue(Value.newBuilder().setText("x".repeat(random.nextInt(200))));
        default ->
            trait.setValue(
                Value.newBuilder()
                    .setList(
                        ValueList.newBuilder().addValues(Value.newBuilder().setNullValue(true))));
      }
      traits.put(name, trait.build());
    }
    profile.addAllTraits(traits.values());
    for (int i = random.nextInt(4); i > 0; i--) {
      profile.addAudiences(
          Membership.newBuilder()
              .setAudience("a" + random.nextInt(5))
              .setEnteredAtMicros(5)
              .setValidUntilMicros(random.nextInt(3) == 0 ? 0 : NOW - 1 + random.nextInt(3)));
    }
    if (random.nextBoolean()) {
      profile.addMergedFrom("f".repeat(32));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      profile.addSnapshots(Snapshot.newBuilder().setRunId("shop-" + i).setDataTimeMicros(i));
    }
    return profile.build();
  }

  private Selection selection() {
    Map<String, Long> traits = new LinkedHashMap<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      traits.put(
          "t" + random.nextInt(10),
          random.nextBoolean() ? Selection.NEVER_STALE : (long) random.nextInt(200));
    }
    Set<String> audiences = new HashSet<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      audiences.add("a" + random.nextInt(5));
    }
    return new Selection(
        "",
        "x",
        false,
        random.nextBoolean(),
        traits,
        random.nextInt(4) == 0,
        true,
        audiences,
        random.nextInt(4) == 0,
        true,
        Duration.ZERO);
  }

  private static boolean holds(Membership membership) {
    return membership.getValidUntilMicros() == 0 || membership.getValidUntilMicros() > NOW;
  }

  private static Profile expected(Profile profile, Selection selection) {
    Profile.Builder kept = profile.toBuilder();
    kept.clearTraits()
        .addAllTraits(
            profile.getTraitsList().stream()
                .filter(t -> selection.wantsTrait(t.getName()))
                .toList());
    kept.clearAudiences()
        .addAllAudiences(
            profile.getAudiencesList().stream()
                .filter(m -> holds(m) && selection.wantsAudience(m.getAudience()))
                .toList());
    if (!selection.showsTraits()) {
      kept.clearSnapshots();
    }
    return (selection.identifiers() ? kept : kept.clearIdentifiers()).build();
  }

  private static List<TraitStatus> statuses(Profile profile, Selection selection) {
    if (selection.whole()) {
      return List.of();
    }
    Map<String, ValueStatus> all = new LinkedHashMap<>();
    selection.traits().keySet().forEach(name -> all.put(name, ValueStatus.ABSENT));
    for (Trait trait : profile.getTraitsList()) {
      if (!selection.wantsTrait(trait.getName())) {
        continue;
      }
      Value value = trait.getValue();
      boolean none =
          value.getKindCase() == Value.KindCase.NULL_VALUE
              || value.getKindCase() == Value.KindCase.KIND_NOT_SET;
      long age = selection.traits().getOrDefault(trait.getName(), Long.MAX_VALUE);
      all.put(
          trait.getName(),
          none
              ? ValueStatus.NULL
              : NOW - trait.getUpdatedAtMicros() > age ? ValueStatus.STALE : ValueStatus.PRESENT);
    }
    return (selection.allTraits() ? new TreeMap<>(all) : all)
        .entrySet().stream()
            .map(e -> TraitStatus.newBuilder().setName(e.getKey()).setStatus(e.getValue()).build())
            .toList();
  }
}
