package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a subscriber does not get as it is.
 *
 * @param byPath below {@code data} of a body: {@code profile_id} (that of {@code merged_into},
 *     too), {@code via.value}, {@code properties}, {@code traits} or what is in them, with dots
 *     where one is in another; through lists to each element
 * @param key of {@link Rule#HMAC}, in the form of a signing secret; present when some rule needs it
 */
public record FieldRules(Map<String, Rule> byPath, Optional<SecretReference> key) {
  /** What is done with a field; with an object or a list, to everything in it. */
  public enum Rule {
    /** It is left out. */
    DROP,
    /** The SHA-256 of its text, in hexadecimal. */
    SHA256,
    /** The HMAC-SHA256 of its text with a key, in hexadecimal. */
    HMAC
  }

  /** Everything is sent as it is. */
  public static final FieldRules NONE = new FieldRules(Map.of(), Optional.empty());

  private static final int RULES_MAX = 200;
  private static final Pattern PATH =
      Pattern.compile("profile_id|via\\.value|(properties|traits)(\\.[^.\\s\"]{1,100}){0,8}");
  private static final Map<String, Rule> NAMES =
      Map.of("drop", Rule.DROP, "sha256", Rule.SHA256, "hmac", Rule.HMAC);

  public FieldRules {
    byPath = Map.copyOf(byPath);
  }

  /** Whether everything is sent as it is. */
  public boolean isEmpty() {
    return byPath.isEmpty();
  }

  /** Reads {@code fields} and {@code fields_key} of a webhook. */
  static FieldRules parse(Yaml webhook) {
    Map<String, Rule> rules = new TreeMap<>();
    if (webhook.has("fields")) {
      Yaml fields = webhook.get("fields");
      fields
          .entries()
          .forEach(
              (path, rule) -> {
                if (!PATH.matcher(path).matches()) {
                  throw rule.error(
                      "there is no such field (allowed: profile_id, via.value, properties,"
                          + " properties.NAME, traits and traits.NAME)");
                }
                rules.put(
                    path,
                    NAMES.getOrDefault(rule.oneOf(List.of("drop", "sha256", "hmac")), Rule.DROP));
              });
      if (rules.isEmpty() || rules.size() > RULES_MAX) {
        throw fields.error("expected 1 to " + RULES_MAX + " fields, found " + rules.size());
      }
    }
    Optional<SecretReference> key = webhook.find("fields_key").map(SecretReference::parse);
    if (key.isPresent() != rules.containsValue(Rule.HMAC)) {
      throw webhook.error("\"fields_key\" stands beside fields with \"hmac\", and only there");
    }
    return new FieldRules(rules, key);
  }
}
