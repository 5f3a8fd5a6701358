package dev.attune.dispatcher.send;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Takes out of an endpoint's answer what may not be kept. Endpoints echo what they were sent, and
 * say in errors what they know: so every value of the delivery goes, and whatever looks like an
 * address, a number that could be somebody's, or a token.
 */
final class Redaction {
  /** What stands in the place of what was taken out. */
  static final String GONE = "[redacted]";

  // Shorter ones are words and small numbers, which say nothing about anybody.
  private static final int VALUE_LENGTH_MIN = 3;
  private static final int VALUES_MAX = 500;
  private static final int LENGTH_MAX = 16 * 1_024;

  private static final Pattern ADDRESS =
      Pattern.compile("[^\\s\"'<>(),;:=&/@]{1,64}(@|%40)[^\\s\"'<>(),;:=&/@]{1,255}");
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_+/=.~-]{20,}");
  private static final Pattern NUMBER = Pattern.compile("\\+?\\d[\\d .()/-]{4,}\\d");
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\uFFFD&&[^\\n\\t]]");

  private Redaction() {}

  /**
   * The answer as text, without what may not be kept; nothing of it where a delivery has too many
   * values to look for each.
   */
  static String of(byte[] answer, Delivery delivery) {
    if (answer.length == 0) {
      return "";
    }
    Set<String> values = values(delivery);
    if (values.size() > VALUES_MAX) {
      return GONE;
    }
    String text = new String(answer, StandardCharsets.UTF_8);
    for (String value : values) {
      text =
          Pattern.compile(value, Pattern.LITERAL | Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
              .matcher(text)
              .replaceAll(GONE);
    }
    text = ADDRESS.matcher(text).replaceAll(GONE);
    text = TOKEN.matcher(text).replaceAll(GONE);
    text = NUMBER.matcher(text).replaceAll(GONE);
    text = CONTROL.matcher(text).replaceAll("?");
    return text.length() <= LENGTH_MAX ? text : text.substring(0, LENGTH_MAX);
  }

  // The longest first: a value may be a part of another one.
  private static Set<String> values(Delivery delivery) {
    Set<String> values =
        new TreeSet<>(
            Comparator.comparingInt(String::length)
                .reversed()
                .thenComparing(Comparator.naturalOrder()));
    try {
      JsonNode document = Json.parseLarge(delivery.getBody().toByteArray());
      collect(document.path("view").path("traits"), values);
      JsonNode data = document.path("data");
      collect(data.path("via").path("value"), values);
      collect(data.path("properties"), values);
      collect(data.path("traits"), values);
    } catch (InvalidJsonException e) {
      // Every body is JSON; of one that were not nothing would be known, and the patterns remain.
    }
    return values;
  }

  private static void collect(JsonNode node, Set<String> values) {
    if (values.size() > VALUES_MAX) {
      return;
    }
    if (node.isContainerNode()) {
      node.forEach(child -> collect(child, values));
    } else if ((node.isTextual() || node.isNumber())
        && node.asText().length() >= VALUE_LENGTH_MIN) {
      values.add(node.asText());
      values.add(escaped(node.asText()));
    }
  }

  // As it stands in JSON that echoes it.
  private static String escaped(String text) {
    try {
      String quoted = Json.mapper().writeValueAsString(text);
      return quoted.substring(1, quoted.length() - 1);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every text can be written as JSON", e);
    }
  }
}
