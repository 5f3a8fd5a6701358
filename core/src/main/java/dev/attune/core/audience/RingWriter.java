package dev.attune.core.audience;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;

/**
 * Writes rings as bytes; the contract tells their form, at {@code EvaluatorState.packed_rings}.
 * Equal rings in the same order make equal bytes.
 *
 * <p>Half of what a ring takes are hashes, in which there is nothing to leave out. Times are Rice
 * codes of their differences (R. F. Rice, <i>Some practical universal noiseless coding
 * techniques</i>, JPL 79-22, 1979): of events that come by chance they take two bits more than the
 * logarithm of the mean, which is next to the least that is possible.
 */
final class RingWriter {
  static final int FORM = 1;
  static final int ID_BYTES = 6;
  static final int MICROS_FLAG = 0x80;
  static final int HEARD_SHIFT = 4;
  static final int TAKEN_MASK = 0xf;
  static final long MILLI = 1_000;

  // What a ring takes at most without its events, and each event: times are written in 67 bits each
  // at most, on average of a ring, see rice.
  private static final int RING_BYTES_MAX = ID_BYTES + 8;
  private static final int EVENT_BYTES_MAX = 9 + EventHash.EVENT_BYTES + Integer.BYTES + Long.BYTES;
  private static final int VARINT_BYTES_MAX = 5;

  private final long baseMicros;
  // Whole longs are put, of which the last bytes are overwritten.
  private final ByteBuffer out;
  private int at;
  private long pending;
  private int free = Long.SIZE;
  private long[] ages = {};

  /**
   * @param baseMicros when the newest event of all rings happened
   * @param vias of how many identifiers there are rings
   */
  RingWriter(long baseMicros, int vias, int rings, int events) {
    this.baseMicros = baseMicros;
    this.out =
        ByteBuffer.allocate(
            2 * Long.BYTES
                + vias * VARINT_BYTES_MAX
                + rings * RING_BYTES_MAX
                + events * EVENT_BYTES_MAX
                + Long.BYTES);
    fixed(FORM, 1);
    fixed(baseMicros, Long.BYTES);
  }

  /** Of the next identifier follow so many rings. */
  void rings(int count) {
    varint(count);
  }

  void ring(long id, EventRing ring) {
    int size = ring.size();
    boolean millis = true;
    long heard = 0;
    long taken = 0;
    for (int n = 1; n <= size; n++) {
      millis &= ring.nth(n) % MILLI == 0;
      heard |= Integer.toUnsignedLong(ring.heardAfter(n));
      taken |= zigzag(ring.taken(n));
    }
    int heardBytes = bytes(heard);
    int takenBytes = bytes(taken);
    fixed(id, ID_BYTES);
    fixed((millis ? 0 : MICROS_FLAG) | (heardBytes << HEARD_SHIFT) | takenBytes, 1);
    varint(size);
    if (size == 0) {
      return;
    }
    times(ring, millis);
    for (int n = 1; n <= size; n++) {
      fixed(ring.hash(n), EventHash.EVENT_BYTES);
    }
    for (int n = 1; heardBytes > 0 && n <= size; n++) {
      fixed(ring.heardAfter(n), heardBytes);
    }
    for (int n = 1; takenBytes > 0 && n <= size; n++) {
      fixed(zigzag(ring.taken(n)), takenBytes);
    }
  }

  ByteString toBytes() {
    return ByteString.copyFrom(out.array(), 0, at);
  }

  private void times(EventRing ring, boolean millis) {
    int size = ring.size();
    if (ages.length < size) {
      ages = new long[size];
    }
    long newer = millis ? Math.floorDiv(baseMicros, MILLI) : baseMicros;
    double sum = 0;
    for (int i = 0; i < size; i++) {
      long time = millis ? ring.nth(i + 1) / MILLI : ring.nth(i + 1);
      long age = newer - time;
      newer = time;
      ages[i] = age;
      // Unsigned: nothing is lost of times that lie further apart than a long can say.
      sum += (age >>> 1) * 2.0 + (age & 1);
    }
    int k = rice(size, sum / size);
    fixed(k, 1);
    for (int i = 0; i < size; i++) {
      long quotient = ages[i] >>> k;
      for (; quotient >= Integer.SIZE; quotient -= Integer.SIZE) {
        bits(0, Integer.SIZE);
      }
      bits(1, (int) quotient + 1);
      bits(ages[i] & ((1L << k) - 1), k);
    }
    flush();
  }

  // From the logarithm of the mean, with which a code has at most k + 3 bits on average, down to
  // where it does not become shorter any more: few large ones among many small ones make it less.
  private int rice(int size, double mean) {
    int k = mean < 1 ? 0 : Math.min(Long.SIZE - 1, Math.getExponent(mean));
    long best = length(size, k);
    while (k > 0) {
      long less = length(size, k - 1);
      if (less >= best) {
        break;
      }
      best = less;
      k--;
    }
    return k;
  }

  private long length(int size, int k) {
    long bits = size * (k + 1L);
    for (int i = 0; i < size; i++) {
      bits += ages[i] >>> k;
    }
    return bits;
  }

  /**
   * @param count 0 to 63
   * @param value has no more bits
   */
  private void bits(long value, int count) {
    int left = count;
    if (left > free) {
      left -= free;
      fixed(pending | (value >>> left), Long.BYTES);
      pending = 0;
      free = Long.SIZE;
    }
    if (left > 0) {
      free -= left;
      pending |= value << free;
    }
  }

  private void flush() {
    out.putLong(at, pending);
    at += (Long.SIZE - free + Byte.SIZE - 1) / Byte.SIZE;
    pending = 0;
    free = Long.SIZE;
  }

  /** Puts the low bytes. */
  private void fixed(long value, int bytes) {
    out.putLong(at, value << ((Long.BYTES - bytes) * Byte.SIZE));
    at += bytes;
  }

  private void varint(int value) {
    int left = value;
    for (; left > 0x7f; left >>>= 7) {
      fixed((left & 0x7f) | 0x80, 1);
    }
    fixed(left, 1);
  }

  private static int bytes(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(value) + Byte.SIZE - 1) / Byte.SIZE;
  }

  private static long zigzag(long value) {
    return (value << 1) ^ (value >> (Long.SIZE - 1));
  }
}
