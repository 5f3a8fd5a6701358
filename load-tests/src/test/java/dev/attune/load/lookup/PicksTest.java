package dev.attune.load.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

final class PicksTest {
  private static final int DRAWS = 1_000_000;

  @Test
  void zipf_manyDraws_followTheLaw() {
    int size = 1_000;
    double exponent = 0.99;
    IntSupplier zipf = Picks.zipf(size, exponent, 42);
    int[] count = new int[size];
    for (int i = 0; i < DRAWS; i++) {
      count[zipf.getAsInt()]++;
    }
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += Math.pow(i + 1, -exponent);
    }
    for (int i : new int[] {0, 1, 9, 99, 999}) {
      double expected = Math.pow(i + 1, -exponent) / sum * DRAWS;
      assertThat((double) count[i]).isCloseTo(expected, within(5 * Math.sqrt(expected) + 5));
    }
  }

  @Test
  void uniform_manyDraws_meetEverybody() {
    IntSupplier uniform = Picks.uniform(100, 7);
    int[] count = new int[100];
    for (int i = 0; i < DRAWS; i++) {
      count[uniform.getAsInt()]++;
    }
    for (int each : count) {
      assertThat(each).isBetween(9_000, 11_000);
    }
  }
}
