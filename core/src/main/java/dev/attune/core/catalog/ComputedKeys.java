package dev.attune.core.catalog;

/** The names under which the values of computed traits are told beside audiences. */
public final class ComputedKeys {
  /** What they begin with; no audience's name does. */
  public static final String PREFIX = "#";

  private ComputedKeys() {}

  /** That of a trait. */
  public static String of(String trait) {
    return PREFIX + trait;
  }

  /** Whether something is told under such a name, and not of an audience. */
  public static boolean isOne(String told) {
    return told.startsWith(PREFIX);
  }

  /** The trait of such a name. */
  public static String trait(String told) {
    return told.substring(PREFIX.length());
  }
}
