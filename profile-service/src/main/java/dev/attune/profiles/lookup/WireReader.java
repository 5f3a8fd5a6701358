package dev.attune.profiles.lookup;

import com.google.protobuf.InvalidProtocolBufferException;

/**
 * Goes through the fields of a serialized message in place, and tells where their contents lie. See
 * "Encoding" of the Protocol Buffers documentation.
 */
final class WireReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final byte[] bytes;
  private int end;
  private int at;
  private int field;
  private int from;
  private long number;

  /** Reads the message that lies in these bytes. */
  WireReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** Reads another message of the same bytes from now on. */
  WireReader over(int from, int end) {
    this.at = from;
    this.end = end;
    return this;
  }

  /**
   * Goes to the next field; false after the last one.
   *
   * @throws InvalidProtocolBufferException when what is there is no field
   */
  boolean next() throws InvalidProtocolBufferException {
    if (at == end) {
      return false;
    }
    int tag = (int) varint();
    field = tag >>> 3;
    number = 0;
    switch (tag & 7) {
      case VARINT -> number = varint();
      case FIXED64 -> number = fixed(8);
      case FIXED32 -> number = fixed(4);
      case BYTES -> {
        long length = varint();
        if (length < 0 || length > end - at) {
          throw broken();
        }
        from = at;
        at += (int) length;
        return true;
      }
      default -> throw broken();
    }
    from = at;
    return true;
  }

  /** Its number. */
  int field() {
    return field;
  }

  /** Where the content begins, of a text or a message; the others have none. */
  int from() {
    return from;
  }

  /** Where the content ends. */
  int to() {
    return at;
  }

  /** The content of a varint or fixed field; 0 of the others. */
  long number() {
    return number;
  }

  /** The content of an sint32 or sint64 field. */
  long signed() {
    return (number >>> 1) ^ -(number & 1);
  }

  private long varint() throws InvalidProtocolBufferException {
    long value = 0;
    for (int shift = 0; shift < 64 && at < end; shift += 7) {
      byte each = bytes[at++];
      value |= (long) (each & 0x7f) << shift;
      if (each >= 0) {
        return value;
      }
    }
    throw broken();
  }

  private long fixed(int length) throws InvalidProtocolBufferException {
    if (length > end - at) {
      throw broken();
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (bytes[at++] & 0xffL) << (8 * i);
    }
    return value;
  }

  private static InvalidProtocolBufferException broken() {
    return new InvalidProtocolBufferException("a field that does not end, or is none");
  }
}
