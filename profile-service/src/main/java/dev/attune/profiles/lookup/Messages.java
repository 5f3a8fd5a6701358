package dev.attune.profiles.lookup;

/** What callers read, on either transport. */
final class Messages {
  static final String ABSENT = "nobody is known by this identifier";
  static final String UNAVAILABLE = "the store did not answer in time; try again";
  static final String OVERLOADED = "too many lookups at once; send fewer";
  static final String CORRUPT = "the stored profile cannot be read; the log says more";
  static final String WHO = "who: not set (expected: identifier, profile_id or group_id)";

  private Messages() {}
}
