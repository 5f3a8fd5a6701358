package dev.attune.load.chaos;

/** Profile ids of numbered people. */
final class People {
  private static final int DIGITS = 32;

  private People() {}

  static String id(int person) {
    return "%032x".formatted(person);
  }

  /** Whose id it is; {@link Attempt#NOBODY} when it is nobody's of so many. */
  static int of(String id, int people) {
    try {
      int person = id.length() == DIGITS ? Integer.parseInt(id, 16) : Attempt.NOBODY;
      return person < people ? person : Attempt.NOBODY;
    } catch (NumberFormatException e) {
      return Attempt.NOBODY;
    }
  }
}
