package dev.attune.dispatcher.form;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.webhook.PayloadTemplate;
import dev.attune.proto.v1.Delivery;
import java.util.regex.Matcher;

/**
 * A template, filled with a document. What a document has no value for, because it is of another
 * kind or a field rule dropped it, is null, and in a text nothing.
 */
final class Filled {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final JsonNode root;

  private Filled(JsonNode root) {
    this.root = root;
  }

  static JsonNode of(JsonNode template, Delivery delivery, JsonNode document) {
    ObjectNode root = NODES.objectNode();
    root.put("id", delivery.getWebhookId());
    root.put("webhook", delivery.getWebhook());
    document.properties().forEach(field -> root.set(field.getKey(), field.getValue()));
    return new Filled(root).fill(template);
  }

  private JsonNode fill(JsonNode template) {
    if (template.isObject()) {
      ObjectNode filled = NODES.objectNode();
      template.properties().forEach(field -> filled.set(field.getKey(), fill(field.getValue())));
      return filled;
    }
    if (template.isArray()) {
      ArrayNode filled = NODES.arrayNode();
      template.forEach(item -> filled.add(fill(item)));
      return filled;
    }
    return template.isTextual() ? text(template.asText()) : template;
  }

  private JsonNode text(String text) {
    Matcher place = PayloadTemplate.PLACE.matcher(text);
    if (place.matches()) {
      JsonNode value = find(root, place.group(1));
      return value.isMissingNode() ? NODES.nullNode() : value;
    }
    return NODES.textNode(
        place.replaceAll(found -> Matcher.quoteReplacement(shown(find(root, found.group(1))))));
  }

  // What is in an object or a list is its JSON.
  private static String shown(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    return value.isContainerNode() ? value.toString() : value.asText();
  }

  // Names may have dots in them, as consent.marketing has: the longest that is there counts.
  private static JsonNode find(JsonNode node, String path) {
    if (node.has(path)) {
      return node.path(path);
    }
    for (int dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
      String name = path.substring(0, dot);
      if (node.has(name)) {
        JsonNode found = find(node.path(name), path.substring(dot + 1));
        if (!found.isMissingNode()) {
          return found;
        }
      }
    }
    return NODES.missingNode();
  }
}
