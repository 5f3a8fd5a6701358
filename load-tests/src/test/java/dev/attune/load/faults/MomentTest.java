package dev.attune.load.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MomentTest {
  @Test
  void draw_ofEnough_hasEachMomentAndIsTheSeeds() {
    for (long seed = 0; seed < 100; seed++) {
      assertThat(Moment.draw(new Random(seed), 50)).as("seed %d", seed).hasSize(50);
      assertThat(Moment.draw(new Random(seed), 7)).as("seed %d", seed).contains(Moment.values());
      assertThat(Moment.draw(new Random(seed), 3)).as("seed %d", seed).hasSize(3);
      assertThat(Moment.draw(new Random(seed), 20)).isEqualTo(Moment.draw(new Random(seed), 20));
    }
  }
}
