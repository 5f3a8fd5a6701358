package dev.attune.core.audience;

import com.google.common.collect.ImmutableMap;
import dev.attune.core.audience.Condition.Sequence;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads the conditions of one audience. */
final class ConditionParser {
  private static final int EVENT_LENGTH_MAX = 200;
  private static final int TRAIT_LENGTH_MAX = 200;
  private static final Pattern COUNT = Pattern.compile("(>=|<=|==|>|<)\\s*(\\d{1,6})");

  private static final List<String> WINDOWS = List.of("within", "since", "ago");

  /** What other languages call some of the keys; none of these is near enough to be guessed. */
  private static final Map<String, String> SYNONYMS =
      ImmutableMap.of(
          "avg", "average",
          "mean", "average",
          "minimum", "min",
          "maximum", "max",
          "unique", "distinct");

  /** A property, how it is compared, and with which number. */
  private static final Pattern COMPARED =
      Pattern.compile(
          PropertyLanguage.VARIABLE
              + "((?:\\.[A-Za-z_][A-Za-z0-9_]{0,99}){1,8})\\s*(>=|<=|==|>|<)\\s*(-?\\d{1,13})(?:\\.(\\d{1,6}))?");

  /** The kinds of condition, and the keys that each may have beside its own. */
  private static final Map<String, List<String>> KINDS =
      ImmutableMap.of(
          "trait", List.of(),
          "group", List.of(),
          "event",
              Stream.of(List.of("where", "count", "last", "first"), Aggregate.labels(), WINDOWS)
                  .flatMap(List::stream)
                  .toList(),
          "sequence", Stream.concat(Stream.of("without"), WINDOWS.stream()).toList(),
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
    count(1, yaml);
    SYNONYMS.forEach(
        (other, own) -> {
          if (yaml.has(other)) {
            throw yaml.error("unknown key \"" + other + "\"; did you mean \"" + own + "\"?");
          }
        });
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
      case "group" -> group(yaml.get("group"));
      case "event" -> event(yaml);
      case "sequence" -> sequence(yaml);
      case "audience" -> audience(yaml.get("audience"));
      case "date" -> date(yaml);
      case "all" -> new Condition.All(list(yaml.get("all"), depth));
      case "any" -> new Condition.Any(list(yaml.get("any"), depth));
      default -> new Condition.Not(parse(yaml.get("not"), depth + 1));
    };
  }

  private void count(int more, Yaml yaml) {
    conditions += more;
    if (conditions > AudienceDefinition.CONDITIONS_MAX) {
      throw yaml.error("more than " + AudienceDefinition.CONDITIONS_MAX + " conditions");
    }
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
    List<String> asked =
        Stream.concat(Stream.of("count", "last", "first"), Aggregate.labels().stream())
            .filter(yaml::has)
            .toList();
    if (asked.size() > 1) {
      throw yaml.error(
          "an event condition asks one thing (found " + String.join(", ", asked) + ")");
    }
    String what = asked.isEmpty() ? "count" : asked.getFirst();
    return switch (what) {
      case "count" -> eventCount(yaml);
      case "last", "first" -> oneEvent(yaml, what);
      default -> aggregate(yaml, Aggregate.valueOf(what.toUpperCase(Locale.ROOT)));
    };
  }

  private static Condition oneEvent(Yaml yaml, String which) {
    if (yaml.has("where")) {
      throw yaml.error(
          "\"%1$s\" and \"where\" do not go together: of all events of the name it takes the %1$s one, and says what that has to have"
              .formatted(which));
    }
    String event = eventName(yaml.get("event"));
    PropertyExpression fits = PropertyLanguage.compile(yaml.get(which));
    return which.equals("last")
        ? new Condition.LastEvent(event, fits, window(yaml))
        : new Condition.FirstEvent(event, fits, window(yaml));
  }

  private static Condition aggregate(Yaml yaml, Aggregate aggregate) {
    Yaml written = yaml.get(aggregate.label());
    Matcher matcher = COMPARED.matcher(written.text().strip());
    if (!matcher.matches()) {
      throw written.error(
          "\"%s\" is not a property that is compared with a number (allowed: properties.NAME, of letters, digits and _, up to 8 of them for objects in each other; then one of %s; then a number, of at most 13 digits and 6 after the point, e.g. properties.total >= 99.50)"
              .formatted(written.text(), String.join(" ", Comparison.symbols())));
    }
    var measure =
        new Measure(aggregate.takes(), List.of(matcher.group(1).substring(1).split("\\.")));
    Comparison comparison = Comparison.ofSymbol(matcher.group(2)).orElseThrow();
    String fraction = matcher.group(4);
    var number = new BigDecimal(matcher.group(3) + (fraction == null ? "" : "." + fraction));
    long bound;
    if (aggregate == Aggregate.DISTINCT) {
      // More than all that are seen there never are.
      int most =
          comparison == Comparison.MORE_THAN || comparison == Comparison.AT_MOST
              ? Condition.EVENTS_MAX - 1
              : Condition.EVENTS_MAX;
      boolean decides = number.compareTo(BigDecimal.valueOf(most)) <= 0;
      if (fraction != null || matcher.group(3).startsWith("-") || !decides) {
        throw written.error(
            "a number of different values is a whole one, and at most %d are seen (allowed: 0 to %d after %s)"
                .formatted(Condition.EVENTS_MAX, most, matcher.group(2)));
      }
      bound = number.longValueExact();
    } else {
      if (number.abs().compareTo(BigDecimal.valueOf(Measure.NUMBER_MAX)) > 0) {
        throw written.error(
            "the number is out of bounds (allowed: -%1$d to %1$d)".formatted(Measure.NUMBER_MAX));
      }
      bound = number.movePointRight(Measure.DIGITS).longValueExact();
    }
    EventMatch match =
        new EventMatch(
            eventName(yaml.get("event")),
            yaml.find("where").map(PropertyLanguage::compile),
            Optional.of(measure));
    return new Condition.EventAggregate(match, aggregate, comparison, bound, window(yaml));
  }

  private Condition sequence(Yaml yaml) {
    List<Yaml> written = yaml.get("sequence").items();
    if (written.size() < Sequence.STEPS_MIN || written.size() > Sequence.STEPS_MAX) {
      throw yaml.get("sequence")
          .error(
              "a sequence of %d steps (allowed: %d to %d)"
                  .formatted(written.size(), Sequence.STEPS_MIN, Sequence.STEPS_MAX));
    }
    List<Sequence.Step> steps = new ArrayList<>();
    for (Yaml step : written) {
      step.keys("event", "where", "within");
      if (steps.isEmpty() && step.has("within")) {
        throw step.error(
            "\"within\" at the first step, which has none before it (allowed: at the others, for the"
                + " time since the step before; and beside \"sequence\", for all of it)");
      }
      steps.add(new Sequence.Step(match(step), step.find("within").map(ConditionParser::span)));
    }
    List<EventMatch> without = new ArrayList<>();
    if (yaml.has("without")) {
      for (Yaml event : yaml.get("without").items()) {
        event.keys("event", "where");
        without.add(match(event));
      }
      if (without.isEmpty() || without.size() > Sequence.STEPS_MAX) {
        throw yaml.get("without")
            .error(
                "\"without\" has %d events (allowed: 1 to %d)"
                    .formatted(without.size(), Sequence.STEPS_MAX));
      }
    }
    var sequence = new Sequence(steps, without, window(yaml));
    count(sequence.weight() - 1, yaml);
    return sequence;
  }

  private static EventMatch match(Yaml yaml) {
    return new EventMatch(
        eventName(yaml.get("event")), yaml.find("where").map(PropertyLanguage::compile));
  }

  /** The name of events. */
  static String eventName(Yaml yaml) {
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
    return new Condition.EventCount(match(yaml), comparison, count, window(yaml));
  }

  /** When they happened. */
  static Condition.Window window(Yaml yaml) {
    List<String> windows = WINDOWS.stream().filter(yaml::has).toList();
    if (windows.size() != 1) {
      throw yaml.error(
          windows.isEmpty()
              ? "a condition on events needs \"within\", e.g. within: 30d, \"since\" with a date, or"
                  + " \"ago\" with two ages (counts since ever are not kept)"
              : "a condition on events has one of \"within\", \"since\" and \"ago\" (found "
                  + String.join(", ", windows)
                  + ")");
    }
    return switch (windows.getFirst()) {
      case "within" -> new Condition.Window.Within(span(yaml.get("within")));
      case "since" -> new Condition.Window.Since(yaml.get("since").instant());
      default -> ages(yaml.get("ago"));
    };
  }

  private static Condition.Window ages(Yaml yaml) {
    List<Yaml> ages = yaml.isSequence() ? yaml.items() : List.of();
    if (ages.size() != 2) {
      throw yaml.error(
          "\"ago\" is a list of two ages, e.g. ago: [30d, 90d] for between 30 and 90 days ago");
    }
    Duration youngest = span(ages.getFirst());
    Duration oldest = span(ages.getLast());
    if (youngest.compareTo(oldest) >= 0) {
      throw yaml.error(
          "the first age of \"ago\" has to be less than the second (found %s, %s)"
              .formatted(ages.getFirst().text(), ages.getLast().text()));
    }
    return new Condition.Window.Ago(youngest, oldest);
  }

  private static Duration span(Yaml yaml) {
    return yaml.duration(Condition.WITHIN_MIN, Condition.WITHIN_MAX);
  }

  private Condition group(Yaml yaml) {
    TraitExpression expression = language.compile(yaml);
    for (String name : expression.traits()) {
      if (catalog.trait(name).filter(TraitDeclaration::computed).isPresent()) {
        throw yaml.error("the trait \"" + name + "\" is computed for people, and no group has it");
      }
    }
    if (!catalog.namespaces().containsKey(Namespace.GROUP)) {
      throw yaml.error(
          "groups are known by the namespace \"%1$s\", which the catalog does not declare (add %1$s: {unique: true})"
              .formatted(Namespace.GROUP));
    }
    String groups = Namespace.GROUPS_TRAIT;
    if (catalog.trait(groups).filter(trait -> trait.type() == TraitType.LIST).isEmpty()) {
      throw yaml.error(
          "a person's groups are the trait \"%1$s\", which the catalog does not declare (add %1$s: {type: list})"
              .formatted(groups));
    }
    return new Condition.GroupTest(expression);
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
