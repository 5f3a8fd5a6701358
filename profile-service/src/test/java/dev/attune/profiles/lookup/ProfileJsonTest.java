package dev.attune.profiles.lookup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Served;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Snapshot;
import dev.attune.proto.v1.TokenState;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.TraitStatus;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueObject;
import dev.attune.proto.v1.ValueStatus;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProfileJsonTest {
  private static final List<String> PIECES =
      List.of("a", "Zo\u00eb", "\"", "\\", "/", "\n", "\u0001", "\u001f", "\u007f", "\ud83d\ude42");
  private static final long FAR = 400_000_000_000_000_000L;

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @Test
  void write_ofRandomAnswers_isByteForByteWhatALibraryWrites() throws Exception {
    for (int i = 0; i < 3_000; i++) {
      Profile profile = profile();
      Answer answer = answer(profile, Served.of(profile).profileBytes());
      String plain =
          new String(Json.write(json -> PlainProfileJson.write(json, profile, answer)), UTF_8);
      assertThat(written(answer)).as("seed %d, round %d", seed, i).isEqualTo(plain);
    }
  }

  @Test
  void write_ofBrokenBytes_throwsOrWritesADocument() throws Exception {
    int refused = 0;
    for (int i = 0; i < 5_000; i++) {
      Profile profile = profile();
      byte[] bytes = profile.toByteArray();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      ByteString broken = ByteString.copyFrom(bytes).substring(0, 1 + random.nextInt(bytes.length));
      try {
        String json = written(answer(profile, broken));
        assertThat(json).as("seed %d", seed).startsWith("{").endsWith("}");
      } catch (InvalidProtocolBufferException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void write_ofAValueThatIsNestedWithoutEnd_isRefused() {
    Value value = Value.newBuilder().setBoolean(true).build();
    for (int i = 0; i < 200; i++) {
      value = Value.newBuilder().setList(ValueList.newBuilder().addValues(value)).build();
    }
    Profile profile =
        Profile.newBuilder().addTraits(Trait.newBuilder().setName("deep").setValue(value)).build();
    Answer whole =
        new Answer(
            profile.toByteString(),
            0,
            "",
            false,
            TokenState.TOKEN_STATE_UNSPECIFIED,
            List.of(),
            Selection.WHOLE,
            "");
    assertThatThrownBy(() -> written(whole))
        .isInstanceOf(InvalidProtocolBufferException.class)
        .hasMessageContaining("nested too deep");
  }

  @Test
  void instants_areWrittenAsTheJdkWritesThem() {
    for (int i = 0; i < 200_000; i++) {
      long micros = micros();
      assertThat(IsoMicros.instant(micros))
          .isEqualTo(Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString());
    }
  }

  @Test
  void everyDayOfFourHundredYears_isWrittenAsTheJdkWritesIt() {
    byte[] text = new byte[IsoMicros.LENGTH_MAX];
    for (long day = -80_000; day < 80_000; day++) {
      int length = IsoMicros.date(day, text, 0);
      assertThat(new String(text, 0, length, UTF_8))
          .isEqualTo(LocalDate.ofEpochDay(day).toString());
    }
  }

  private static String written(Answer answer) throws InvalidProtocolBufferException {
    JsonBytes json = new JsonBytes(0);
    ProfileJson.write(json, answer);
    return new String(json.bytes(), 0, json.length(), UTF_8);
  }

  private Answer answer(Profile profile, ByteString stored) {
    boolean whole = random.nextBoolean();
    List<TraitStatus> statuses = new ArrayList<>();
    if (!whole) {
      profile.getTraitsList().forEach(trait -> statuses.add(status(trait.getName())));
      statuses.add(status("absent-" + text()));
    }
    Selection selection =
        whole
            ? Selection.WHOLE
            : new Selection(
                random.nextBoolean() ? "" : "card@1",
                "t",
                false,
                random.nextBoolean(),
                Map.of(),
                true,
                random.nextInt(5) > 0,
                Set.of(),
                true,
                random.nextBoolean(),
                Selection.ANY_AGE);
    return new Answer(
        stored,
        micros(),
        "\"e\"",
        false,
        random.nextBoolean() ? TokenState.TOKEN_STATE_UNSPECIFIED : TokenState.APPLIED,
        statuses,
        selection,
        random.nextBoolean() ? "" : "%032x".formatted(random.nextInt()));
  }

  private static TraitStatus status(String name) {
    return TraitStatus.newBuilder().setName(name).setStatus(ValueStatus.PRESENT).build();
  }

  private Profile profile() {
    Profile.Builder profile =
        Profile.newBuilder()
            .setProfileId("%032x".formatted(random.nextInt(1_000)))
            .setUpdatedAtMicros(micros())
            .setVersion(random.nextBoolean() ? random.nextLong() : random.nextInt(12));
    for (int i = random.nextInt(3); i > 0; i--) {
      profile.addIdentifiers(Identifier.newBuilder().setNamespace(text()).setValue(text()));
    }
    for (int i = random.nextInt(6); i > 0; i--) {
      Trait.Builder trait =
          Trait.newBuilder()
              .setName(i + text())
              .setUpdatedAtMicros(micros())
              .setSource(text())
              .setOrigin(random.nextBoolean() ? "" : text())
              .setUndeclared(random.nextBoolean())
              .setSnapshot(random.nextInt(4));
      profile.addTraits(random.nextInt(8) == 0 ? trait : trait.setValue(value(3)));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      profile.addAudiences(
          Membership.newBuilder()
              .setAudience(text())
              .setEnteredAtMicros(micros())
              .setValidUntilMicros(random.nextBoolean() ? 0 : micros())
              .setCompleteFromMicros(
                  switch (random.nextInt(3)) {
                    case 0 -> 0;
                    case 1 -> Long.MAX_VALUE;
                    default -> micros();
                  }));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      profile.addMergedFrom("%032x".formatted(random.nextInt(1_000)));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      profile.addSnapshots(Snapshot.newBuilder().setRunId(text()).setDataTimeMicros(micros()));
    }
    return profile.build();
  }

  private Value value(int depth) {
    Value.Builder value = Value.newBuilder();
    switch (random.nextInt(depth == 0 ? 8 : 10)) {
      case 0 -> value.setNullValue(true);
      case 1 -> value.setBoolean(random.nextBoolean());
      case 2 -> value.setInteger(random.nextBoolean() ? random.nextLong() : random.nextInt(100));
      case 3 -> value.setNumber(number());
      case 4 -> value.setText(text());
      case 5 -> value.setTimestampMicros(micros());
      case 6 -> value.setDateDays(random.nextInt(100_000_000) - 50_000_000);
      case 7 -> {}
      case 8 -> {
        ValueList.Builder list = ValueList.newBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.addValues(value(depth - 1));
        }
        value.setList(list);
      }
      default -> {
        ValueObject.Builder object = ValueObject.newBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
          object.addEntries(ValueEntry.newBuilder().setKey(i + text()).setValue(value(depth - 1)));
        }
        value.setObject(object);
      }
    }
    return value.build();
  }

  private double number() {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextInt();
      case 1 -> Double.longBitsToDouble(random.nextLong());
      case 2 -> Double.NaN;
      case 3 -> Double.NEGATIVE_INFINITY;
      default -> random.nextInt(10_000) / 100.0;
    };
  }

  private long micros() {
    return switch (random.nextInt(5)) {
      case 0 -> 0;
      case 1 -> random.nextLong(-FAR, FAR);
      case 2 -> random.nextLong(2_000_000_000L) * 1_000_000;
      case 3 -> random.nextLong(2_000_000_000_000L) * 1_000;
      default -> random.nextLong(2_000_000_000_000_000L);
    };
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    return text.toString();
  }
}
