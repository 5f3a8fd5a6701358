package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.platform.http.Json;
import dev.attune.refresher.event.MalformedEventException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * What an Avro datum says, as a sender would write it in JSON: the value of a union without its
 * type, times and dates as ISO 8601, decimals as numbers, bytes in Base64.
 */
final class AvroJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private AvroJson() {}

  static JsonNode of(Schema schema, @Nullable Object datum) throws MalformedEventException {
    return of(schema, datum, Json.DEPTH_MAX);
  }

  private static JsonNode of(Schema schema, @Nullable Object datum, int depth)
      throws MalformedEventException {
    if (depth == 0) {
      throw new MalformedEventException(
          "the record is nested too deep (allowed: " + Json.DEPTH_MAX + " levels)");
    }
    if (datum == null) {
      return NODES.nullNode();
    }
    return switch (schema.getType()) {
      case UNION ->
          of(schema.getTypes().get(GenericData.get().resolveUnion(schema, datum)), datum, depth);
      case RECORD -> record(schema, (IndexedRecord) datum, depth);
      case MAP -> {
        ObjectNode object = NODES.objectNode();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) datum).entrySet()) {
          object.set(
              entry.getKey().toString(), of(schema.getValueType(), entry.getValue(), depth - 1));
        }
        yield object;
      }
      case ARRAY -> {
        ArrayNode list = NODES.arrayNode();
        for (Object item : (Iterable<?>) datum) {
          list.add(of(schema.getElementType(), item, depth - 1));
        }
        yield list;
      }
      case INT, LONG -> whole(schema.getLogicalType(), ((Number) datum).longValue());
      case FLOAT -> number(Double.parseDouble(datum.toString()));
      case DOUBLE -> number((Double) datum);
      case BOOLEAN -> NODES.booleanNode((Boolean) datum);
      case BYTES -> bytes(schema.getLogicalType(), bytes((ByteBuffer) datum));
      case FIXED -> bytes(schema.getLogicalType(), ((GenericFixed) datum).bytes());
      case STRING, ENUM -> NODES.textNode(datum.toString());
      case NULL -> NODES.nullNode();
    };
  }

  private static JsonNode record(Schema schema, IndexedRecord record, int depth)
      throws MalformedEventException {
    ObjectNode object = NODES.objectNode();
    for (Schema.Field field : schema.getFields()) {
      object.set(field.name(), of(field.schema(), record.get(field.pos()), depth - 1));
    }
    return object;
  }

  private static JsonNode whole(@Nullable LogicalType type, long value) {
    return switch (type) {
      case LogicalTypes.Date _ -> NODES.textNode(LocalDate.ofEpochDay(value).toString());
      case LogicalTypes.TimeMillis _ ->
          NODES.textNode(LocalTime.ofNanoOfDay(value * 1_000_000).toString());
      case LogicalTypes.TimeMicros _ ->
          NODES.textNode(LocalTime.ofNanoOfDay(value * 1_000).toString());
      case LogicalTypes.TimestampMillis _ -> instant(value, ChronoUnit.MILLIS);
      case LogicalTypes.TimestampMicros _ -> instant(value, ChronoUnit.MICROS);
      case LogicalTypes.TimestampNanos _ -> instant(value, ChronoUnit.NANOS);
      case LogicalTypes.LocalTimestampMillis _ -> local(value, ChronoUnit.MILLIS);
      case LogicalTypes.LocalTimestampMicros _ -> local(value, ChronoUnit.MICROS);
      case LogicalTypes.LocalTimestampNanos _ -> local(value, ChronoUnit.NANOS);
      case null, default -> NODES.numberNode(value);
    };
  }

  private static JsonNode instant(long value, ChronoUnit unit) {
    return NODES.textNode(Instant.EPOCH.plus(value, unit).toString());
  }

  private static JsonNode local(long value, ChronoUnit unit) {
    return NODES.textNode(
        LocalDateTime.ofInstant(Instant.EPOCH.plus(value, unit), ZoneOffset.UTC).toString());
  }

  // JSON has no word for what is no number.
  private static JsonNode number(double value) {
    return Double.isFinite(value) ? NODES.numberNode(value) : NODES.nullNode();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static JsonNode bytes(@Nullable LogicalType type, byte[] bytes) {
    return type instanceof LogicalTypes.Decimal decimal && bytes.length > 0
        ? NODES.numberNode(new BigDecimal(new BigInteger(bytes), decimal.getScale()))
        : NODES.textNode(Base64.getEncoder().encodeToString(bytes));
  }
}
