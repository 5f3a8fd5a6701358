package dev.attune.load.pipeline;

import dev.attune.load.pipeline.Plan.Kind;

/** Which of a plan's events are what, and about whom. */
public enum Mix {
  /**
   * Of ten events eight are identifies that change one trait of one of 1,999 people in turn, one is
   * a stranger's first event, which makes them a member of an audience, and one is an order, which
   * a webhook tells of.
   */
  SHOP {
    private static final int PEOPLE = 1_999;
    private static final int IDENTIFIES = 8;

    @Override
    Kind kind(int i) {
      return switch (i % CYCLE) {
        case 3 -> Kind.JOIN;
        case 7 -> Kind.ORDER;
        default -> Kind.IDENTIFY;
      };
    }

    @Override
    int countBefore(int i) {
      int place = i % CYCLE;
      return switch (place) {
        case 3, 7 -> i / CYCLE;
        default -> i / CYCLE * IDENTIFIES + place - (place > 3 ? 1 : 0) - (place > 7 ? 1 : 0);
      };
    }

    @Override
    String userId(int i) {
      return kind(i) == Kind.JOIN ? "stranger-" + i : "person-" + countBefore(i) % PEOPLE;
    }

    @Override
    int identifiesASecond(int rate) {
      return rate * IDENTIFIES / CYCLE;
    }
  },

  /**
   * Of ten events two are identifies that change one trait, and eight are views of about 1 KB, of
   * some 20,000 people in turn.
   */
  BROWSING {
    private static final int IDENTIFY_EVERY = 5;

    @Override
    Kind kind(int i) {
      return i % IDENTIFY_EVERY == 0 ? Kind.IDENTIFY : Kind.VIEW;
    }

    @Override
    int countBefore(int i) {
      return i / IDENTIFY_EVERY;
    }

    @Override
    String userId(int i) {
      return "u-%010d".formatted(i % BROWSERS);
    }

    @Override
    int identifiesASecond(int rate) {
      return rate / IDENTIFY_EVERY;
    }
  };

  /** People of {@link #BROWSING}; a prime, so that everybody does everything in the end. */
  public static final int BROWSERS = 19_997;

  private static final int CYCLE = 10;

  abstract Kind kind(int i);

  /** How many of the same kind come before it. */
  abstract int countBefore(int i);

  abstract String userId(int i);

  abstract int identifiesASecond(int rate);
}
