package dev.attune.core.audience;

import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import java.util.List;
import java.util.OptionalLong;

/**
 * What is taken from each event: a number of its properties, or which value it is.
 *
 * @param kind of what is taken
 * @param path of the property, from the outermost object inwards
 */
public record Measure(Kind kind, List<String> path) {
  /** Numbers are kept to so many digits after the point. */
  static final int DIGITS = 6;

  /** How many of the parts in which they are kept make one. */
  static final int PER_ONE = 1_000_000;

  /** Numbers beyond it, on either side of zero, are left out. */
  static final long NUMBER_MAX = 1_000_000_000_000L;

  // Beyond it a double no longer says which whole number was meant.
  private static final double WHOLE_MAX = 1L << 53;

  /** What is taken. */
  public enum Kind {
    /** A number, in millionths. */
    NUMBER,
    /** Which value it is, in 64 bits of a hash. */
    IDENTITY,
    /**
     * The same, of a value that is kept beside: a text of bounded length, a number or a boolean.
     */
    VALUE
  }

  /** Longest value that is kept, in bytes. */
  static final int VALUE_BYTES_MAX = 256;

  public Measure {
    path = List.copyOf(path);
  }

  /** How definitions write the property. */
  String text() {
    return PropertyLanguage.VARIABLE + "." + String.join(".", path);
  }

  /** Differs between different ones. */
  String key() {
    return kind + " " + text();
  }

  /** What is taken from the properties of an event; empty when there is no such value in them. */
  OptionalLong of(Value properties) {
    Value value = find(properties);
    return switch (kind) {
      case NUMBER -> number(value);
      case IDENTITY -> identity(value);
      case VALUE -> isKept(value) ? hash(value) : OptionalLong.empty();
    };
  }

  /** The value among the properties of an event; of none is the one without a kind. */
  Value find(Value properties) {
    Value value = properties;
    for (String field : path) {
      value = field(value, field);
    }
    return value;
  }

  private static boolean isKept(Value value) {
    return switch (value.getKindCase()) {
      case TEXT, INTEGER, NUMBER, BOOLEAN -> value.getSerializedSize() <= VALUE_BYTES_MAX;
      default -> false;
    };
  }

  private static Value field(Value object, String name) {
    for (ValueEntry entry : object.getObject().getEntriesList()) {
      if (entry.getKey().equals(name)) {
        return entry.getValue();
      }
    }
    return Value.getDefaultInstance();
  }

  private static OptionalLong number(Value value) {
    if (value.hasInteger()) {
      long whole = value.getInteger();
      return whole < -NUMBER_MAX || whole > NUMBER_MAX
          ? OptionalLong.empty()
          : OptionalLong.of(whole * PER_ONE);
    }
    double number = value.getNumber();
    return value.hasNumber() && Math.abs(number) <= NUMBER_MAX
        ? OptionalLong.of((long) Math.rint(number * PER_ONE))
        : OptionalLong.empty();
  }

  // 2 is 2.0, and "2" is another value; in lists and objects 2 is not 2.0.
  private static OptionalLong identity(Value value) {
    return switch (value.getKindCase()) {
      case NULL_VALUE, KIND_NOT_SET -> OptionalLong.empty();
      case NUMBER -> {
        double number = value.getNumber();
        yield number == Math.rint(number) && Math.abs(number) <= WHOLE_MAX
            ? identity(Value.newBuilder().setInteger((long) number).build())
            : hash(value);
      }
      default -> hash(value);
    };
  }

  // The bytes of a value are the same wherever it is written: its fields are sorted.
  private static OptionalLong hash(Value value) {
    return OptionalLong.of(EventHash.of(value.toByteArray()));
  }
}
