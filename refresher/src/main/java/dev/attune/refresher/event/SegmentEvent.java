package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * One event as the Segment spec describes it (segment.com/docs/connections/spec).
 *
 * @param type identify, track, page, screen, group or alias
 * @param messageId of the sender, which copies share; else its position in the log
 * @param name of the event as audiences call it; empty for identify, group and alias
 * @param userId empty when there is none; then there is an anonymousId
 * @param previousId of an alias
 * @param groupId of a group call: the group that its traits are about; empty for others
 * @param contextGroupId the group on whose behalf something was done; empty when there is none
 * @param node all of it, to compute its time from
 * @param traits of an identify those of the person, of a group call those of the group, an empty
 *     object for others
 * @param contextTraits what the sender remembers of the person, an empty object when there is none
 * @param properties an object, empty when there are none; of a page or screen with its name and
 *     category
 */
public record SegmentEvent(
    String type,
    String messageId,
    String name,
    String userId,
    String anonymousId,
    String previousId,
    String groupId,
    String contextGroupId,
    JsonNode node,
    JsonNode traits,
    JsonNode contextTraits,
    JsonNode properties) {
  private static final List<String> TYPES =
      List.of("identify", "track", "page", "screen", "group", "alias");
  private static final JsonNode NOTHING = JsonNodeFactory.instance.objectNode();
  private static final int MESSAGE_ID_LENGTH_MAX = 200;
  private static final int NAME_LENGTH_MAX = 200;

  /** Most traits of one identify. */
  static final int TRAITS_MAX = 300;

  /**
   * Deepest nesting of traits and properties: a stored value is read back with bounded recursion.
   */
  static final int DEPTH_MAX = 20;

  /** Largest event on the log, in bytes: a collected one with its batch's context. */
  public static final int BYTES_MAX = 64 << 10;

  /**
   * Reads and checks an event.
   *
   * @param position in the log: names an event that has no id of its own
   */
  static SegmentEvent parse(byte[] json, String position) throws MalformedEventException {
    return of(read(json), position);
  }

  /** Reads the JSON of an event, and checks nothing but its size. */
  static JsonNode read(byte[] json) throws MalformedEventException {
    if (json.length > BYTES_MAX) {
      throw new MalformedEventException(
          "the event has " + json.length + " bytes (allowed: " + BYTES_MAX + ")");
    }
    try {
      return Json.parse(json);
    } catch (InvalidJsonException e) {
      throw new MalformedEventException(String.valueOf(e.getMessage()));
    }
  }

  /** Checks an event that was read, as {@link #parse}. */
  static SegmentEvent of(JsonNode node, String position) throws MalformedEventException {
    check(node);
    String type = node.get("type").textValue();
    return new SegmentEvent(
        type,
        messageId(node, position),
        name(type, node),
        id(node, "userId"),
        id(node, "anonymousId"),
        type.equals("alias") ? id(node, "previousId") : "",
        type.equals("group") ? id(node, "groupId") : "",
        id(node.path("context"), "groupId"),
        node,
        traits(type, node),
        type.equals("identify") && isEmpty(node.path("traits"))
            ? NOTHING
            : object(node.path("context"), "traits"),
        properties(type, node));
  }

  /** When it happened, in microseconds; the log accepted it at {@code loggedAtMicros}. */
  long occurredAt(long loggedAtMicros) throws MalformedEventException {
    return EventTime.micros(node, loggedAtMicros);
  }

  /** Its further identifiers. */
  List<ExternalId> externalIds(List<String> objections) {
    return ExternalId.of(node.path("context").path("externalIds"), objections);
  }

  // Of an identify without traits of its own those of its context stand for them: one SDK sends it
  // so.
  private static JsonNode traits(String type, JsonNode node) throws MalformedEventException {
    return switch (type) {
      case "identify" ->
          isEmpty(node.path("traits"))
              ? object(node.path("context"), "traits")
              : object(node, "traits");
      case "group" -> object(node, "traits");
      default -> NOTHING;
    };
  }

  private static JsonNode properties(String type, JsonNode node) throws MalformedEventException {
    JsonNode properties = object(node, "properties");
    if (!type.equals("page") && !type.equals("screen")) {
      return properties;
    }
    ObjectNode named = properties.deepCopy();
    for (String field : List.of("name", "category")) {
      if (node.path(field).isTextual() && !named.has(field)) {
        named.set(field, node.get(field));
      }
    }
    return named;
  }

  private static boolean isEmpty(JsonNode node) {
    return node.isMissingNode() || node.isNull() || node.isEmpty();
  }

  /**
   * Checks what every event must have, whatever becomes of it later: a known type, somebody it is
   * about, and of a track its name.
   */
  public static void check(JsonNode node) throws MalformedEventException {
    if (!node.isObject()) {
      throw new MalformedEventException("the event is no JSON object");
    }
    JsonNode type = node.path("type");
    if (!type.isTextual() || !TYPES.contains(type.textValue())) {
      throw new MalformedEventException(
          "type: missing or unknown (allowed: " + String.join(", ", TYPES) + ")");
    }
    if (id(node, "userId").isEmpty() && id(node, "anonymousId").isEmpty()) {
      throw new MalformedEventException("userId and anonymousId: both missing (one is needed)");
    }
    // What was masked would be the same for all whose it was.
    notMasked("messageId", node.path("messageId").asText(""));
    name(type.textValue(), node);
    group(type.textValue(), node);
    alias(type.textValue(), node);
    EventTime.check(node);
    traits(node, "traits", "traits");
    if (!isEmpty(node.path("context"))) {
      if (!node.get("context").isObject()) {
        throw new MalformedEventException("context: no JSON object");
      }
      traits(node.get("context"), "traits", "context.traits");
      id(node.get("context"), "groupId");
    }
    object(node, "properties");
  }

  private static void traits(JsonNode node, String field, String name)
      throws MalformedEventException {
    int traits = object(node, field).size();
    if (traits > TRAITS_MAX) {
      throw new MalformedEventException(
          name + ": " + traits + " of them (allowed: " + TRAITS_MAX + ")");
    }
  }

  private static void group(String type, JsonNode node) throws MalformedEventException {
    if (type.equals("group") && id(node, "groupId").isEmpty()) {
      throw new MalformedEventException("groupId: missing (a group call is about a group)");
    }
  }

  private static void alias(String type, JsonNode node) throws MalformedEventException {
    if (type.equals("alias")
        && (id(node, "userId").isEmpty() || id(node, "previousId").isEmpty())) {
      throw new MalformedEventException("userId or previousId: missing (an alias needs both)");
    }
  }

  /** Key of an event that was checked: its user id, else its anonymous id. */
  public static String key(JsonNode node) throws MalformedEventException {
    String userId = id(node, "userId");
    return userId.isEmpty() ? id(node, "anonymousId") : userId;
  }

  /** An id as text; many senders give numbers. Empty when there is none. */
  static String id(JsonNode node, String field) throws MalformedEventException {
    JsonNode id = node.path(field);
    if (id.isMissingNode() || id.isNull()) {
      return "";
    }
    if (!id.isTextual() && !id.isIntegralNumber()) {
      throw new MalformedEventException(field + ": neither a string nor a whole number");
    }
    notMasked(field, id.asText());
    return id.asText();
  }

  private static void notMasked(String field, String id) throws MalformedEventException {
    if (Forbidden.isMasked(id)) {
      throw new MalformedEventException(
          field + ": forbidden data, such as a payment card number (it identifies nobody)");
    }
  }

  private static String name(String type, JsonNode node) throws MalformedEventException {
    return switch (type) {
      case "page" -> "Page Viewed";
      case "screen" -> "Screen Viewed";
      case "track" -> {
        JsonNode event = node.path("event");
        if (!event.isTextual()
            || event.textValue().isBlank()
            || event.textValue().length() > NAME_LENGTH_MAX) {
          throw new MalformedEventException(
              "event: missing, or not a text of 1 to " + NAME_LENGTH_MAX + " characters");
        }
        yield event.textValue();
      }
      default -> "";
    };
  }

  private static boolean deeper(JsonNode node, int depth) {
    for (JsonNode child : node) {
      if (child.isContainerNode() && (depth == 0 || deeper(child, depth - 1))) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode object(JsonNode node, String field) throws MalformedEventException {
    JsonNode object = node.path(field);
    if (object.isMissingNode() || object.isNull()) {
      return NOTHING;
    }
    if (!object.isObject()) {
      throw new MalformedEventException(field + ": no JSON object");
    }
    if (deeper(object, DEPTH_MAX)) {
      throw new MalformedEventException(
          field + ": nested too deep (allowed: " + DEPTH_MAX + " levels)");
    }
    return object;
  }

  private static String messageId(JsonNode node, String fallback) {
    String given = node.path("messageId").asText("");
    if (given.isEmpty()) {
      return fallback;
    }
    return given.length() <= MESSAGE_ID_LENGTH_MAX ? given : digest(given);
  }

  // An id that is too long to keep: its digest tells copies apart from others just as well.
  private static String digest(String id) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
