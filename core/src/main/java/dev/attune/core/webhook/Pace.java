package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;

/**
 * How much an endpoint wants at once, from each process that dispatches.
 *
 * @param perSecond most attempts that begin in a second; {@link #UNLIMITED} for no limit
 * @param concurrency most attempts that run at once
 */
public record Pace(int perSecond, int concurrency) {
  /** No limit of attempts in a second. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  public static final int PER_SECOND_MAX = 10_000;
  public static final int CONCURRENCY_MAX = 128;

  /** When the definition says nothing: 32 at once, however many in a second. */
  public static final Pace DEFAULT = new Pace(UNLIMITED, 32);

  /** Reads {@code rate_limit} and {@code concurrency} of a webhook. */
  static Pace parse(Yaml webhook) {
    return new Pace(
        webhook
            .find("rate_limit")
            .map(limit -> (int) limit.integer(1, PER_SECOND_MAX))
            .orElse(DEFAULT.perSecond),
        webhook
            .find("concurrency")
            .map(limit -> (int) limit.integer(1, CONCURRENCY_MAX))
            .orElse(DEFAULT.concurrency));
  }
}
