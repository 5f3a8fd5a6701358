package dev.attune.evaluator;

import static java.util.Comparator.naturalOrder;

import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.KnownHistory;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Transition.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What the evaluator counts. Names of audiences are no personal data, but there may be many: not a
 * label.
 */
final class EvaluatorMetrics {
  private final Counter entered;
  private final Counter exited;
  private final Counter reasserted;
  private final Counter computed;
  private final Counter changes;
  private final Counter moves;
  private final Counter timers;
  private final Counter rejected;
  private final Counter recognised;
  private final Counter late;
  private final Map<Integer, Long> watermarks = new ConcurrentHashMap<>();
  private final Map<Integer, Sizes> sizes = new ConcurrentHashMap<>();
  private final Map<Integer, PartitionAudiences> audiences = new ConcurrentHashMap<>();

  EvaluatorMetrics(MeterRegistry registry) {
    entered = transitions(registry, "entered", "People who entered an audience.");
    exited = transitions(registry, "exited", "People who left an audience.");
    reasserted = transitions(registry, "reasserted", "Memberships told again with another end.");
    computed = transitions(registry, "computed", "Computed traits that have another value.");
    changes = registry.counter("attune.evaluator.changes");
    moves = registry.counter("attune.evaluator.moves");
    timers = registry.counter("attune.evaluator.timers.fired");
    // Compare with 0: each one is a record that had no effect and lies in the dead letters.
    rejected = registry.counter("attune.evaluator.rejected");
    // Copies of events that audiences count, those included that were told again after a crash.
    recognised = duplicates(registry, "recognised", "Copies of events that were not counted again");
    // Worry when it grows with the recognised ones: somebody sends again what is very old.
    late =
        duplicates(registry, "late", "Events that came so late that a first copy may be forgotten");
    // Of the partition that is furthest behind. Worry when it is greater than the lag of the
    // events.
    Gauge.builder(
            "attune.evaluator.watermark.seconds", this, m -> m.watermarkMicros() / 1_000_000.0)
        .register(registry);
  }

  private static Counter transitions(MeterRegistry registry, String kind, String description) {
    return Counter.builder("attune.evaluator.transitions")
        .tag("kind", kind)
        .description(description)
        .register(registry);
  }

  private static Counter duplicates(MeterRegistry registry, String kind, String description) {
    return Counter.builder("attune.events.duplicates")
        .tag("part", "evaluator")
        .tag("kind", kind)
        .description(description)
        .register(registry);
  }

  void copies(Copies copies) {
    recognised.increment(copies.recognised());
    late.increment(copies.late());
  }

  void change() {
    changes.increment();
  }

  void move() {
    moves.increment();
  }

  void timers(int fired) {
    timers.increment(fired);
  }

  void rejected() {
    rejected.increment();
  }

  long rejectedCount() {
    return (long) rejected.count();
  }

  void told(Transition transition) {
    if (ComputedKeys.isOne(transition.getAudience())) {
      computed.increment();
      return;
    }
    if (transition.getReason() == Reason.REASSERTED) {
      reasserted.increment();
      return;
    }
    (transition.getEntered() ? entered : exited).increment();
  }

  /** Of an audience, over the partitions that this process has. */
  Sizes.Size size(String audience, long nowMicros) {
    long hour = TimeUnit.MICROSECONDS.toHours(nowMicros);
    return sizes.values().stream()
        .map(of -> of.of(audience, hour))
        .reduce(Sizes.Size.NONE, Sizes.Size::plus);
  }

  /** Whether there is a partition, and every member of each was counted. */
  boolean sizesAreComplete() {
    return !sizes.isEmpty() && sizes.values().stream().allMatch(Sizes::isComplete);
  }

  /** The partitions that this process has, in order. */
  SortedSet<Integer> partitions() {
    return new TreeSet<>(sizes.keySet());
  }

  void opened(int partition, Sizes of, PartitionAudiences decided) {
    sizes.put(partition, of);
    audiences.put(partition, decided);
  }

  /** What an audience does, in the partition that is furthest from deciding it. */
  Stage stage(CompiledAudience audience) {
    return audiences.values().stream()
        .map(each -> each.stage(audience))
        .max(naturalOrder())
        .orElse(Stage.LIVE);
  }

  /**
   * Version of what decides an audience, the oldest over the partitions; empty: nobody enters or
   * leaves it in one of them.
   */
  OptionalLong decidedBy(CompiledAudience audience) {
    return audiences.values().stream()
        .map(each -> each.decidedBy(audience))
        .reduce(
            OptionalLong.of(audience.version()),
            (a, b) ->
                a.isEmpty() || b.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(Math.min(a.getAsLong(), b.getAsLong())));
  }

  /** Whether all events that an audience counts are known in every partition. */
  boolean knows(CompiledAudience audience, long nowMicros) {
    return !audiences.isEmpty()
        && audiences.values().stream().allMatch(each -> each.knows(audience, nowMicros));
  }

  /** See {@link KnownHistory#completeFrom}; over the partitions. */
  OptionalLong completeFrom(CompiledAudience audience, long nowMicros) {
    return audiences.values().stream()
        .map(each -> each.completeFrom(audience, nowMicros))
        .filter(OptionalLong::isPresent)
        .mapToLong(OptionalLong::getAsLong)
        .max();
  }

  long enteredCount() {
    return (long) entered.count();
  }

  long exitedCount() {
    return (long) exited.count();
  }

  void watermark(int partition, long micros) {
    watermarks.put(partition, micros);
  }

  void closed(int partition) {
    watermarks.remove(partition);
    sizes.remove(partition);
    audiences.remove(partition);
  }

  /** The least over the partitions that this process has, 0 while one of them has none. */
  long watermarkMicros() {
    return watermarks.values().stream().mapToLong(Long::longValue).min().orElse(0);
  }
}
