package dev.attune.store.near;

import dev.attune.core.profile.LookupResult;

/** What is kept under an identifier or a profile id, and as of when. */
sealed interface Entry {
  /** The question that the store answered with it; a change that was told does not renew it. */
  Asked asked();

  /** A profile, under its own id. */
  record Body(LookupResult.Found found, long version, Asked asked) implements Entry {}

  /**
   * Whose identifier it is, or what a profile was merged into.
   *
   * @param version of the redirect where it is known, else 0
   */
  record Pointer(String profileId, long version, Asked asked) implements Entry {}

  /** There is nobody. */
  record Nobody(Asked asked) implements Entry {}
}
