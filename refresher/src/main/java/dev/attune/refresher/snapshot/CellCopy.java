package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.Locale;
import java.util.TimeZone;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/**
 * Brings a cell, NULL or not, from the current row of a database into DuckDB.
 *
 * <p>Times go as counts, as DuckDB keeps them: the greatest one, and its negative, are infinity.
 */
interface CellCopy {
  CellCopy BOOLEAN =
      (rows, i, to) -> {
        boolean value = rows.getBoolean(i);
        append(rows, to, () -> to.append(value));
      };
  CellCopy INTEGER =
      (rows, i, to) -> {
        long value = rows.getLong(i);
        append(rows, to, () -> to.append(value));
      };
  CellCopy NUMBER =
      (rows, i, to) -> {
        double value = rows.getDouble(i);
        append(rows, to, () -> to.append(value));
      };
  CellCopy TEXT = (rows, i, to) -> append(to, rows.getString(i));
  CellCopy DECIMAL =
      (rows, i, to) -> {
        BigDecimal value = rows.getBigDecimal(i);
        append(to, value == null ? null : value.toPlainString());
      };
  CellCopy EPOCH_DAYS =
      (rows, i, to) -> {
        int value = rows.getInt(i);
        append(rows, to, () -> to.appendEpochDays(value));
      };
  CellCopy EPOCH_MICROS =
      (rows, i, to) -> {
        long value = rows.getLong(i);
        append(rows, to, () -> to.appendEpochMicros(value));
      };
  CellCopy DATE =
      (rows, i, to) -> {
        LocalDate date = date(rows, i);
        if (date == null) {
          to.appendNull();
        } else {
          to.appendEpochDays(days(date));
        }
      };
  CellCopy TIMESTAMP =
      (rows, i, to) -> {
        LocalDateTime time = time(rows, i);
        if (time == null) {
          to.appendNull();
        } else {
          to.appendEpochMicros(
              micros(
                  time.equals(LocalDateTime.MAX),
                  time.equals(LocalDateTime.MIN),
                  time.toInstant(ZoneOffset.UTC)));
        }
      };
  CellCopy ZONED =
      (rows, i, to) -> {
        OffsetDateTime time = zoned(rows, i);
        if (time == null) {
          to.appendNull();
        } else {
          to.appendEpochMicros(
              micros(
                  time.equals(OffsetDateTime.MAX),
                  time.equals(OffsetDateTime.MIN),
                  time.toInstant()));
        }
      };
  CellCopy ARRAY =
      (rows, i, to) -> {
        Array array = rows.getArray(i);
        append(to, array == null ? null : Arrays.json(array));
      };

  void copy(ResultSet rows, int index, DuckDBAppender to) throws SQLException;

  /** An append of a value that was read. */
  interface Append {
    Object run() throws SQLException;
  }

  private static void append(ResultSet rows, DuckDBAppender to, Append append) throws SQLException {
    if (rows.wasNull()) {
      to.appendNull();
    } else {
      append.run();
    }
  }

  private static void append(DuckDBAppender to, @Nullable String text) throws SQLException {
    if (text == null) {
      to.appendNull();
    } else {
      to.append(text);
    }
  }

  // Drivers that are older than java.time have classes that count as people did before 1582, unless
  // they are given a calendar that does not.
  private static Calendar utc() {
    var calendar = new GregorianCalendar(TimeZone.getTimeZone(ZoneOffset.UTC));
    calendar.setGregorianChange(Date.from(Instant.ofEpochMilli(Long.MIN_VALUE)));
    return calendar;
  }

  private static @Nullable LocalDate date(ResultSet rows, int i) throws SQLException {
    try {
      return rows.getObject(i, LocalDate.class);
    } catch (SQLFeatureNotSupportedException e) {
      Timestamp date = rows.getTimestamp(i, utc());
      return date == null ? null : date.toInstant().atOffset(ZoneOffset.UTC).toLocalDate();
    }
  }

  private static @Nullable LocalDateTime time(ResultSet rows, int i) throws SQLException {
    try {
      return rows.getObject(i, LocalDateTime.class);
    } catch (SQLFeatureNotSupportedException e) {
      Timestamp time = rows.getTimestamp(i, utc());
      return time == null ? null : time.toInstant().atOffset(ZoneOffset.UTC).toLocalDateTime();
    }
  }

  private static @Nullable OffsetDateTime zoned(ResultSet rows, int i) throws SQLException {
    try {
      return rows.getObject(i, OffsetDateTime.class);
    } catch (SQLFeatureNotSupportedException e) {
      Timestamp time = rows.getTimestamp(i);
      return time == null ? null : time.toInstant().atOffset(ZoneOffset.UTC);
    }
  }

  private static int days(LocalDate date) {
    if (date.equals(LocalDate.MAX)) {
      return Integer.MAX_VALUE;
    }
    return date.equals(LocalDate.MIN)
        ? -Integer.MAX_VALUE
        : Math.clamp(date.toEpochDay(), -Integer.MAX_VALUE, Integer.MAX_VALUE);
  }

  private static long micros(boolean most, boolean least, Instant time) {
    if (most || least) {
      return most ? Long.MAX_VALUE : -Long.MAX_VALUE;
    }
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1_000);
  }

  /** Arrays as JSON; what is inside is a number, a boolean, JSON's null, or a text. */
  final class Arrays {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Arrays() {}

    static String json(Array array) throws SQLException {
      boolean json = array.getBaseTypeName().toLowerCase(Locale.ROOT).startsWith("json");
      return node((Object[]) array.getArray(), json).toString();
    }

    private static ArrayNode node(@Nullable Object[] items, boolean json) {
      ArrayNode node = JsonNodeFactory.instance.arrayNode(items.length);
      for (Object item : items) {
        node.add(node(item, json));
      }
      return node;
    }

    private static JsonNode node(@Nullable Object item, boolean json) {
      JsonNodeFactory nodes = JsonNodeFactory.instance;
      return switch (item) {
        case null -> nodes.nullNode();
        case Object[] inner -> node(inner, json);
        case Boolean flag -> nodes.booleanNode(flag);
        case Integer number -> nodes.numberNode(number);
        case Long number -> nodes.numberNode(number);
        case Short number -> nodes.numberNode(number);
        case BigDecimal number -> nodes.numberNode(number);
        case Double number -> nodes.numberNode(number);
        case Float number -> nodes.numberNode(number);
        case Timestamp time -> nodes.textNode(time.toLocalDateTime().toString());
        default -> json ? parsed(item.toString()) : nodes.textNode(item.toString());
      };
    }

    private static JsonNode parsed(String text) {
      try {
        return JSON.readTree(text);
      } catch (JsonProcessingException e) {
        return JsonNodeFactory.instance.textNode(text);
      }
    }
  }
}
