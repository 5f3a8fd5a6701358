package dev.attune.profiles.lookup;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * A JSON document (RFC 8259) that grows in memory. Texts are taken as the UTF-8 that they are
 * stored as. It knows where a comma is due, and trusts its caller with the rest.
 */
final class JsonBytes {
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(ISO_8859_1);
  private static final byte[] TRUE = "true".getBytes(ISO_8859_1);
  private static final byte[] FALSE = "false".getBytes(ISO_8859_1);
  private static final byte[] NULL = "null".getBytes(ISO_8859_1);
  private static final int LONG_DIGITS_MAX = 20;

  /** Of each byte: 0 as it is, 'u' as a number, otherwise the letter after the backslash. */
  private static final byte[] ESCAPES = escapes();

  private byte[] bytes;
  private int length;
  private boolean comma;

  /**
   * @param expected size in bytes; it may become larger
   */
  JsonBytes(int expected) {
    this.bytes = new byte[Math.max(64, expected)];
  }

  private static byte[] escapes() {
    byte[] escapes = new byte[256];
    Arrays.fill(escapes, 0, 0x20, (byte) 'u');
    escapes['\b'] = 'b';
    escapes['\t'] = 't';
    escapes['\n'] = 'n';
    escapes['\f'] = 'f';
    escapes['\r'] = 'r';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
  }

  /** A field's name as {@link #field(byte[])} takes it, for names that are always the same. */
  static byte[] name(String name) {
    return ('"' + name + "\":").getBytes(UTF_8);
  }

  /** The document is the first {@link #length} bytes. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** A place to come back to. */
  record Mark(int length, boolean comma) {}

  Mark mark() {
    return new Mark(length, comma);
  }

  /** Takes back what was written since. */
  JsonBytes rollBack(Mark mark) {
    length = mark.length();
    comma = mark.comma();
    return this;
  }

  JsonBytes beginObject() {
    return begin('{');
  }

  JsonBytes endObject() {
    return end('}');
  }

  JsonBytes beginArray() {
    return begin('[');
  }

  JsonBytes endArray() {
    return end(']');
  }

  /** The name of the value that comes next, made by {@link #name}. */
  JsonBytes field(byte[] name) {
    separate();
    append(name, 0, name.length);
    comma = false;
    return this;
  }

  /** The name of the value that comes next, in UTF-8. */
  JsonBytes field(byte[] utf8, int from, int to) {
    text(utf8, from, to);
    room(1);
    bytes[length++] = ':';
    comma = false;
    return this;
  }

  JsonBytes text(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    return text(utf8, 0, utf8.length);
  }

  /** A string of which these bytes are the UTF-8. */
  JsonBytes text(byte[] utf8, int from, int to) {
    separate();
    room(to - from + 2);
    bytes[length++] = '"';
    int plain = from;
    for (int i = from; i < to; i++) {
      byte escape = ESCAPES[utf8[i] & 0xff];
      if (escape != 0) {
        append(utf8, plain, i);
        escape(utf8[i], escape);
        plain = i + 1;
      }
    }
    append(utf8, plain, to);
    room(1);
    bytes[length++] = '"';
    comma = true;
    return this;
  }

  private void escape(byte character, byte escape) {
    room(6);
    bytes[length++] = '\\';
    bytes[length++] = escape;
    if (escape == 'u') {
      bytes[length++] = '0';
      bytes[length++] = '0';
      bytes[length++] = HEX[character >> 4];
      bytes[length++] = HEX[character & 0xf];
    }
  }

  JsonBytes number(long number) {
    separate();
    room(LONG_DIGITS_MAX);
    comma = true;
    if (number == Long.MIN_VALUE) {
      return ascii(Long.toString(number));
    }
    long rest = Math.abs(number);
    int digits = 1;
    for (long power = rest / 10; power > 0; power /= 10) {
      digits++;
    }
    if (number < 0) {
      bytes[length++] = '-';
    }
    for (int i = length + digits - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
    return this;
  }

  /** A number; null where JSON has none. */
  JsonBytes number(double number) {
    if (!Double.isFinite(number)) {
      return nothing();
    }
    separate();
    comma = true;
    return ascii(Double.toString(number));
  }

  JsonBytes bool(boolean value) {
    return literal(value ? TRUE : FALSE);
  }

  /** The value null. */
  JsonBytes nothing() {
    return literal(NULL);
  }

  /** Microseconds since the epoch as ISO-8601. */
  JsonBytes instant(long micros) {
    beginIso();
    length = IsoMicros.instant(micros, bytes, length);
    return endIso();
  }

  /** A day since the epoch as ISO-8601. */
  JsonBytes date(long days) {
    beginIso();
    length = IsoMicros.date(days, bytes, length);
    return endIso();
  }

  private void beginIso() {
    separate();
    room(IsoMicros.LENGTH_MAX + 2);
    bytes[length++] = '"';
  }

  private JsonBytes endIso() {
    bytes[length++] = '"';
    comma = true;
    return this;
  }

  private JsonBytes begin(char bracket) {
    separate();
    room(1);
    bytes[length++] = (byte) bracket;
    comma = false;
    return this;
  }

  private JsonBytes end(char bracket) {
    room(1);
    bytes[length++] = (byte) bracket;
    comma = true;
    return this;
  }

  private JsonBytes literal(byte[] literal) {
    separate();
    append(literal, 0, literal.length);
    comma = true;
    return this;
  }

  private JsonBytes ascii(String text) {
    byte[] ascii = text.getBytes(ISO_8859_1);
    append(ascii, 0, ascii.length);
    return this;
  }

  private void separate() {
    if (comma) {
      room(1);
      bytes[length++] = ',';
    }
  }

  private void append(byte[] from, int begin, int end) {
    room(end - begin);
    System.arraycopy(from, begin, bytes, length, end - begin);
    length += end - begin;
  }

  private void room(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }
}
