package dev.attune.load.pipeline;

import java.time.Instant;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which event is sent when, about whom. Event {@code i} is due {@code i / rate} seconds after the
 * start.
 *
 * @param rate events a second
 * @param warmUpSeconds whose events are verified like all others, but not timed
 * @param seconds that are timed
 */
record Plan(int rate, int warmUpSeconds, int seconds, Mix mix) {
  static final String JOINED = "Bench Joined";
  static final String ORDERED = "Bench Ordered";
  static final String TRAIT = "bench_sequence";
  static final String EVENT_ID = "bench-";
  static final String BATCH_PATH = "/v1/batch";

  /** How many identifies a second are looked for: looking must not become the load. */
  private static final int LOOKED_FOR_A_SECOND = 20;

  /** Every how many strangers one is looked for, up to {@link #RATE_OF_SHARES}. */
  private static final int AUDIENCE_EVERY = 4;

  private static final int RATE_OF_SHARES = 500;
  private static final int VIEW_BYTES = 1_000;
  private static final long SECOND = 1_000_000_000L;

  /** What an event is there for. */
  enum Kind {
    IDENTIFY,
    JOIN,
    ORDER,
    VIEW
  }

  /** Of the mix with a webhook and an audience. */
  Plan(int rate, int warmUpSeconds, int seconds) {
    this(rate, warmUpSeconds, seconds, Mix.SHOP);
  }

  int events() {
    return rate * (warmUpSeconds + seconds);
  }

  int warmUpEvents() {
    return rate * warmUpSeconds;
  }

  boolean isTimed(int i) {
    return i >= warmUpEvents();
  }

  long dueNanos(int i) {
    return i * SECOND / rate;
  }

  Kind kind(int i) {
    return mix.kind(i);
  }

  String userId(int i) {
    return mix.userId(i);
  }

  /**
   * Whether its effect is looked for from its acknowledgement on. In the warm-up too: lookups are
   * part of the load, and cold ones would be measured in its first timed seconds.
   */
  boolean isWatched(int i) {
    return switch (kind(i)) {
      case IDENTIFY -> mix.countBefore(i) % lookupEvery() == 0;
      case JOIN -> mix.countBefore(i) % audienceEvery() == 0;
      case ORDER, VIEW -> false;
    };
  }

  /**
   * Of how many identifies one is looked for. The numbers of people are primes: not always the
   * same.
   */
  int lookupEvery() {
    return Math.max(1, mix.identifiesASecond(rate) / LOOKED_FOR_A_SECOND);
  }

  /** Of how many strangers one is looked for. */
  int audienceEvery() {
    return AUDIENCE_EVERY * Math.ceilDiv(Math.max(1, rate), RATE_OF_SHARES);
  }

  String path(int i) {
    return "/v1/" + type(i);
  }

  private String type(int i) {
    return kind(i) == Kind.IDENTIFY ? "identify" : "track";
  }

  /** Some events in one request, as an SDK that collects them would send it. */
  String batchJson(int first, int count, Instant now) {
    return IntStream.range(first, first + count)
        .mapToObj(i -> json(i, now))
        .collect(Collectors.joining(",", "{\"batch\":[", "]}"));
  }

  /** As an SDK would send it. */
  String json(int i, Instant now) {
    String content =
        switch (kind(i)) {
          case IDENTIFY -> "\"traits\":{\"" + TRAIT + "\":" + i + "}";
          case JOIN -> "\"event\":\"" + JOINED + "\",\"properties\":{\"number\":" + i + "}";
          case ORDER -> "\"event\":\"" + ORDERED + "\",\"properties\":{\"number\":" + i + "}";
          case VIEW ->
              "\"event\":\"Product Viewed\",\"properties\":{\"number\":"
                  + i
                  + ",\"text\":\""
                  + "x".repeat(VIEW_BYTES)
                  + "\"}";
        };
    return "{\"type\":\""
        + type(i)
        + "\",\"messageId\":\""
        + EVENT_ID
        + i
        + "\",\"userId\":\""
        + userId(i)
        + "\",\"timestamp\":\""
        + now
        + "\","
        + content
        + "}";
  }

  /** The event that an id names; empty when it is none of ours. */
  OptionalInt event(String eventId) {
    if (!eventId.matches(EVENT_ID + "\\d{1,9}")) {
      return OptionalInt.empty();
    }
    int i = Integer.parseInt(eventId.substring(EVENT_ID.length()));
    return i < events() ? OptionalInt.of(i) : OptionalInt.empty();
  }
}
