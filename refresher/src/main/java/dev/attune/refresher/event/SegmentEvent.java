package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.attune.core.profile.TraitFit;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * One event as the Segment spec describes it (segment.com/docs/connections/spec).
 *
 * @param type identify, track, page, screen, group or alias
 * @param messageId of the sender, which copies share; else its position in the log
 * @param name of the event as audiences call it; empty for identify, group and alias
 * @param userId empty when there is none; then there is an anonymousId
 * @param previousId of an alias
 * @param timestamp when it happened, if it says so
 * @param traits of an identify, an empty object for others
 * @param properties an object, empty when there are none
 */
public record SegmentEvent(
    String type,
    String messageId,
    String name,
    String userId,
    String anonymousId,
    String previousId,
    Optional<Instant> timestamp,
    JsonNode traits,
    JsonNode properties) {
  private static final List<String> TYPES =
      List.of("identify", "track", "page", "screen", "group", "alias");
  private static final int MESSAGE_ID_LENGTH_MAX = 200;
  private static final int NAME_LENGTH_MAX = 200;

  /** Most traits of one identify. */
  static final int TRAITS_MAX = 300;

  /**
   * Deepest nesting of traits and properties: a stored value is read back with bounded recursion.
   */
  static final int DEPTH_MAX = 20;

  /** Largest event on the log, in bytes: a collected one with its batch's context. */
  static final int BYTES_MAX = 64 << 10;

  /**
   * Reads and checks an event.
   *
   * @param position in the log: names an event that has no id of its own
   */
  static SegmentEvent parse(byte[] json, String position) throws MalformedEventException {
    if (json.length > BYTES_MAX) {
      throw new MalformedEventException(
          "the event has " + json.length + " bytes (allowed: " + BYTES_MAX + ")");
    }
    JsonNode node;
    try {
      node = Json.parse(json);
    } catch (InvalidJsonException e) {
      throw new MalformedEventException(String.valueOf(e.getMessage()));
    }
    check(node);
    String type = node.get("type").textValue();
    return new SegmentEvent(
        type,
        messageId(node, position),
        name(type, node),
        id(node, "userId"),
        id(node, "anonymousId"),
        id(node, "previousId"),
        timestamp(node),
        type.equals("identify") ? object(node, "traits") : JsonNodeFactory.instance.objectNode(),
        object(node, "properties"));
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
    name(type.textValue(), node);
    timestamp(node);
    int traits = object(node, "traits").size();
    if (traits > TRAITS_MAX) {
      throw new MalformedEventException(
          "traits: " + traits + " of them (allowed: " + TRAITS_MAX + ")");
    }
    object(node, "properties");
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
    return id.asText();
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

  private static Optional<Instant> timestamp(JsonNode node) throws MalformedEventException {
    for (String field : List.of("timestamp", "originalTimestamp")) {
      JsonNode timestamp = node.path(field);
      if (timestamp.isMissingNode() || timestamp.isNull()) {
        continue;
      }
      Optional<Instant> instant =
          timestamp.isTextual() ? TraitFit.instant(timestamp.textValue()) : Optional.empty();
      if (instant.isEmpty()) {
        throw new MalformedEventException(
            field + ": not an ISO 8601 time with an offset, e.g. 2026-11-21T07:35:00Z");
      }
      return instant;
    }
    return Optional.empty();
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
      return JsonNodeFactory.instance.objectNode();
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
