package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Headers that a webhook's requests carry beside those of the dispatcher. */
final class StaticHeaders {
  static final int MAX = 20;
  static final int VALUE_LENGTH_MAX = 1_024;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}");

  // Visible ASCII, with spaces between: nothing that could end the line.
  private static final Pattern VALUE = Pattern.compile("[!-~]([ -~]*[!-~])?");

  /** What the dispatcher or its HTTP client says itself, or what changes how a request is read. */
  private static final Set<String> RESERVED =
      Set.of(
          "accept-encoding",
          "connection",
          "date",
          "expect",
          "host",
          "keep-alive",
          "te",
          "traceparent",
          "tracestate",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "user-agent");

  private static final Pattern RESERVED_PREFIX =
      Pattern.compile("(attune|content|proxy|sec|svix|webhook)-.*");
  private static final Set<String> SECRET = Set.of("authorization", "cookie");

  private StaticHeaders() {}

  /** Reads {@code {NAME: VALUE}}; names differ in more than case. */
  static Map<String, String> parse(Yaml yaml) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    yaml.entries()
        .forEach(
            (name, value) -> {
              requireName(value, name);
              String text = value.text();
              if (text.length() > VALUE_LENGTH_MAX || !VALUE.matcher(text).matches()) {
                throw value.error(
                    "not a header's value (allowed: 1 to "
                        + VALUE_LENGTH_MAX
                        + " visible characters of ASCII, spaces between them)");
              }
              if (headers.put(name, text) != null) {
                throw value.error("the header \"" + name + "\" stands twice");
              }
            });
    if (headers.isEmpty() || headers.size() > MAX) {
      throw yaml.error("expected 1 to " + MAX + " headers, found " + headers.size());
    }
    return headers;
  }

  private static void requireName(Yaml value, String name) {
    if (!NAME.matcher(name).matches()) {
      throw value.error(
          "not a header's name (allowed: letters, digits and !#$%&'*+.^_`|~-, at most 100)");
    }
    String lower = name.toLowerCase(Locale.ROOT);
    if (RESERVED.contains(lower) || RESERVED_PREFIX.matcher(lower).matches()) {
      throw value.error("the header \"" + name + "\" is the dispatcher's own");
    }
    if (SECRET.contains(lower)) {
      throw value.error(
          "the header \"" + name + "\" would hold a secret, which must not stand in a definition");
    }
  }
}
