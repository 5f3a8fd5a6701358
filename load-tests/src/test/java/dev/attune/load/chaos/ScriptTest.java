package dev.attune.load.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScriptTest {
  private static final int MESSAGES = 500;

  private final long seed = new Random().nextLong();
  private final Script script = new Script(seed);

  @Test
  void everyMessage_isTakenAfterAFewFaults_andEverAfter() {
    Set<Answer> seen = EnumSet.noneOf(Answer.class);
    for (int number = 1; number <= MESSAGES; number++) {
      boolean taken = false;
      for (int attempt = 0; attempt <= Script.FAULTS_MAX + 1; attempt++) {
        Answer answer = script.answer(number % 7, number % 5, number, attempt);
        seen.add(answer);
        assertThat(answer.takes() || !taken).as("seed %d, message %d", seed, number).isTrue();
        taken = answer.takes();
      }
      assertThat(taken).as("seed %d, message %d", seed, number).isTrue();
    }
    assertThat(seen).as("seed %d", seed).isEqualTo(EnumSet.allOf(Answer.class));
  }

  @Test
  void sameSeed_answersTheSame() {
    Script again = new Script(seed);
    for (int number = 1; number <= MESSAGES; number++) {
      for (int attempt = 0; attempt <= Script.FAULTS_MAX; attempt++) {
        assertThat(again.answer(3, 4, number, attempt))
            .as("seed %d", seed)
            .isEqualTo(script.answer(3, 4, number, attempt));
      }
    }
  }
}
