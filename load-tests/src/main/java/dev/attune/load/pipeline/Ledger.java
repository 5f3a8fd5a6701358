package dev.attune.load.pipeline;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/** What is known of each event of a plan. Times are {@link System#nanoTime()}, 0 is never. */
final class Ledger {
  private final Plan plan;
  private final AtomicLongArray acknowledged;
  private final AtomicLongArray delivered;
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicReference<String> firstRefusal = new AtomicReference<>("");

  Ledger(Plan plan) {
    this.plan = plan;
    this.acknowledged = new AtomicLongArray(plan.events());
    this.delivered = new AtomicLongArray(plan.events());
  }

  void acknowledged(int i, long nanos) {
    acknowledged.set(i, nanos);
  }

  /**
   * Not taken, or nobody knows: it may have an effect and need not.
   *
   * @param why of the first one is told
   */
  void refused(String why) {
    refused.incrementAndGet();
    firstRefusal.compareAndSet("", why);
  }

  /** Why the first was refused; empty when none was. */
  String firstRefusal() {
    return firstRefusal.get();
  }

  int refusedCount() {
    return refused.get();
  }

  /** A webhook came; the first one counts. */
  void delivered(int i, long nanos) {
    delivered.compareAndSet(i, 0, nanos);
  }

  boolean isAcknowledged(int i) {
    return acknowledged.get(i) != 0;
  }

  boolean isDelivered(int i) {
    return delivered.get(i) != 0;
  }

  long acknowledgedAt(int i) {
    return acknowledged.get(i);
  }

  long deliveredAt(int i) {
    return delivered.get(i);
  }

  /** All acknowledged events, in their order. */
  IntStream acknowledged() {
    return IntStream.range(0, plan.events()).filter(this::isAcknowledged);
  }

  /** Those of one kind. */
  IntStream acknowledged(Plan.Kind kind) {
    return acknowledged().filter(i -> plan.kind(i) == kind);
  }
}
