package dev.attune.profiles.lookup;

import java.util.List;

/**
 * What a caller wants to know, whoever it is about, as it was said on either transport.
 *
 * @param view empty: none
 * @param fields empty: everything
 * @param maxAgeMillis {@link #UNSAID} when not said
 * @param minToken empty: none
 * @param maxWaitMillis {@link #UNSAID} when not said
 */
record Question(
    String view, List<String> fields, long maxAgeMillis, String minToken, long maxWaitMillis) {
  static final long UNSAID = Long.MIN_VALUE;

  /** Everything, as fresh as it comes. */
  static final Question WHOLE = new Question("", List.of(), UNSAID, "", UNSAID);
}
