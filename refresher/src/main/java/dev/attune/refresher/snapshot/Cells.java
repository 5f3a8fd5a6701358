package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.TreeMap;

/** Cells in their text form (see {@link CellType} and {@link ConsentAnswers}) as values. */
final class Cells {
  /** Longest text, list or object, in bytes of UTF-8. */
  static final int LENGTH_MAX = 32 * 1024;

  private static final int DEPTH_MAX = 20;
  static final long DAYS_MIN = LocalDate.of(1, 1, 1).toEpochDay();
  static final long DAYS_MAX = LocalDate.of(9999, 12, 31).toEpochDay();
  static final long DAY_MICROS = 86_400_000_000L;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private Cells() {}

  /**
   * The value of a cell.
   *
   * @throws IllegalArgumentException that names the rule that was broken, never the value
   */
  static Value value(String cell) {
    String text = checked(cell);
    Value.Builder value = Value.newBuilder();
    return switch (cell.charAt(0)) {
      case 'b' -> value.setBoolean(text.equals("1")).build();
      case 'i' -> value.setInteger(Long.parseLong(text)).build();
      case 'n' -> value.setNumber(number(text)).build();
      case 's' -> value.setText(text).build();
      case 'd' -> value.setDateDays((int) days(text)).build();
      case 't' -> value.setTimestampMicros(micros(text)).build();
      case 'c' -> consent(text);
      default -> fromJson(json(cell.charAt(0), text), 0);
    };
  }

  private static Value consent(String text) {
    Value.Builder value = Value.newBuilder();
    return switch (text.charAt(0)) {
      case 'y' -> value.setBoolean(true).build();
      case 'n' -> value.setBoolean(false).build();
      case 'u' -> value.setNullValue(true).build();
      default -> throw new IllegalArgumentException("an answer is neither yes, no nor unknown");
    };
  }

  /**
   * The value of a cell as it stands in an event.
   *
   * @throws IllegalArgumentException that names the rule that was broken, never the value
   */
  static JsonNode toJson(String cell) {
    String text = checked(cell);
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (cell.charAt(0)) {
      case 'b' -> nodes.booleanNode(text.equals("1"));
      case 'i' -> nodes.numberNode(Long.parseLong(text));
      case 'n' -> nodes.numberNode(number(text));
      case 's' -> nodes.textNode(text);
      case 'd' -> nodes.textNode(LocalDate.ofEpochDay(days(text)).toString());
      case 't' -> nodes.textNode(instant(micros(text)).toString());
      default -> json(cell.charAt(0), text);
    };
  }

  /** The time of a count of microseconds since the epoch. */
  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static String checked(String cell) {
    int length = cell.length() - 1;
    if (length > LENGTH_MAX
        || (length > LENGTH_MAX / 3
            && cell.getBytes(StandardCharsets.UTF_8).length - 1 > LENGTH_MAX)) {
      throw new IllegalArgumentException("a value is longer than " + LENGTH_MAX + " bytes");
    }
    return cell.substring(1);
  }

  private static double number(String text) {
    double number =
        switch (text) {
          case "nan", "-nan", "inf", "-inf" -> Double.NaN;
          default -> Double.parseDouble(text);
        };
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw new IllegalArgumentException("a number is not finite (NaN or infinity)");
    }
    return number;
  }

  private static long days(String text) {
    if (text.endsWith("infinity")) {
      throw new IllegalArgumentException("a date is infinite");
    }
    long days = Long.parseLong(text);
    if (days < DAYS_MIN || days > DAYS_MAX) {
      throw new IllegalArgumentException("a date is not between the years 1 and 9999");
    }
    return days;
  }

  private static long micros(String text) {
    if (text.endsWith("infinity")) {
      throw new IllegalArgumentException("a timestamp is infinite");
    }
    long micros = Long.parseLong(text);
    if (micros < DAYS_MIN * DAY_MICROS || micros >= (DAYS_MAX + 1) * DAY_MICROS) {
      throw new IllegalArgumentException("a timestamp is not between the years 1 and 9999");
    }
    return micros;
  }

  private static JsonNode json(char kind, String text) {
    JsonNode node;
    try {
      node = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "a list or object is not JSON (a number in it may be NaN)");
    }
    if (kind == 'l' && !node.isArray()) {
      throw new IllegalArgumentException("a list is expected, and the JSON is none");
    }
    if (kind == 'o' && !node.isObject()) {
      throw new IllegalArgumentException("an object is expected, and the JSON is none");
    }
    return node;
  }

  private static Value fromJson(JsonNode node, int depth) {
    if (depth > DEPTH_MAX) {
      throw new IllegalArgumentException("a list or object is nested deeper than " + DEPTH_MAX);
    }
    Value.Builder value = Value.newBuilder();
    return switch (node.getNodeType()) {
      case ARRAY -> {
        ValueList.Builder list = ValueList.newBuilder();
        node.forEach(item -> list.addValues(fromJson(item, depth + 1)));
        yield value.setList(list).build();
      }
      case OBJECT -> {
        // Sorted, so that equal objects have equal bytes.
        TreeMap<String, JsonNode> fields = new TreeMap<>();
        node.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
        ValueObject.Builder object = ValueObject.newBuilder();
        fields.forEach(
            (key, field) ->
                object.addEntries(
                    ValueEntry.newBuilder().setKey(key).setValue(fromJson(field, depth + 1))));
        yield value.setObject(object).build();
      }
      case BOOLEAN -> value.setBoolean(node.booleanValue()).build();
      case NUMBER -> {
        if (node.isIntegralNumber()) {
          if (!node.canConvertToLong()) {
            throw new IllegalArgumentException("an integer in a list or object exceeds 64 bits");
          }
          yield value.setInteger(node.longValue()).build();
        }
        yield value.setNumber(number(String.valueOf(node.doubleValue()))).build();
      }
      case STRING -> value.setText(node.textValue()).build();
      case NULL, MISSING, BINARY, POJO -> value.setNullValue(true).build();
    };
  }
}
