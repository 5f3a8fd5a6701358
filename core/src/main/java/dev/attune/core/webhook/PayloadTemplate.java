package dev.attune.core.webhook;

import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A document with places in its texts: {@code {{data.profile_id}}}. A text that is one place and
 * nothing else becomes the value with its type, in any other the value's text stands in its place.
 * There are no conditions, loops and calls, and no places in names, so that whatever it is filled
 * with it stays JSON of the shape that it was written in.
 *
 * @param json maps, lists, texts, numbers, booleans and null, as {@link Yaml#plain} has them
 */
public record PayloadTemplate(Object json) {
  /** A place in a text; its group is the path. */
  public static final Pattern PLACE = Pattern.compile("\\{\\{ *([^{}\\s]+) *}}");

  static final int LENGTH_MAX = 16_384;
  static final int NODES_MAX = 1_000;
  static final int DEPTH_MAX = 20;

  private static final String OPEN = "{{";

  /**
   * Reads a template.
   *
   * @param fields that it may name
   */
  static PayloadTemplate parse(Yaml yaml, DocumentFields fields) {
    if (!yaml.isMapping() && !yaml.isSequence()) {
      throw yaml.error("a template is a mapping or a list");
    }
    new Check(fields).value(yaml, 1);
    Object json = yaml.plain();
    if (json == null) {
      throw yaml.error("a template is a mapping or a list");
    }
    return new PayloadTemplate(json);
  }

  /** Goes through a template once and counts what it has. */
  private static final class Check {
    private final DocumentFields fields;
    private int length;
    private int nodes;

    Check(DocumentFields fields) {
      this.fields = fields;
    }

    void value(Yaml yaml, int depth) {
      nodes++;
      if (nodes > NODES_MAX || length > LENGTH_MAX || depth > DEPTH_MAX) {
        throw yaml.error(
            "the template is too large (allowed: "
                + NODES_MAX
                + " values, "
                + LENGTH_MAX
                + " characters, "
                + DEPTH_MAX
                + " levels)");
      }
      if (yaml.isMapping()) {
        yaml.entries()
            .forEach(
                (name, value) -> {
                  length += name.length();
                  if (name.contains(OPEN)) {
                    throw value.error("a name cannot have a place for a value in it");
                  }
                  value(value, depth + 1);
                });
      } else if (yaml.isSequence()) {
        yaml.items().forEach(item -> value(item, depth + 1));
      } else {
        scalar(yaml, yaml.plain());
      }
    }

    private void scalar(Yaml yaml, @Nullable Object plain) {
      if (plain instanceof BigDecimal number && !isExact(number)) {
        throw yaml.error("readers of JSON would round this number (allowed: the same in quotes)");
      }
      if (plain instanceof String text) {
        length += text.length();
        Matcher place = PLACE.matcher(text);
        while (place.find()) {
          require(yaml, place.group(1));
        }
        if (PLACE.matcher(text).replaceAll("").contains(OPEN)) {
          throw yaml.error(
              "\"{{\" begins a place for a value (expected: e.g. {{data.profile_id}})");
        }
      }
    }

    private void require(Yaml yaml, String path) {
      if (!fields.has(path)) {
        throw yaml.error(
            "there is no field \""
                + path
                + "\" in what this webhook is told"
                + Nearest.hint(path, fields.known())
                + " (allowed: "
                + String.join(", ", fields.known())
                + (fields.has("data.properties") ? ", data.properties.NAME" : "")
                + ")");
      }
    }

    private static boolean isExact(BigDecimal number) {
      double rounded = number.doubleValue();
      return Double.isFinite(rounded)
          && new BigDecimal(Double.toString(rounded)).compareTo(number) == 0;
    }
  }
}
