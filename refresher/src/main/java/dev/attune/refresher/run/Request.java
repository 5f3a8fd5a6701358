package dev.attune.refresher.run;

import dev.attune.refresher.snapshot.RefreshOptions;

/**
 * What somebody asks a run for.
 *
 * @param key of the request: the same one again asks for no second run; empty: there is none
 */
public record Request(String model, RefreshOptions options, String key) {
  /** Longest key. */
  public static final int KEY_LENGTH_MAX = 200;

  public Request {
    if (!key.matches("[\\x21-\\x7e]{0," + KEY_LENGTH_MAX + "}")) {
      throw new IllegalArgumentException(
          "the idempotency key is not plain text without spaces of at most "
              + KEY_LENGTH_MAX
              + " characters");
    }
  }

  /** Brings a model up to date. */
  public static Request of(String model) {
    return new Request(model, RefreshOptions.NONE, "");
  }
}
