package dev.attune.core.audience;

import java.util.Arrays;

/**
 * The N newest distinct events of one kind, newest first. Immutable.
 *
 * <p>It is what makes sliding windows cheap and exact: at least n events lie within the time W
 * before now exactly when the n-th newest is later than {@code now - W}, so that no event older
 * than the N-th newest can ever decide a count of at most N, and the instant at which the answer
 * changes by itself is known: the n-th newest time plus W. Adding is a union of sets: it does not
 * depend on order and repeating it changes nothing. Two copies of an event that disagree on its
 * time count once, at the later time.
 */
final class EventRing {
  static final EventRing EMPTY = new EventRing(new long[0], new long[0]);

  // When they happened, never growing.
  private final long[] micros;
  // Which events they are; between equal times the greater stands first, unsigned.
  private final long[] hashes;

  private EventRing(long[] micros, long[] hashes) {
    this.micros = micros;
    this.hashes = hashes;
  }

  /** From its stored form; the arrays become the ring's. */
  static EventRing of(long[] micros, long[] hashes) {
    if (micros.length != hashes.length) {
      throw new IllegalArgumentException("ring: " + micros.length + " times, " + hashes.length);
    }
    return new EventRing(micros, hashes);
  }

  int size() {
    return micros.length;
  }

  /** When the n-th newest happened, counted from 1. */
  long nth(int n) {
    return micros[n - 1];
  }

  /** The hash of the n-th newest event, counted from 1. */
  long hash(int n) {
    return hashes[n - 1];
  }

  /** With one more event; the same ring when that changes nothing. */
  EventRing with(long time, long hash, int capacity) {
    for (int i = 0; i < hashes.length; i++) {
      if (hashes[i] == hash) {
        return micros[i] >= time ? this : without(i).with(time, hash, capacity);
      }
    }
    int at = 0;
    while (at < micros.length && before(micros[at], hashes[at], time, hash)) {
      at++;
    }
    if (at >= capacity) {
      return this;
    }
    int size = Math.min(capacity, micros.length + 1);
    long[] newMicros = Arrays.copyOf(micros, size);
    long[] newHashes = Arrays.copyOf(hashes, size);
    System.arraycopy(micros, at, newMicros, at + 1, size - at - 1);
    System.arraycopy(hashes, at, newHashes, at + 1, size - at - 1);
    newMicros[at] = time;
    newHashes[at] = hash;
    return new EventRing(newMicros, newHashes);
  }

  /** The newest of both. */
  EventRing union(EventRing other, int capacity) {
    EventRing union = this;
    for (int i = 0; i < other.micros.length; i++) {
      union = union.with(other.micros[i], other.hashes[i], capacity);
    }
    return union;
  }

  /** Without what happened at or before an instant. */
  EventRing after(long instant) {
    int size = micros.length;
    while (size > 0 && micros[size - 1] <= instant) {
      size--;
    }
    return size == micros.length
        ? this
        : new EventRing(Arrays.copyOf(micros, size), Arrays.copyOf(hashes, size));
  }

  private EventRing without(int index) {
    long[] newMicros = new long[micros.length - 1];
    long[] newHashes = new long[micros.length - 1];
    System.arraycopy(micros, 0, newMicros, 0, index);
    System.arraycopy(hashes, 0, newHashes, 0, index);
    System.arraycopy(micros, index + 1, newMicros, index, newMicros.length - index);
    System.arraycopy(hashes, index + 1, newHashes, index, newHashes.length - index);
    return new EventRing(newMicros, newHashes);
  }

  private static boolean before(long time, long hash, long otherTime, long otherHash) {
    return time != otherTime ? time > otherTime : Long.compareUnsigned(hash, otherHash) > 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventRing ring
        && Arrays.equals(ring.micros, micros)
        && Arrays.equals(ring.hashes, hashes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(micros) * 31 + Arrays.hashCode(hashes);
  }

  @Override
  public String toString() {
    return "EventRing[" + micros.length + "]";
  }
}
