package dev.attune.core.profile;

import dev.attune.core.catalog.TraitType;
import dev.attune.proto.v1.Value;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/** Whether a value may stand in a trait of a type, and as what. */
public final class TraitFit {
  private TraitFit() {}

  /**
   * The value as the type holds it: itself; an integer as a number; an ISO 8601 text, which is all
   * that JSON has, as a timestamp or a date. Null fits everywhere. Empty when it does not fit.
   */
  public static Optional<Value> fit(TraitType type, Value value) {
    if (value.hasNullValue()) {
      return Optional.of(value);
    }
    return switch (type) {
      case STRING -> value.hasText() ? Optional.of(value) : Optional.empty();
      case INTEGER -> integer(value);
      case NUMBER ->
          value.hasInteger()
              ? Optional.of(Value.newBuilder().setNumber((double) value.getInteger()).build())
              : value.hasNumber() ? Optional.of(value) : Optional.empty();
      case BOOLEAN -> value.hasBoolean() ? Optional.of(value) : Optional.empty();
      case TIMESTAMP ->
          value.hasText()
              ? timestamp(value.getText())
              : value.hasTimestampMicros() ? Optional.of(value) : Optional.empty();
      case DATE ->
          value.hasText()
              ? date(value.getText())
              : value.hasDateDays() ? Optional.of(value) : Optional.empty();
      case LIST -> value.hasList() ? Optional.of(value) : Optional.empty();
      case OBJECT -> value.hasObject() ? Optional.of(value) : Optional.empty();
    };
  }

  /** What a value is, in the catalog's words. */
  public static String kind(Value value) {
    return switch (value.getKindCase()) {
      case NULL_VALUE -> "null";
      case BOOLEAN -> "boolean";
      case INTEGER -> "integer";
      case NUMBER -> "number";
      case TEXT -> "string";
      case TIMESTAMP_MICROS -> "timestamp";
      case DATE_DAYS -> "date";
      case LIST -> "list";
      case OBJECT -> "object";
      case KIND_NOT_SET -> "nothing";
    };
  }

  // JavaScript has one kind of number: 3.0 is an integer.
  private static Optional<Value> integer(Value value) {
    if (value.hasInteger()) {
      return Optional.of(value);
    }
    if (value.hasNumber()
        && value.getNumber() == Math.rint(value.getNumber())
        && Math.abs(value.getNumber()) < 0x1p53) {
      return Optional.of(Value.newBuilder().setInteger((long) value.getNumber()).build());
    }
    return Optional.empty();
  }

  private static Optional<Value> timestamp(String text) {
    return instant(text)
        .map(instant -> Value.newBuilder().setTimestampMicros(micros(instant)).build());
  }

  /** An ISO 8601 time with an offset, if the text is one between the years 1 and 9999. */
  public static Optional<Instant> instant(String text) {
    if (text.length() < 10 || text.length() > 40) {
      return Optional.empty();
    }
    try {
      Instant instant =
          text.length() == 10
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(text).toInstant();
      int year = instant.atOffset(ZoneOffset.UTC).getYear();
      return year >= 1 && year <= 9999 ? Optional.of(instant) : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Microseconds since the epoch. */
  public static long micros(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1_000);
  }

  private static Optional<Value> date(String text) {
    try {
      LocalDate date = LocalDate.parse(text);
      return date.getYear() >= 1 && date.getYear() <= 9999
          ? Optional.of(Value.newBuilder().setDateDays((int) date.toEpochDay()).build())
          : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
