package dev.attune.load.lookup;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.Profile;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class PopulationTest {
  private final Population people = new Population(1_000);

  @Test
  void verify_anAnswerAsItWasStored_tellsItsVersion() {
    for (int index : new int[] {0, 1, 999}) {
      for (long generation = 0; generation < 3; generation++) {
        long version = Population.VERSION + generation;
        byte[] bytes = people.profile(index, version).toByteArray();
        assertThat(people.verify(bytes, 0, bytes.length, index)).isEqualTo(version);
      }
    }
  }

  @Test
  void profile_ofAnybody_hasAbout900Bytes() {
    for (int index = 0; index < 1_000; index++) {
      assertThat(people.profile(index, Population.VERSION).getSerializedSize())
          .isBetween(850, 1_000);
    }
  }

  // Whatever the verdict of a run rests on: every single byte counts.
  @Test
  void verify_anyByteChanged_isRefused() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    byte[] bytes = people.profile(7, Population.VERSION).toByteArray();
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= (byte) (1 + random.nextInt(255));
      assertThat(people.verify(damaged, 0, damaged.length, 7))
          .as("byte %d, seed %d", i, seed)
          .isEqualTo(-1);
    }
  }

  @Test
  void verify_somebodyElse_isRefused() {
    byte[] bytes = people.profile(7, Population.VERSION).toByteArray();
    assertThat(people.verify(bytes, 0, bytes.length, 8)).isEqualTo(-1);
  }

  @Test
  void verify_cutOff_isRefused() {
    byte[] bytes = people.profile(7, Population.VERSION).toByteArray();
    for (int length = 0; length < bytes.length; length++) {
      assertThat(people.verify(bytes, 0, length, 7)).isEqualTo(-1);
    }
  }

  @Test
  void verifyJson_ofTheThinService_tellsItsVersion() {
    byte[] json = json(people.profile(7, Population.VERSION + 2));
    assertThat(people.verifyJson(json, 0, json.length, 7)).isEqualTo(Population.VERSION + 2);
  }

  @Test
  void verifyJson_otherTraitIdOrVersion_isRefused() {
    String json = new String(json(people.profile(7, Population.VERSION)), US_ASCII);
    for (String other :
        new String[] {
          json.replace("\"country\":\"FR\"", "\"country\":\"BE\""),
          json.replace(people.profileId(7), people.profileId(8)),
          json.replace(String.valueOf(Population.VERSION), String.valueOf(Population.VERSION + 1)),
          "{}"
        }) {
      assertThat(other).isNotEqualTo(json);
      byte[] bytes = other.getBytes(US_ASCII);
      assertThat(people.verifyJson(bytes, 0, bytes.length, 7)).isEqualTo(-1);
    }
  }

  private static byte[] json(Profile profile) {
    return Population.json(profile).getBytes(US_ASCII);
  }
}
