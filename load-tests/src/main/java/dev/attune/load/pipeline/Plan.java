package dev.attune.load.pipeline;

import java.time.Instant;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which event is sent when, about whom. Event {@code i} is due {@code i / rate} seconds after the
 * start. Of ten events eight are identifies that change one trait of one of 1,999 people in turn,
 * one is a stranger's first event, which makes them a member of an audience, and one is an order,
 * which a webhook tells of.
 *
 * @param rate events a second
 * @param warmUpSeconds whose events are verified like all others, but not timed
 * @param seconds that are timed
 */
record Plan(int rate, int warmUpSeconds, int seconds) {
  static final String JOINED = "Bench Joined";
  static final String ORDERED = "Bench Ordered";
  static final String TRAIT = "bench_sequence";
  static final String EVENT_ID = "bench-";
  static final String BATCH_PATH = "/v1/batch";

  /**
   * Every how many identifies one is looked for. Prime to the people: it is not always the same.
   */
  private static final int LOOKUP_EVERY = 20;

  /** Every how many strangers one is looked for. */
  private static final int AUDIENCE_EVERY = 4;

  /** Above so many events a second a smaller share is looked for, or looking becomes the load. */
  private static final int RATE_OF_SHARES = 500;

  private static final int PEOPLE = 1_999;
  private static final int CYCLE = 10;
  private static final int IDENTIFIES = 8;
  private static final long SECOND = 1_000_000_000L;

  /** What an event is there for. */
  enum Kind {
    IDENTIFY,
    JOIN,
    ORDER
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
    return switch (i % CYCLE) {
      case 3 -> Kind.JOIN;
      case 7 -> Kind.ORDER;
      default -> Kind.IDENTIFY;
    };
  }

  /** How many of the same kind come before it. */
  private static int ordinal(int i) {
    int place = i % CYCLE;
    return switch (place) {
      case 3, 7 -> i / CYCLE;
      default -> i / CYCLE * IDENTIFIES + place - (place > 3 ? 1 : 0) - (place > 7 ? 1 : 0);
    };
  }

  String userId(int i) {
    return switch (kind(i)) {
      case JOIN -> "stranger-" + i;
      case ORDER, IDENTIFY -> "person-" + ordinal(i) % PEOPLE;
    };
  }

  /**
   * Whether its effect is looked for from its acknowledgement on. In the warm-up too: lookups are
   * part of the load, and cold ones would be measured in its first timed seconds.
   */
  boolean isWatched(int i) {
    return switch (kind(i)) {
      case IDENTIFY -> ordinal(i) % lookupEvery() == 0;
      case JOIN -> ordinal(i) % audienceEvery() == 0;
      case ORDER -> false;
    };
  }

  /** Of how many identifies one is looked for. */
  int lookupEvery() {
    return LOOKUP_EVERY * thinner();
  }

  /** Of how many strangers one is looked for. */
  int audienceEvery() {
    return AUDIENCE_EVERY * thinner();
  }

  private int thinner() {
    return Math.ceilDiv(Math.max(1, rate), RATE_OF_SHARES);
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
