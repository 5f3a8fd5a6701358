package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.profile.TraitFit;
import dev.attune.core.stream.Fields;
import dev.attune.core.stream.RecordPath;
import dev.attune.core.stream.RecordTime;
import dev.attune.core.stream.Said;
import dev.attune.core.stream.StreamDefinition;
import dev.attune.platform.http.Json;
import dev.attune.refresher.event.MalformedEventException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Makes of a record the call that a sender would have made of it. What it says of a record names
 * fields and what is expected there, never what stands there.
 */
final class StreamMapper {
  private static final BigDecimal MICROS_MIN =
      BigDecimal.valueOf(TraitFit.micros(Instant.parse("0001-01-01T00:00:00Z")));
  private static final BigDecimal MICROS_MAX =
      BigDecimal.valueOf(TraitFit.micros(Instant.parse("9999-12-31T23:59:59Z")));

  private final StreamDefinition stream;

  StreamMapper(StreamDefinition stream) {
    this.stream = stream;
  }

  /**
   * The call.
   *
   * @param position names the event where no field does; the same whenever the record is read
   */
  ObjectNode event(JsonNode record, String position) throws MalformedEventException {
    if (!record.isObject()) {
      throw new MalformedEventException("the record is no object");
    }
    ObjectNode event = Json.mapper().createObjectNode();
    String call = call(record);
    event.put("type", call);
    event.put("messageId", id(record, position));
    identifiers(record, call, event);
    time(record).ifPresent(at -> event.put("timestamp", at));
    switch (call) {
      case "track" -> {
        event.put("event", name(record));
        fields("properties", stream.properties(), record, event);
      }
      case "page", "screen" -> fields("properties", stream.properties(), record, event);
      case "identify", "group" -> fields("traits", stream.traits(), record, event);
      case "alias" -> previous(record, event);
      default -> throw new IllegalStateException("a call that is none of CALLS");
    }
    return event;
  }

  private String call(JsonNode record) throws MalformedEventException {
    return switch (stream.call()) {
      case Said.Constant constant -> constant.text();
      case Said.Field field -> {
        JsonNode call = at(record, field.path());
        if (!call.isTextual() || !StreamDefinition.CALLS.contains(call.textValue())) {
          throw new MalformedEventException(
              "call: "
                  + field.path().label()
                  + " is missing or no call (allowed: "
                  + String.join(", ", StreamDefinition.CALLS)
                  + ")");
        }
        yield call.textValue();
      }
    };
  }

  private String name(JsonNode record) throws MalformedEventException {
    if (stream.event().isEmpty()) {
      throw new MalformedEventException(
          "event: the stream does not say which events its track calls are");
    }
    return switch (stream.event().get()) {
      case Said.Constant constant -> constant.text();
      case Said.Field field -> {
        JsonNode name = at(record, field.path());
        if (!name.isTextual()) {
          throw new MalformedEventException(
              "event: " + field.path().label() + " is missing or no text");
        }
        yield name.textValue();
      }
    };
  }

  private String id(JsonNode record, String position) throws MalformedEventException {
    if (stream.id().isEmpty()) {
      return position;
    }
    JsonNode id = at(record, stream.id().get());
    if (!isId(id) || id.asText().isEmpty()) {
      throw new MalformedEventException(
          "id: " + stream.id().get().label() + " is missing, or neither a text nor a whole number");
    }
    return id.asText();
  }

  private static boolean isId(JsonNode node) {
    return node.isTextual() || node.isIntegralNumber();
  }

  private void identifiers(JsonNode record, String call, ObjectNode event)
      throws MalformedEventException {
    ArrayNode others = Json.mapper().createArrayNode();
    for (var identifier : stream.identifiers().entrySet()) {
      String namespace = identifier.getKey();
      JsonNode value = at(record, identifier.getValue());
      if (value.isMissingNode() || value.isNull()) {
        continue;
      }
      if (!isId(value)) {
        throw new MalformedEventException(
            "identifiers."
                + namespace
                + ": "
                + identifier.getValue().label()
                + " is neither a text nor a whole number");
      }
      switch (namespace) {
        case StreamDefinition.USER -> event.set("userId", value);
        case StreamDefinition.ANONYMOUS -> event.set("anonymousId", value);
        case Namespace.GROUP -> {
          if (call.equals("group")) {
            event.set("groupId", value);
          } else {
            event.withObjectProperty("context").set("groupId", value);
          }
        }
        default -> others.addObject().put("type", namespace).put("id", value.asText());
      }
    }
    if (!others.isEmpty()) {
      event.withObjectProperty("context").set("externalIds", others);
    }
    if (event.path("userId").asText("").isEmpty()
        && event.path("anonymousId").asText("").isEmpty()) {
      throw new MalformedEventException("identifiers: " + whose() + " missing or empty");
    }
  }

