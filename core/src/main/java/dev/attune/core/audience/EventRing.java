package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The distinct events of one kind that may still matter, newest first. Immutable.
 *
 * <p>It is what makes sliding windows cheap and exact: at least n events lie within the time W
 * before now exactly when the n-th newest is later than {@code now - W}, so that no event older
 * than the N-th newest can ever decide a count of at most N, and the instant at which the answer
 * changes by itself is known: the n-th newest time plus W. Adding is a union of sets: it does not
 * depend on order and repeating it changes nothing.
 *
 * <p><b>Copies.</b> Whoever sends an event again may be understood to say another time, because
 * what is computed from a clock and a delay is computed anew. Copies count once, at the earliest
 * time: no delay makes an event earlier than it was, and the least of several is the least in
 * whichever order they come. So an event can still move back, and then counts what it had pushed
 * out. That is why {@link #keep} holds on to every event whose copies may still come, whatever its
 * time, and to the N newest of those beside them that are settled.
 */
final class EventRing {
  // Where nothing is taken from any of the events.
  private static final long[] NOTHING = {};

  static final EventRing EMPTY = new EventRing(new long[0], new long[0], new int[0], NOTHING);

  // When they happened, never growing.
  private final long[] micros;
  // Which events they are; between equal times the greater stands first, unsigned.
  private final long[] hashes;
  // The hour, counted from the epoch, in which the last copy was heard of; not before it happened.
  private final int[] heard;
  // What is taken from them, see Measure; none of them: all are 0.
  private final long[] taken;

  private EventRing(long[] micros, long[] hashes, int[] heard, long[] taken) {
    this.micros = micros;
    this.hashes = hashes;
    this.heard = heard;
    this.taken = taken;
  }

  /**
   * From its stored form; the arrays become the ring's.
   *
   * @param taken may be empty
   */
  static EventRing of(long[] micros, long[] hashes, int[] heard, long[] taken) {
    if (micros.length != hashes.length
        || micros.length != heard.length
        || (taken.length != 0 && taken.length != micros.length)) {
      throw new IllegalArgumentException(
          "ring: %d times, %d, %d, %d"
              .formatted(micros.length, hashes.length, heard.length, taken.length));
    }
    return new EventRing(micros, hashes, heard, noZeros(taken));
  }

  // So that equal rings have equal fields.
  private static long[] noZeros(long[] taken) {
    for (long each : taken) {
      if (each != 0) {
        return taken;
      }
    }
    return NOTHING;
  }

  int size() {
    return micros.length;
  }

  /** When the n-th newest happened, counted from 1. */
  long nth(int n) {
    return micros[n - 1];
  }

  /** When the newest happened; {@link Long#MIN_VALUE} when there is none. */
  long newestMicros() {
    return micros.length == 0 ? Long.MIN_VALUE : micros[0];
  }

  /** The hash of the n-th newest event, counted from 1. */
  long hash(int n) {
    return hashes[n - 1];
  }

  /** {@link Entry#heardAfter} of the n-th newest, counted from 1. */
  int heardAfter(int n) {
    return heard[n - 1] - Entry.hour(micros[n - 1]);
  }

  /** What was taken from the n-th newest, counted from 1. */
  long taken(int n) {
    return taken.length == 0 ? 0 : taken[n - 1];
  }

  /** Which of them, counted from 1, has this hash; 0 when none has. */
  int find(long hash) {
    for (int i = 0; i < hashes.length; i++) {
      if (hashes[i] == hash) {
        return i + 1;
      }
    }
    return 0;
  }

  /** With one more event, or another copy of one; the same ring when that changes nothing. */
  EventRing with(Entry entry) {
    int known = find(entry.hash);
    if (known > 0) {
      Entry both = entry(known).and(entry);
      return both.equals(entry(known)) ? this : without(known).with(both);
    }
    int at = 0;
    while (at < micros.length && Entry.NEWEST_FIRST.compare(entry(at + 1), entry) < 0) {
      at++;
    }
    int size = micros.length + 1;
    long[] newMicros = Arrays.copyOf(micros, size);
    long[] newHashes = Arrays.copyOf(hashes, size);
    int[] newHeard = Arrays.copyOf(heard, size);
    System.arraycopy(micros, at, newMicros, at + 1, size - at - 1);
    System.arraycopy(hashes, at, newHashes, at + 1, size - at - 1);
    System.arraycopy(heard, at, newHeard, at + 1, size - at - 1);
    newMicros[at] = entry.micros;
    newHashes[at] = entry.hash;
    newHeard[at] = entry.heard;
    return new EventRing(newMicros, newHashes, newHeard, takenWith(at, entry.taken));
  }

  private long[] takenWith(int at, long one) {
    if (taken.length == 0 && one == 0) {
      return NOTHING;
    }
    long[] newTaken = Arrays.copyOf(taken, micros.length + 1);
    if (taken.length > 0) {
      System.arraycopy(taken, at, newTaken, at + 1, taken.length - at);
    }
    newTaken[at] = one;
    return newTaken;
  }

  /** All events of both. */
  EventRing union(EventRing other) {
    if (other.size() == 0) {
      return this;
    }
    if (size() == 0) {
      return other;
    }
    Map<Long, Entry> all = new HashMap<>();
    for (EventRing ring : new EventRing[] {this, other}) {
      for (int n = 1; n <= ring.size(); n++) {
        all.merge(ring.hash(n), ring.entry(n), Entry::and);
      }
    }
    Entry[] sorted = all.values().toArray(Entry[]::new);
    Arrays.sort(sorted, Entry.NEWEST_FIRST);
    return of(sorted);
  }

  /**
   * Without what cannot matter any more; the same ring, and nothing made, when all of it can.
   *
   * @param capacity how many of the settled ones are kept
   * @param countedAfter no window sees what happened at or before this instant
   * @param settled whether copies of an event are expected no more, so that its time is final
   */
  EventRing keep(int capacity, long countedAfter, Settled settled) {
    int size = keep(capacity, countedAfter, settled, null);
    if (size == micros.length) {
      return this;
    }
    long[] keptTaken = taken.length == 0 ? NOTHING : new long[size];
    EventRing kept = new EventRing(new long[size], new long[size], new int[size], keptTaken);
    keep(capacity, countedAfter, settled, kept);
    return of(kept.micros, kept.hashes, kept.heard, kept.taken);
  }

  // How many are kept; they are put into the other ring, if there is one.
  private int keep(int capacity, long countedAfter, Settled settled, @Nullable EventRing into) {
    int size = 0;
    int settledOnes = 0;
    for (int i = 0; i < micros.length; i++) {
      if (settled.test(micros[i], hashes[i], heard[i])) {
        if (settledOnes == capacity || micros[i] <= countedAfter) {
          continue;
        }
        settledOnes++;
      }
      if (into != null) {
        into.micros[size] = micros[i];
        into.hashes[size] = hashes[i];
        into.heard[size] = heard[i];
        if (taken.length > 0) {
          into.taken[size] = taken[i];
        }
      }
      size++;
    }
    return size;
  }

  /** The n newest at most. */
  EventRing newest(int n) {
    return micros.length <= n ? this : range(0, n);
  }

  /** What lies in a window at an instant. */
  EventRing within(Window window, long nowMicros) {
    long before = window.before(nowMicros);
    long last = window.last(nowMicros);
    int from = 0;
    while (from < micros.length && micros[from] > last) {
      from++;
    }
    int to = micros.length;
    while (to > from && micros[to - 1] <= before) {
      to--;
    }
    return from == 0 && to == micros.length ? this : range(from, to);
  }

  /**
   * Whether so many are so new that a window may hold more than conditions look at, see {@link
   * Condition#EVENTS_MAX}.
   */
  boolean isFull(Window window, long nowMicros) {
    return micros.length >= Condition.EVENTS_MAX
        && micros[Condition.EVENTS_MAX - 1] > window.before(nowMicros);
  }

  /** The oldest; empty of an empty one. */
  EventRing oldest() {
    return range(Math.max(0, micros.length - 1), micros.length);
  }

  /** How many of them are not settled. */
  int unsettled(int settledUntilHour) {
    int count = 0;
    for (int hour : heard) {
      if (hour > settledUntilHour) {
        count++;
      }
    }
    return count;
  }

  /** The n-th newest, counted from 1. */
  Entry entry(int n) {
    return new Entry(micros[n - 1], hashes[n - 1], heard[n - 1], taken(n));
  }

  private EventRing range(int from, int to) {
    return of(
        Arrays.copyOfRange(micros, from, to),
        Arrays.copyOfRange(hashes, from, to),
        Arrays.copyOfRange(heard, from, to),
        taken.length == 0 ? NOTHING : Arrays.copyOfRange(taken, from, to));
  }

  private EventRing without(int n) {
    Entry[] rest = new Entry[micros.length - 1];
    for (int i = 1; i <= micros.length; i++) {
      if (i != n) {
        rest[i < n ? i - 1 : i - 2] = entry(i);
      }
    }
    return of(rest);
  }

  private static EventRing of(Entry[] sorted) {
    long[] micros = new long[sorted.length];
    long[] hashes = new long[sorted.length];
    int[] heard = new int[sorted.length];
    long[] taken = new long[sorted.length];
    for (int i = 0; i < sorted.length; i++) {
      micros[i] = sorted[i].micros;
      hashes[i] = sorted[i].hash;
      heard[i] = sorted[i].heard;
      taken[i] = sorted[i].taken;
    }
    return of(micros, hashes, heard, taken);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventRing ring
        && Arrays.equals(ring.micros, micros)
        && Arrays.equals(ring.hashes, hashes)
        && Arrays.equals(ring.heard, heard)
        && Arrays.equals(ring.taken, taken);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(micros) * 31 + Arrays.hashCode(hashes);
  }

  @Override
  public String toString() {
    return "EventRing[" + micros.length + "]";
  }

  /** Whether copies of an event are expected no more. */
  @FunctionalInterface
  interface Settled {
    /** Of an event as in {@link Entry}; apart, because this is asked of every event each time. */
    boolean test(long micros, long hash, int heard);
  }

  /**
   * One event.
   *
   * @param micros when it happened
   * @param heard the hour, counted from the epoch, in which the last copy was heard of
   * @param taken see {@link Measure}
   */
  record Entry(long micros, long hash, int heard, long taken) {
    static final Comparator<Entry> NEWEST_FIRST =
        Comparator.comparingLong(Entry::micros)
            .thenComparing(Entry::hash, Long::compareUnsigned)
            .reversed();

    /** Those that were heard of last stand last; a total order of different events. */
    static final Comparator<Entry> HEARD =
        Comparator.comparingInt(Entry::heard).thenComparing(NEWEST_FIRST.reversed());

    private static final long HOUR_MICROS = 3_600_000_000L;

    /**
     * An event, and when one copy of it was heard of.
     *
     * @param heardMicros what is before it happened is taken as when it happened
     */
    static Entry heardAt(long micros, long hash, long heardMicros, long taken) {
      return new Entry(micros, hash, hour(Math.max(micros, heardMicros)), taken);
    }

    /** The hour of an instant in microseconds, counted from the epoch. */
    static int hour(long micros) {
      return Math.toIntExact(Math.floorDiv(micros, HOUR_MICROS));
    }

    /** How many hours after the one in which it happened the last copy was heard of. */
    int heardAfter() {
      return heard - hour(micros);
    }

    /** What two copies say together: of what is taken, that of the earlier one. */
    Entry and(Entry copy) {
      long both =
          micros == copy.micros
              ? Math.min(taken, copy.taken)
              : micros < copy.micros ? taken : copy.taken;
      return new Entry(Math.min(micros, copy.micros), hash, Math.max(heard, copy.heard), both);
    }
  }
}
