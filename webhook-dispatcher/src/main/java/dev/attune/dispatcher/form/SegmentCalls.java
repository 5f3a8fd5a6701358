package dev.attune.dispatcher.form;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.proto.v1.Delivery;

/**
 * Calls of Segment's spec, with the {@code context.personas} by which its destinations know what an
 * audience says. An event is a track call with the identifier that brought it; where that is
 * neither a user id nor an anonymous id, {@code userId} is {@code <namespace>:<value>} and {@code
 * context.externalIds} has its parts.
 */
final class SegmentCalls {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String OWNER = "attune";

  private SegmentCalls() {}

  /**
   * @param identify whether an audience is told as a trait, in an identify call
   */
  static JsonNode of(Delivery delivery, JsonNode document, boolean identify) {
    JsonNode data = document.path("data");
    return switch (document.path("type").asText()) {
      case "event" -> event(document, data);
      case "profile.changed" -> profile(delivery, document, data);
      default -> audience(delivery, document, data, identify);
    };
  }

  private static ObjectNode audience(
      Delivery delivery, JsonNode document, JsonNode data, boolean identify) {
    String audience = data.path("audience").asText();
    boolean entered = document.path("type").asText().endsWith(".entered");
    ObjectNode call = NODES.objectNode();
    call.put("type", identify ? "identify" : "track");
    if (!identify) {
      call.put("event", entered ? "Audience Entered" : "Audience Exited");
    }
    call.put("messageId", delivery.getWebhookId());
    call.set("timestamp", document.path("timestamp"));
    call.set("userId", data.path("profile_id"));
    call.putObject("context")
        .putObject("personas")
        .put("computation_class", "audience")
        .put("computation_id", audience)
        .put("computation_key", audience)
        .put("namespace", OWNER)
        .put("space_id", OWNER);
    ObjectNode said = call.putObject(identify ? "traits" : "properties");
    if (!identify) {
      said.put("audience_key", audience);
    }
    said.put(audience, entered);
    return call;
  }

  private static ObjectNode profile(Delivery delivery, JsonNode document, JsonNode data) {
    ObjectNode call = NODES.objectNode();
    call.put("type", "identify");
    call.put("messageId", delivery.getWebhookId());
    call.set("timestamp", document.path("timestamp"));
    call.set("userId", data.path("profile_id"));
    call.putObject("context");
    call.set("traits", data.has("traits") ? data.path("traits") : NODES.objectNode());
    return call;
  }

  private static ObjectNode event(JsonNode document, JsonNode data) {
    ObjectNode call = NODES.objectNode();
    call.put("type", "track");
    call.set("event", data.path("event"));
    // That of the call which brought it: who has had it from elsewhere knows it.
    call.set("messageId", data.path("event_id"));
    call.set("timestamp", document.path("timestamp"));
    String namespace = data.path("via").path("namespace").asText();
    JsonNode value = data.path("via").path("value");
    ObjectNode context = NODES.objectNode();
    switch (namespace) {
      case "user_id" -> call.set("userId", value);
      case "anonymous_id" -> call.set("anonymousId", value);
      default -> {
        call.put("userId", namespace + ":" + value.asText());
        context
            .putArray("externalIds")
            .addObject()
            .put("collection", "users")
            .put("encoding", "none")
            .put("type", namespace)
            .set("id", value);
      }
    }
    call.set("context", context);
    call.set("properties", data.has("properties") ? data.path("properties") : NODES.objectNode());
    return call;
  }
}
