package dev.attune.refresher.event;

import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProgressReader;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells lookups, in marks of the store, how far the events are written, so that whoever wrote one
 * can wait for it.
 *
 * <ul>
 *   <li>{@code events/<partition>}: the offset up to which every event is in its profile or in dead
 *       letters; kept for as long as the events are
 *   <li>{@code rejected/<partition>/<offset>}: 1, of an event that went to dead letters as a whole;
 *       there before the first passes it
 *   <li>{@code rejected/<partition>}: the last such offset, so that whoever asks for many events
 *       need not ask for each
 *   <li>{@code events/lost} and {@code events/found}: when the store was seen to have lost what it
 *       had taken, and up to which of those times all is back; in between the others do not hold
 * </ul>
 *
 * <p>Marks are a hint: without them a lookup says that it waits. So the events do not wait for
 * them, and a store that does not take them is asked again later. One call is under way at a time;
 * what comes meanwhile goes with the next one. After a start everything before the position is
 * handled: whatever a crash left untold is told then.
 */
public final class HandledMarks {
  /** As long as the events themselves. */
  private static final Duration KEEP = Duration.ofDays(7);

  private static final Duration KEEP_REJECTED = Duration.ofHours(1);

  /** What a store that is away for long may make us hold; the rest is not told as rejected. */
  private static final int REJECTED_MAX = 50_000;

  private static final long RETRY_NANOS = 1_000_000_000;
  private static final Logger LOG = LoggerFactory.getLogger(HandledMarks.class);

  private final ProfileStore store;
  private final Duration timeout;

  // All guarded by this.
  private final Map<Integer, Long> handled = new HashMap<>();
  private final Map<String, Long> unraised = new HashMap<>();
  private final LinkedHashMap<String, Long> rejected = new LinkedHashMap<>();
  private final Map<String, Long> losses = new HashMap<>();
  private boolean underWay;
  private boolean failing;
  private long failedNanos;
  private int held;
  private long lostMicros;

  public HandledMarks(ProfileStore store, Duration timeout) {
    this.store = store;
    this.timeout = timeout;
  }

  /** An event is in dead letters, whole. Before {@link #handled} passes it. */
  synchronized void rejected(int partition, long offset) {
    if (rejected.size() < REJECTED_MAX) {
      rejected.put(ProgressReader.rejectedMark(partition, offset), 1L);
      rejected.merge(ProgressReader.rejectedMark(partition), offset, Math::max);
    }
  }

  /** Every event of a partition up to this offset is written, or in dead letters. */
  synchronized void handled(int partition, long offset) {
    if (handled.merge(partition, offset, Math::max) == offset) {
      unraised.put(ProgressReader.handledMark(partition), offset);
    }
  }

  /** After every poll: tells what is not told yet. */
  void polled(Consumer<byte[], byte[]> consumer) {
    for (TopicPartition partition : consumer.assignment()) {
      if (!isKnown(partition.partition())) {
        try {
          long position = consumer.position(partition, Duration.ZERO);
          if (position > 0) {
            handled(partition.partition(), position - 1);
          }
        } catch (TimeoutException e) {
          // Not known yet: after one of the next polls.
        }
      }
    }
    raise();
  }

  private synchronized boolean isKnown(int partition) {
    return handled.containsKey(partition);
  }

  /** Begins to tell what is not told yet. */
  synchronized void raise() {
    if (underWay || (failing && System.nanoTime() - failedNanos < RETRY_NANOS)) {
      return;
    }
    Map<String, Long> first = new HashMap<>();
    Map<String, Long> then = new HashMap<>(losses);
    if (held == 0) {
      rejected.entrySet().stream()
          .limit(ProfileStore.BATCH_MAX)
          .forEach(mark -> first.put(mark.getKey(), mark.getValue()));
      // What is not told as rejected must not pass as written.
      if (first.size() == rejected.size()) {
        then.putAll(unraised);
      }
    }
    if (first.isEmpty() && then.isEmpty()) {
      return;
    }
    underWay = true;
    CompletionStage<Void> done = raised(first, KEEP_REJECTED).thenCompose(_ -> raised(then, KEEP));
    var _ = done.whenComplete((_, error) -> ended(first, then, error));
  }

  private CompletionStage<Void> raised(Map<String, Long> marks, Duration keep) {
    return marks.isEmpty()
        ? CompletableFuture.completedFuture(null)
        : store.raiseMarks(marks, keep, timeout);
  }

  private synchronized void ended(
      Map<String, Long> first, Map<String, Long> then, @Nullable Throwable error) {
    underWay = false;
    if (error != null) {
      if (!failing) {
        LOG.warn("how far the events are could not be told; lookups with a token wait");
        LOG.debug("the failure", error);
      }
      failing = true;
      failedNanos = System.nanoTime();
      return;
    }
    failing = false;
    first.forEach((name, value) -> rejected.remove(name, value));
    then.forEach(
        (name, value) -> {
          unraised.remove(name, value);
          losses.remove(name, value);
        });
    raise();
  }

  /**
   * Tells nothing more until {@link #release}, but that what was told does not hold: the store lost
   * what it had taken. Who dies before the release leaves it so, see {@link #isHeldBySomebody}.
   */
  public synchronized void hold(Instant now) {
    held++;
    lostMicros = Math.max(lostMicros + 1, ChronoUnit.MICROS.between(Instant.EPOCH, now));
    losses.put(ProgressReader.LOST, lostMicros);
    // The server that was lost may have failed the last call; this must not wait for its pause.
    failing = false;
    raise();
  }

  /** What was lost is back: tells again how far everything is. */
  public synchronized void release() {
    held--;
    if (held == 0) {
      losses.put(ProgressReader.FOUND, lostMicros);
    }
    again();
  }

  /** Whether somebody holds the marks of this store, or died before the release. */
  public CompletionStage<Boolean> isHeldBySomebody() {
    return store
        .readMarks(List.of(ProgressReader.LOST, ProgressReader.FOUND), timeout)
        .thenApply(marks -> marks.getFirst() > marks.getLast());
  }

  /** Tells all marks again: the store may have lost them. */
  public synchronized void again() {
    handled.forEach(
        (partition, offset) -> unraised.put(ProgressReader.handledMark(partition), offset));
    raise();
  }
}
