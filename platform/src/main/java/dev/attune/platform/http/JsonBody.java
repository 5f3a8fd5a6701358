package dev.attune.platform.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a request's document apart; what does not fit is 400 {@code invalid_request}, in one
 * sentence.
 */
public final class JsonBody {
  private JsonBody() {}

  /** Requires an object whose keys are all among those allowed. */
  public static void requireKeys(JsonNode node, List<String> allowed) {
    if (!node.isObject()) {
      throw invalid("an object was expected (keys: " + names(allowed) + ")");
    }
    for (var entry : node.properties()) {
      // The key itself is not repeated: it comes from outside and may be anything.
      if (!allowed.contains(entry.getKey())) {
        throw invalid("there is an unknown key (allowed: " + names(allowed) + ")");
      }
    }
  }

  private static String names(List<String> keys) {
    return keys.isEmpty() ? "none" : String.join(", ", keys);
  }

  /** A text that must be there. */
  public static String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isTextual()) {
      throw invalid(key + ": a string was expected");
    }
    return value.textValue();
  }

  /** A boolean that may be there. */
  public static boolean bool(JsonNode node, String key, boolean otherwise) {
    JsonNode value = node.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw invalid(key + ": true or false was expected");
    }
    return value.booleanValue();
  }

  /** An array that must be there. */
  public static List<JsonNode> array(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isArray()) {
      throw invalid(key + ": an array was expected");
    }
    List<JsonNode> items = new ArrayList<>();
    value.forEach(items::add);
    return items;
  }

  /** The problem to throw. */
  public static HttpProblem invalid(String message) {
    return HttpProblem.badRequest("invalid_request", message);
  }
}
