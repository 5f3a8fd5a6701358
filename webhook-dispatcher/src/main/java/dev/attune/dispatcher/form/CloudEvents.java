package dev.attune.dispatcher.form;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.proto.v1.Delivery;

/**
 * An envelope of CloudEvents 1.0, structured mode. {@code subject} is the profile id where the
 * document has one; the identifier of an event stays in the data, because envelopes are logged.
 */
final class CloudEvents {
  private CloudEvents() {}

  static JsonNode of(Delivery delivery, JsonNode document) {
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("specversion", "1.0");
    event.put("id", delivery.getWebhookId());
    event.put("source", "/webhooks/" + delivery.getWebhook());
    event.put("type", "dev.attune." + document.path("type").asText());
    JsonNode profile = document.path("data").path("profile_id");
    if (profile.isTextual()) {
      event.set("subject", profile);
    }
    event.set("time", document.path("timestamp"));
    event.put("datacontenttype", "application/json");
    event.set("data", document.path("data"));
    return event;
  }
}
