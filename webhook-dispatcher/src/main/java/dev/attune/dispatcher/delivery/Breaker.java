package dev.attune.dispatcher.delivery;

import java.time.Duration;

/**
 * Keeps attempts away from an endpoint that does nothing but fail. It opens when at least 20
 * attempts in a row failed, over at least 10 seconds. While it is open one attempt is made after 5
 * seconds, and again after twice as long, up to a minute, until one is answered well: that closes
 * it. Times in microseconds. For one thread at a time.
 *
 * <p>What is not attempted has used up none of its retries: an outage costs its deliveries nothing
 * but time.
 */
final class Breaker {
  static final int FAILURES = 20;
  static final Duration LASTING = Duration.ofSeconds(10);
  static final Duration OPEN_MIN = Duration.ofSeconds(5);
  static final Duration OPEN_MAX = Duration.ofMinutes(1);

  private int failures;
  private long failingSince;
  private long openFor;
  private long openUntil;
  private boolean probing;

  /** Whether nothing is known that speaks against the endpoint. */
  boolean isFresh() {
    return failures == 0;
  }

  boolean isOpen() {
    return openFor > 0;
  }

  /** When an attempt may begin: now or earlier, or later. */
  long from(long now) {
    if (!isOpen()) {
      return now;
    }
    // Until the probe has ended nobody knows; its end is noticed at the next tick.
    return probing ? now + micros(DeliveryOwner.TICK) : openUntil;
  }

  /** An attempt begins. */
  void begun() {
    probing = isOpen();
  }

  /** An attempt was answered well. */
  void succeeded() {
    failures = 0;
    openFor = 0;
    probing = false;
  }

  /** An attempt failed. */
  void failed(long now) {
    if (isOpen()) {
      // One from before it opened says no more than it did.
      if (probing) {
        probing = false;
        openFor = Math.min(openFor * 2, micros(OPEN_MAX));
        openUntil = now + openFor;
      }
      return;
    }
    if (failures++ == 0) {
      failingSince = now;
    }
    if (failures >= FAILURES && now - failingSince >= micros(LASTING)) {
      openFor = micros(OPEN_MIN);
      openUntil = now + openFor;
    }
  }

  /** An attempt was not made after all. */
  void notMade() {
    probing = false;
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
