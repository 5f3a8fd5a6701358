package dev.attune.load.lookup;

/** Walks the fields of a serialized message, in place. */
final class Wire {
  private final byte[] bytes;
  private final int end;
  private int at;
  private int tag;
  private int start;
  private int length;

  Wire(byte[] bytes, int offset, int end) {
    this.bytes = bytes;
    this.at = offset;
    this.end = end;
  }

  /** Goes to the next field; false at the end, and where the bytes make no sense. */
  boolean next() {
    if (at >= end) {
      return false;
    }
    tag = (int) varint();
    start = at;
    switch (tag & 7) {
      case 0 -> {
        varint();
        length = at - start;
      }
      case 1 -> fixed(8);
      case 2 -> {
        length = (int) varint();
        start = at;
        at += length;
      }
      case 5 -> fixed(4);
      default -> at = Integer.MAX_VALUE;
    }
    return length >= 0 && at >= start && at <= end;
  }

  private void fixed(int bytes) {
    length = bytes;
    at += bytes;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; at < end && shift < 64; shift += 7) {
      byte each = bytes[at++];
      value |= (long) (each & 0x7f) << shift;
      if (each >= 0) {
        return value;
      }
    }
    at = Integer.MAX_VALUE; // cut off
    return -1;
  }

  int field() {
    return tag >>> 3;
  }

  boolean isBytes() {
    return (tag & 7) == 2;
  }

  /** Of the field's content. */
  int start() {
    return start;
  }

  /** Of the field's content. */
  int length() {
    return length;
  }
}
