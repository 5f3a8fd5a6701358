package dev.attune.core.profile;

/** What a lookup found. */
public sealed interface LookupResult {
  /** Somebody is known by that identifier. */
  record Found(Served served) implements LookupResult {}

  /** Nobody is. */
  record Absent() implements LookupResult {}
}
