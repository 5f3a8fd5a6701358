package dev.attune.core.audience;

import com.google.common.collect.ImmutableMap;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads the conditions of one audience. */
final class ConditionParser {
  private static final int EVENT_LENGTH_MAX = 200;
  private static final int TRAIT_LENGTH_MAX = 200;
  private static final int DATE_LENGTH = "2026-01-31".length();
  private static final Instant SINCE_MIN = Instant.EPOCH;
  private static final Instant SINCE_MAX = Instant.parse("9999-01-01T00:00:00Z");
  private static final Pattern COUNT = Pattern.compile("(>=|<=|==|>|<)\\s*(\\d{1,6})");

  /** The kinds of condition, and the keys that each may have beside its own. */
  private static final Map<String, List<String>> KINDS =
      ImmutableMap.of(
          "trait", List.of(),
          "event", List.of("where", "count", "last", "within", "since"),
          "audience", List.of(),
          "date", List.of("next", "last"),
          "all", List.of(),
          "any", List.of(),
          "not", List.of());

  private static final String[] KEYS =
      KINDS.entrySet().stream()
          .flatMap(kind -> Stream.concat(Stream.of(kind.getKey()), kind.getValue().stream()))
          .distinct()
          .toArray(String[]::new);

  private final Catalog catalog;
  private final TraitLanguage language;
  private final Set<String> audiences;
  private int conditions;

  /**
   * @param audiences names of all that there are
   */
  ConditionParser(Catalog catalog, Set<String> audiences) {
    this.catalog = catalog;
    this.language = TraitLanguage.of(catalog);
    this.audiences = audiences;
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
    yaml.keys(KEYS);
    List<String> kinds = KINDS.keySet().stream().filter(yaml::has).toList();
    if (kinds.size() != 1) {
      throw yaml.error(
          "a condition has exactly one of "
              + String.join(", ", KINDS.keySet())
              + " (found "
              + (kinds.isEmpty() ? "none" : String.join(", ", kinds))
              + ")");
    }
    String kind = kinds.getFirst();
    yaml.keys(
        Stream.concat(Stream.of(kind), KINDS.getOrDefault(kind, List.of()).stream())
            .toArray(String[]::new));
    return switch (kind) {
      case "trait" -> new Condition.TraitTest(language.compile(yaml.get("trait")));
      case "event" -> event(yaml);
      case "audience" -> audience(yaml.get("audience"));
      case "date" -> date(yaml);
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
    return yaml.has("last") ? lastEvent(yaml) : eventCount(yaml);
  }

  private static Condition lastEvent(Yaml yaml) {
    if (yaml.has("where") || yaml.has("count")) {
      throw yaml.error(
          "an event condition has \"last\", or \"where\" and \"count\": the last one is one, and"
              + " \"last\" says what it has");
    }
    return new Condition.LastEvent(
        name(yaml.get("event")), PropertyLanguage.compile(yaml.get("last")), window(yaml));
  }

  private static String name(Yaml yaml) {
    String event = yaml.text();
    if (event.isBlank()
        || event.length() > EVENT_LENGTH_MAX
        || event.chars().anyMatch(Character::isISOControl)) {
      throw yaml.error(
          "an event's name has 1 to "
              + EVENT_LENGTH_MAX
              + " characters, none of them a control character");
    }
    return event;
  }

  private static Condition eventCount(Yaml yaml) {
    String event = name(yaml.get("event"));
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
    EventMatch match = new EventMatch(event, yaml.find("where").map(PropertyLanguage::compile));
    return new Condition.EventCount(match, comparison, count, window(yaml));
  }

  private static Condition.Window window(Yaml yaml) {
    if (yaml.has("within") == yaml.has("since")) {
      throw yaml.error(
          yaml.has("since")
              ? "an event condition has \"within\" or \"since\", not both"
              : "an event condition needs \"within\", e.g. within: 30d, or \"since\" with a date"
                  + " (counts since ever are not kept)");
    }
    return yaml.has("within")
        ? new Condition.Window.Within(span(yaml.get("within")))
        : new Condition.Window.Since(instant(yaml.get("since")));
  }

  private static Duration span(Yaml yaml) {
    return yaml.duration(Condition.WITHIN_MIN, Condition.WITHIN_MAX);
  }

  private static Instant instant(Yaml yaml) {
    String text = yaml.text().strip();
    try {
      Instant instant =
          text.length() <= DATE_LENGTH
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(text).toInstant();
      if (!instant.isBefore(SINCE_MIN) && instant.isBefore(SINCE_MAX)) {
        return instant;
      }
    } catch (DateTimeParseException e) {
      // Said below, with what is allowed.
    }
    throw yaml.error(
        "\""
            + text
            + "\" is no date (allowed: one from 1970 to 9999, e.g. 2026-01-31, which begins at midnight"
            + " UTC, or 2026-01-31T09:00:00+01:00)");
  }

  private Condition audience(Yaml yaml) {
    String name = yaml.name();
    if (!audiences.contains(name)) {
      throw yaml.error("there is no audience \"" + name + "\"" + Nearest.hint(name, audiences));
    }
    return new Condition.InAudience(name);
  }

  private Condition date(Yaml yaml) {
    Yaml written = yaml.get("date");
    String trait = written.text();
    if (trait.length() > TRAIT_LENGTH_MAX) {
      throw written.error("the name of a trait has at most " + TRAIT_LENGTH_MAX + " characters");
    }
    TraitType type =
        catalog
            .trait(trait)
            .map(TraitDeclaration::type)
            .orElseThrow(
                () ->
                    written.error(
                        "the catalog declares no trait \""
                            + trait
                            + "\""
                            + Nearest.hint(trait, catalog.traits().keySet())));
    if (type != TraitType.TIMESTAMP && type != TraitType.DATE) {
      throw written.error(
          "the trait \"" + trait + "\" is of type " + type.label() + " (allowed: timestamp, date)");
    }
    if (yaml.has("next") == yaml.has("last")) {
      throw yaml.error(
          "a date has one of \"next\" and \"last\", e.g. next: 7d for one within 7 days from now");
    }
    return yaml.has("next")
        ? new Condition.DateTest(trait, Condition.DateTest.Side.NEXT, span(yaml.get("next")))
        : new Condition.DateTest(trait, Condition.DateTest.Side.LAST, span(yaml.get("last")));
  }
}
