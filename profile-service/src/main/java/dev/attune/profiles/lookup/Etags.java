package dev.attune.profiles.lookup;

/** Tags of answers: what an answer depends on, written down. */
final class Etags {
  private Etags() {}

  /**
   * The tag of one answer, in quotes.
   *
   * @param ended memberships that time alone has ended since the version was written
   * @param stale selected values that time alone has made stale since
   */
  static String of(
      String profileId,
      long version,
      long catalogVersion,
      Selection selection,
      int ended,
      int stale) {
    StringBuilder tag = new StringBuilder(64).append('"');
    // Two profiles may have one version, and an identifier may move from one to the other.
    tag.append(profileId, 0, Math.min(12, profileId.length()))
        .append('-')
        .append(Long.toString(version, 36))
        .append('-')
        .append(Long.toString(catalogVersion, 36))
        .append('-')
        .append(selection.tag());
    // For one version both numbers only grow, and each new end makes another answer.
    if (ended > 0) {
      tag.append("-e").append(ended);
    }
    if (stale > 0) {
      tag.append("-s").append(stale);
    }
    return tag.append('"').toString();
  }

  /** True when a list as in If-None-Match has the tag. */
  static boolean matches(String ifNoneMatch, String tag) {
    if (ifNoneMatch.isEmpty()) {
      return false;
    }
    for (String each : ifNoneMatch.split(",", -1)) {
      String stripped = each.strip();
      if (stripped.equals("*")
          || stripped.equals(tag)
          || (stripped.startsWith("W/") && stripped.substring(2).equals(tag))) {
        return true;
      }
    }
    return false;
  }
}
