package dev.attune.core.audience;

import dev.attune.core.definition.Yaml;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the conditions of one audience. */
final class ConditionParser {
  private static final int EVENT_LENGTH_MAX = 200;
  private static final Pattern COUNT = Pattern.compile("(>=|<=|==|>|<)\\s*(\\d{1,6})");
  private static final List<String> KINDS = List.of("trait", "event", "all", "any", "not");

  private final TraitLanguage language;
  private int conditions;

  ConditionParser(TraitLanguage language) {
    this.language = language;
  }

  Condition parse(Yaml yaml) {
    return parse(yaml, 1);
  }

  private Condition parse(Yaml yaml, int depth) {
    if (depth > AudienceDefinition.DEPTH_MAX) {
      throw yaml.error("conditions nest deeper than " + AudienceDefinition.DEPTH_MAX);
    }
    if (++conditions > AudienceDefinition.CONDITIONS_MAX) {
      throw yaml.error("more than " + AudienceDefinition.CONDITIONS_MAX + " conditions");
    }
    yaml.keys("trait", "event", "count", "within", "all", "any", "not");
    List<String> kinds = KINDS.stream().filter(yaml::has).toList();
    if (kinds.size() != 1) {
      throw yaml.error(
          "a condition has exactly one of trait, event, all, any, not (found "
              + (kinds.isEmpty() ? "none" : String.join(", ", kinds))
              + ")");
    }
    String kind = kinds.getFirst();
    if (!kind.equals("event")) {
      yaml.keys(kind);
    }
    return switch (kind) {
      case "trait" -> new Condition.TraitTest(language.compile(yaml.get("trait")));
      case "event" -> event(yaml);
      case "all" -> new Condition.All(list(yaml.get("all"), depth));
      case "any" -> new Condition.Any(list(yaml.get("any"), depth));
      default -> new Condition.Not(parse(yaml.get("not"), depth + 1));
    };
  }

  private List<Condition> list(Yaml yaml, int depth) {
    List<Condition> parsed = new ArrayList<>();
    for (Yaml item : yaml.items()) {
      parsed.add(parse(item, depth + 1));
    }
    if (parsed.isEmpty()) {
      // An empty `all` would make everybody a member.
      throw yaml.error("the list is empty (expected: at least one condition)");
    }
    return parsed;
  }

  private static Condition event(Yaml yaml) {
    String event = yaml.get("event").text();
    if (event.isBlank() || event.length() > EVENT_LENGTH_MAX) {
      throw yaml.get("event").error("an event's name has 1 to " + EVENT_LENGTH_MAX + " characters");
    }
    Comparison comparison = Comparison.AT_LEAST;
    int count = 1;
    if (yaml.has("count")) {
      Yaml written = yaml.get("count");
      Matcher matcher = COUNT.matcher(written.text().strip());
      if (!matcher.matches()) {
        throw written.error(
            "\""
                + written.text()
                + "\" is not a count (allowed: one of "
                + String.join(" ", Comparison.symbols())
                + ", then a number, e.g. \">= 2\")");
      }
      comparison = Comparison.ofSymbol(matcher.group(1)).orElseThrow();
      count = Integer.parseInt(matcher.group(2));
      if (count > Condition.EventCount.COUNT_MAX) {
        throw written.error(
            "\""
                + written.text()
                + "\" is out of bounds (allowed: 0 to "
                + Condition.EventCount.COUNT_MAX
                + ")");
      }
    }
    if (!yaml.has("within")) {
      throw yaml.error(
          "an event condition needs \"within\", e.g. within: 30d (counts since ever are not kept)");
    }
    Duration within =
        yaml.get("within")
            .duration(Condition.EventCount.WITHIN_MIN, Condition.EventCount.WITHIN_MAX);
    return new Condition.EventCount(event, comparison, count, within);
  }
}
