package dev.attune.core.audience;

import dev.attune.core.catalog.TraitType;
import dev.attune.proto.v1.Value;
import dev.cel.common.values.NullValue;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values of traits and properties as an expression sees them. */
final class TraitValues {
  private TraitValues() {}

  /**
   * The value, if it is of the declared type. An integer serves as a number, a whole number as an
   * integer.
   */
  static Optional<Object> of(Value value, TraitType type) {
    return switch (type) {
      case STRING -> value.hasText() ? Optional.of(value.getText()) : Optional.empty();
      case BOOLEAN -> value.hasBoolean() ? Optional.of(value.getBoolean()) : Optional.empty();
      case INTEGER -> integer(value);
      case NUMBER ->
          value.hasInteger()
              ? Optional.of((double) value.getInteger())
              : value.hasNumber() ? Optional.of(dynamic(value)) : Optional.empty();
      case TIMESTAMP, DATE ->
          value.hasTimestampMicros() || value.hasDateDays()
              ? Optional.of(dynamic(value))
              : Optional.empty();
      case LIST -> value.hasList() ? Optional.of(dynamic(value)) : Optional.empty();
      case OBJECT -> value.hasObject() ? Optional.of(dynamic(value)) : Optional.empty();
    };
  }

  /** What is in an object; nothing in any other value. What is null has no value, and is not. */
  static Map<String, Object> fields(Value value) {
    Map<String, Object> object = new LinkedHashMap<>();
    value
        .getObject()
        .getEntriesList()
        .forEach(entry -> object.put(entry.getKey(), dynamic(entry.getValue())));
    object.values().removeIf(NullValue.NULL_VALUE::equals);
    return object;
  }

  private static Optional<Object> integer(Value value) {
    if (value.hasInteger()) {
      return Optional.of(value.getInteger());
    }
    // 2^53: beyond it a double no longer says which whole number was meant.
    boolean whole =
        value.hasNumber()
            && value.getNumber() == Math.rint(value.getNumber())
            && Math.abs(value.getNumber()) <= 1L << 53;
    return whole ? Optional.of((long) value.getNumber()) : Optional.empty();
  }

  private static Object dynamic(Value value) {
    return switch (value.getKindCase()) {
      case BOOLEAN -> value.getBoolean();
      case INTEGER -> value.getInteger();
      // One zero: CEL takes the negative one for less than the integer.
      case NUMBER -> value.getNumber() + 0.0;
      case TEXT -> value.getText();
      case TIMESTAMP_MICROS -> Instant.EPOCH.plus(value.getTimestampMicros(), ChronoUnit.MICROS);
      case DATE_DAYS ->
          LocalDate.ofEpochDay(value.getDateDays()).atStartOfDay(ZoneOffset.UTC).toInstant();
      case LIST -> {
        List<Object> list = new ArrayList<>();
        value.getList().getValuesList().forEach(item -> list.add(dynamic(item)));
        yield list;
      }
      case OBJECT -> fields(value);
      case NULL_VALUE, KIND_NOT_SET -> NullValue.NULL_VALUE;
    };
  }
}
