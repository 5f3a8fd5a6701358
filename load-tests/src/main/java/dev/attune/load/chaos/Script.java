package dev.attune.load.chaos;

import java.util.List;
import java.util.Random;

/**
 * How each endpoint answers each message about each person: with so many faults, then 200. Drawn
 * from the seed alone, so that the order of requests has no say.
 *
 * @param seed of everything
 */
record Script(long seed) {
  /** Of messages that are taken at once. */
  private static final double WELL = 0.7;

  /** Most faults of a message: far fewer than there are retries. */
  static final int FAULTS_MAX = 3;

  private static final List<Answer> FAULTS =
      List.of(
          Answer.ERROR,
          Answer.ERROR,
          Answer.SILENCE,
          Answer.RESET,
          Answer.RESET,
          Answer.GARBAGE,
          Answer.SLOW_ERROR,
          Answer.WORDY_ERROR);

  /** Of those who take it. */
  private static final double ODDLY = 0.05;

  /**
   * The answer to an attempt.
   *
   * @param number of the message, of this person
   * @param attempt from 0
   */
  Answer answer(int endpoint, int person, int number, int attempt) {
    Random random = random(endpoint, person, number);
    int faults = random.nextDouble() < WELL ? 0 : 1 + random.nextInt(FAULTS_MAX);
    Answer taken =
        random.nextDouble() >= ODDLY
            ? Answer.TAKEN
            : random.nextBoolean() ? Answer.TAKEN_SLOWLY : Answer.TAKEN_WORDILY;
    Answer answer = taken;
    for (int i = 0; i <= Math.min(attempt, faults); i++) {
      answer = i < faults ? FAULTS.get(random.nextInt(FAULTS.size())) : taken;
    }
    return answer;
  }

  private Random random(int endpoint, int person, int number) {
    long mixed = seed;
    for (int part : new int[] {endpoint, person, number}) {
      mixed = (mixed ^ part) * 0x9E3779B97F4A7C15L;
      mixed ^= mixed >>> 32;
    }
    return new Random(mixed);
  }
}
