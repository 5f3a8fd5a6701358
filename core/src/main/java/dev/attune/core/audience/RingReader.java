package dev.attune.core.audience;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;

/**
 * Reads what {@link RingWriter} wrote. Of bytes that it did not write it makes some rings, or
 * throws an {@link IllegalArgumentException}; no more of them, and none larger, than the bytes have
 * room for.
 */
final class RingReader {
  // A long is read at any of the bytes, and behind the last.
  private static final int PADDING = Long.BYTES;

  // So many bits are there of a long that begins within a byte.
  private static final int BITS_SURE = Long.SIZE - Byte.SIZE + 1;

  private final ByteBuffer in;
  private final int end;
  private final long baseMicros;
  private int at;
  // Where the next bit of times is, from the beginning.
  private long bit;

  /**
   * @throws IllegalArgumentException when the bytes have another form
   */
  RingReader(ByteString stored) {
    end = stored.size();
    byte[] padded = new byte[end + PADDING];
    stored.copyTo(padded, 0);
    in = ByteBuffer.wrap(padded);
    long form = fixed(1);
    if (form != RingWriter.FORM) {
      throw new IllegalArgumentException(
          "evaluator state: rings of form %d (expected: %d)".formatted(form, RingWriter.FORM));
    }
    baseMicros = fixed(Long.BYTES);
  }

  /** How many rings of the next identifier follow. */
  int rings() {
    return varint();
  }

  /** Of the next ring. */
  long id() {
    return fixed(RingWriter.ID_BYTES);
  }

  /**
   * The ring with the id that was read last.
   *
   * @throws ArithmeticException when it has a time that has no hour
   */
  EventRing ring() {
    int columns = (int) fixed(1);
    int size = varint();
    if (size == 0) {
      return EventRing.EMPTY;
    }
    int heardBytes = (columns & ~RingWriter.MICROS_FLAG) >>> RingWriter.HEARD_SHIFT;
    int takenBytes = columns & RingWriter.TAKEN_MASK;
    if (heardBytes > Integer.BYTES || takenBytes > Long.BYTES) {
      throw malformed();
    }
    // Before anything is made of that size.
    need((long) size * (EventHash.EVENT_BYTES + heardBytes + takenBytes));
    long[] micros = times(size, (columns & RingWriter.MICROS_FLAG) == 0);
    need((long) size * (EventHash.EVENT_BYTES + heardBytes + takenBytes));
    long[] hashes = new long[size];
    for (int i = 0; i < size; i++) {
      hashes[i] = fixed(EventHash.EVENT_BYTES);
    }
    int[] heard = new int[size];
    for (int i = 0; i < size; i++) {
      int after = heardBytes == 0 ? 0 : (int) fixed(heardBytes);
      heard[i] = EventRing.Entry.hour(micros[i]) + after;
    }
    long[] taken = new long[takenBytes == 0 ? 0 : size];
    for (int i = 0; i < taken.length; i++) {
      long folded = fixed(takenBytes);
      taken[i] = (folded >>> 1) ^ -(folded & 1);
    }
    return EventRing.of(micros, hashes, heard, taken);
  }

  /**
   * @throws IllegalArgumentException when there is more
   */
  void end() {
    if (at != end) {
      throw malformed();
    }
  }

  private long[] times(int size, boolean millis) {
    int k = (int) fixed(1);
    if (k >= Long.SIZE) {
      throw malformed();
    }
    bit = (long) at * Byte.SIZE;
    long time = millis ? Math.floorDiv(baseMicros, RingWriter.MILLI) : baseMicros;
    long[] micros = new long[size];
    for (int i = 0; i < size; i++) {
      time -= rice(k);
      micros[i] = millis ? time * RingWriter.MILLI : time;
    }
    at = (int) ((bit + Byte.SIZE - 1) / Byte.SIZE);
    return micros;
  }

  private long rice(int k) {
    long quotient = 0;
    int zeros = Long.numberOfLeadingZeros(window());
    while (zeros >= BITS_SURE) {
      quotient += BITS_SURE;
      skip(BITS_SURE);
      zeros = Long.numberOfLeadingZeros(window());
    }
    skip(zeros + 1);
    quotient += zeros;
    if ((quotient << k) >>> k != quotient) {
      throw malformed();
    }
    // In two parts, each within what is sure.
    int high = k / 2;
    int low = k - high;
    long rest = (bits(high) << low) | bits(low);
    return (quotient << k) | rest;
  }

  private long bits(int count) {
    // Shifted twice, because a shift by 64 is none.
    long value = (window() >>> 1) >>> (Long.SIZE - 1 - count);
    skip(count);
    return value;
  }

  // The next bits from the highest on; zeros behind the end.
  private long window() {
    return in.getLong((int) (bit / Byte.SIZE)) << (bit % Byte.SIZE);
  }

  private void skip(int bits) {
    bit += bits;
    if (bit > (long) end * Byte.SIZE) {
      throw malformed();
    }
  }

  private long fixed(int bytes) {
    need(bytes);
    long value = in.getLong(at) >>> ((Long.BYTES - bytes) * Byte.SIZE);
    at += bytes;
    return value;
  }

  private int varint() {
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += 7) {
      int next = (int) fixed(1);
      value |= (next & 0x7f) << shift;
      if (next <= 0x7f && value >= 0) {
        return value;
      }
    }
    throw malformed();
  }

  private void need(long bytes) {
    if (bytes > end - at) {
      throw malformed();
    }
  }

  private static IllegalArgumentException malformed() {
    return new IllegalArgumentException("evaluator state: its rings are cut off or damaged");
  }
}
