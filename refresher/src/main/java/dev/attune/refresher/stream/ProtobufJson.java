package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.attune.platform.http.Json;
import dev.attune.refresher.event.MalformedEventException;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/**
 * What a Protobuf message says, as a sender would write it in JSON: fields under their names in the
 * {@code .proto} file, enums by name, whole numbers as numbers, bytes in Base64, Google's
 * timestamps as ISO 8601, its wrappers as what is in them. A field that knows whether it is there
 * is left out when it is not; one that does not has its default.
 */
final class ProtobufJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ProtobufJson() {}

  static JsonNode of(Message message) throws MalformedEventException {
    return of(message, Json.DEPTH_MAX);
  }

  private static JsonNode of(Message message, int depth) throws MalformedEventException {
    if (depth == 0) {
      throw new MalformedEventException(
          "the record is nested too deep (allowed: " + Json.DEPTH_MAX + " levels)");
    }
    return switch (message.getDescriptorForType().getFullName()) {
      case "google.protobuf.Timestamp" ->
          NODES.textNode(
              Instant.ofEpochSecond(whole(message, "seconds"), whole(message, "nanos")).toString());
      case "google.protobuf.Duration" ->
          NODES.textNode(
              Duration.ofSeconds(whole(message, "seconds"), whole(message, "nanos")).toString());
      case "google.protobuf.DoubleValue",
          "google.protobuf.FloatValue",
          "google.protobuf.Int64Value",
          "google.protobuf.UInt64Value",
          "google.protobuf.Int32Value",
          "google.protobuf.UInt32Value",
          "google.protobuf.BoolValue",
          "google.protobuf.StringValue",
          "google.protobuf.BytesValue" -> {
        FieldDescriptor field = message.getDescriptorForType().findFieldByName("value");
        yield value(field, message.getField(field), depth);
      }
      default -> object(message, depth);
    };
  }

  private static long whole(Message message, String field) {
    return ((Number) message.getField(message.getDescriptorForType().findFieldByName(field)))
        .longValue();
  }

  private static JsonNode object(Message message, int depth) throws MalformedEventException {
    ObjectNode object = NODES.objectNode();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.isMapField()) {
        object.set(field.getName(), map(field, message, depth));
      } else if (field.isRepeated()) {
        ArrayNode list = NODES.arrayNode();
        for (Object item : (Iterable<?>) message.getField(field)) {
          list.add(value(field, item, depth));
        }
        object.set(field.getName(), list);
      } else if (!field.hasPresence() || message.hasField(field)) {
        object.set(field.getName(), value(field, message.getField(field), depth));
      }
    }
    return object;
  }

  private static ObjectNode map(FieldDescriptor field, Message message, int depth)
      throws MalformedEventException {
    FieldDescriptor key = field.getMessageType().findFieldByName("key");
    FieldDescriptor value = field.getMessageType().findFieldByName("value");
    ObjectNode map = NODES.objectNode();
    for (Object item : (Iterable<?>) message.getField(field)) {
      Message entry = (Message) item;
      map.set(
          value(key, entry.getField(key), depth).asText(),
          value(value, entry.getField(value), depth));
    }
    return map;
  }

  private static JsonNode value(FieldDescriptor field, Object value, int depth)
      throws MalformedEventException {
    return switch (field.getType()) {
      case MESSAGE, GROUP -> of((Message) value, depth - 1);
      case ENUM -> NODES.textNode(((EnumValueDescriptor) value).getName());
      case BYTES ->
          NODES.textNode(Base64.getEncoder().encodeToString(((ByteString) value).toByteArray()));
      case STRING -> NODES.textNode((String) value);
      case BOOL -> NODES.booleanNode((Boolean) value);
      case DOUBLE -> number((Double) value);
      case FLOAT -> number(Double.parseDouble(value.toString()));
      case UINT32, FIXED32 -> NODES.numberNode(Integer.toUnsignedLong((Integer) value));
      case UINT64, FIXED64 -> NODES.numberNode(new BigInteger(Long.toUnsignedString((Long) value)));
      case INT32, SINT32, SFIXED32, INT64, SINT64, SFIXED64 ->
          NODES.numberNode(((Number) value).longValue());
    };
  }

  // JSON has no word for what is no number.
  private static JsonNode number(double value) {
    return Double.isFinite(value) ? NODES.numberNode(value) : NODES.nullNode();
  }
}
