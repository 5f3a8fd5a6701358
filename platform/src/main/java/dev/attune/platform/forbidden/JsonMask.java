package dev.attune.platform.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.attune.core.forbidden.FieldPath;
import dev.attune.core.forbidden.Forbidden;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Masks one document in place, and counts what it masked. */
final class JsonMask {
  /** Beyond it every double is whole, and no card number is. */
  private static final double WHOLE_MAX = 1e19;

  private final Forbidden rules;
  private int cards;
  private int fields;

  JsonMask(Forbidden rules) {
    this.rules = rules;
  }

  /** Card numbers that were masked. */
  int cards() {
    return cards;
  }

  /** Values of forbidden fields that were masked. */
  int fields() {
    return fields;
  }

  /**
   * A node without what is forbidden. An object or list is changed in place.
   *
   * @param parent of the object or list that the node is in; null at the top
   * @param name of the node, empty at the top
   */
  JsonNode mask(JsonNode node, @Nullable FieldPath parent, String name) {
    return switch (node.getNodeType()) {
      case OBJECT ->
          object((ObjectNode) node, name.isEmpty() ? parent : new FieldPath(parent, name));
      case ARRAY -> list((ArrayNode) node, parent, name);
      case STRING -> text(node, parent, name);
      case NUMBER -> number(node, parent, name);
      default -> node;
    };
  }

  private JsonNode object(ObjectNode object, @Nullable FieldPath path) {
    boolean keyed = false;
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      keyed |= !rules.text(name).equals(name);
      JsonNode value = field.getValue();
      Optional<String> forbidden =
          value.isNull() ? Optional.empty() : rules.fields().find(path, name);
      JsonNode masked;
      if (forbidden.isPresent()) {
        masked = TextNode.valueOf(Forbidden.mask(forbidden.get()));
        fields += masked.equals(value) ? 0 : 1;
      } else {
        masked = mask(value, path, name);
      }
      field.setValue(masked);
    }
    if (keyed) {
      maskKeys(object);
    }
    return object;
  }

  // Names that become the same are numbered, so that no value is lost.
  private void maskKeys(ObjectNode object) {
    List<Map.Entry<String, JsonNode>> all = new ArrayList<>();
    object.properties().forEach(field -> all.add(Map.entry(field.getKey(), field.getValue())));
    Map<String, JsonNode> renamed = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : all) {
      String name = rules.text(field.getKey());
      cards += name.equals(field.getKey()) ? 0 : 1;
      String free = name;
      for (int n = 2; renamed.containsKey(free); n++) {
        free = name + "#" + n;
      }
      renamed.put(free, field.getValue());
    }
    object.removeAll();
    object.setAll(renamed);
  }

  private JsonNode list(ArrayNode list, @Nullable FieldPath parent, String name) {
    for (int i = 0; i < list.size(); i++) {
      list.set(i, mask(list.get(i), parent, name));
    }
    return list;
  }

  private JsonNode text(JsonNode node, @Nullable FieldPath parent, String name) {
    String text = node.textValue();
    String masked = rules.text(parent, name, text);
    if (masked.equals(text)) {
      return node;
    }
    cards++;
    return TextNode.valueOf(masked);
  }

  private JsonNode number(JsonNode node, @Nullable FieldPath parent, String name) {
    boolean card;
    if (node.isIntegralNumber()) {
      card = node.canConvertToLong() && rules.isCard(parent, name, node.longValue());
    } else {
      double number = node.doubleValue();
      card =
          Math.abs(number) < WHOLE_MAX
              && number == Math.rint(number)
              && rules.isCard(parent, name, (long) number);
    }
    if (!card) {
      return node;
    }
    cards++;
    return TextNode.valueOf(Forbidden.cardMask());
  }
}