  // The fields that would have said whom it is about.
  private String whose() {
    Optional<RecordPath> user =
        Optional.ofNullable(stream.identifiers().get(StreamDefinition.USER));
    Optional<RecordPath> anonymous =
        Optional.ofNullable(stream.identifiers().get(StreamDefinition.ANONYMOUS));
    return user.isPresent() && anonymous.isPresent()
        ? user.get().label() + " and " + anonymous.get().label() + " are both"
        : user.or(() -> anonymous).map(RecordPath::label).orElse("all") + " is";
  }

  private void previous(JsonNode record, ObjectNode event) {
    stream
        .previousId()
        .map(path -> at(record, path))
        .filter(value -> !value.isMissingNode())
        .ifPresent(value -> event.set("previousId", value));
  }

  private Optional<String> time(JsonNode record) throws MalformedEventException {
    if (stream.time().isEmpty()) {
      return Optional.empty();
    }
    RecordTime said = stream.time().get();
    JsonNode node = at(record, said.path());
    Optional<Instant> time = Optional.empty();
    if (node.isTextual()) {
      time = TraitFit.instant(node.textValue());
    } else if (node.isNumber()) {
      time = instant(node.decimalValue(), said.unit());
    }
    return Optional.of(
        time.orElseThrow(
                () ->
                    new MalformedEventException(
                        "time: "
                            + said.path().label()
                            + " is missing or no time (expected: ISO 8601 with an offset, e.g."
                            + " 2026-11-21T07:35:00Z"
                            + (said.unit() == RecordTime.Unit.ISO
                                ? "; for numbers the stream has to say their unit)"
                                : ", or " + said.unit().label() + " since 1970)")))
            .truncatedTo(ChronoUnit.MICROS)
            .toString());
  }

  private static Optional<Instant> instant(BigDecimal number, RecordTime.Unit unit) {
    int digits =
        switch (unit) {
          case ISO -> -1;
          case SECONDS -> 6;
          case MILLISECONDS -> 3;
          case MICROSECONDS -> 0;
        };
    // A number of a hundred digits, or with an exponent, need not be written out to be none.
    if (digits < 0 || number.precision() - number.scale() > 20) {
      return Optional.empty();
    }
    BigDecimal micros = number.scaleByPowerOfTen(digits);
    return micros.compareTo(MICROS_MIN) < 0 || micros.compareTo(MICROS_MAX) > 0
        ? Optional.empty()
        : Optional.of(Instant.EPOCH.plus(micros.longValue(), ChronoUnit.MICROS));
  }

  private static void fields(String name, Fields fields, JsonNode record, ObjectNode event)
      throws MalformedEventException {
    switch (fields) {
      case Fields.None _ -> {}
      case Fields.All _ -> event.set(name, record);
      case Fields.Inside inside -> {
        JsonNode object = at(record, inside.path());
        if (object.isMissingNode() || object.isNull()) {
          return;
        }
        if (!object.isObject()) {
          throw new MalformedEventException(name + ": " + inside.path().label() + " is no object");
        }
        event.set(name, object);
      }
      case Fields.Picked picked -> {
        ObjectNode object = event.putObject(name);
        picked
            .paths()
            .forEach(
                (field, path) -> {
                  JsonNode value = at(record, path);
                  if (!value.isMissingNode()) {
                    object.set(field, value);
                  }
                });
      }
    }
  }

  private static JsonNode at(JsonNode record, RecordPath path) {
    JsonNode node = record;
    for (String name : path.names()) {
      node = node.path(name);
    }
    return node;
  }
}
