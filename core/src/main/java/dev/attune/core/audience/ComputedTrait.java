package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.Yaml;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A trait that is computed from events, from {@code traits/*.yaml}.
 *
 * <pre>{@code
 * name: spent_90d
 * description: What their orders of 90 days came to   # optional
 * event: Order Completed
 * where: properties.currency == "EUR"                 # optional, as of an audience
 * sum: properties.total                               # one of these, see Kind; count: true
 * within: 90d                                         # or since, or ago, as of an audience
 * }</pre>
 *
 * <p>It is an integer for {@code count} and {@code distinct}, a number for {@code sum}, {@code
 * average}, {@code min} and {@code max}, and for {@code last} and {@code first} what {@code type}
 * says: string, integer, number or boolean. All but {@code last} look at the newest {@link
 * Condition#EVENTS_MAX} events of a person that match.
 *
 * @param description empty when there is none
 * @param match takes the property from each event; events without it do not count
 */
public record ComputedTrait(
    String name, String description, TraitType type, Kind kind, EventMatch match, Window window) {
  /** Most computed traits of a workspace. */
  public static final int TRAITS_MAX = 200;

  /** What the events come to. */
  public enum Kind {
    /** How many there are; of none 0. */
    COUNT,
    /** Of none 0. */
    SUM,
    /** Of none there is none; so it is with those that follow. */
    AVERAGE,
    MIN,
    MAX,
    /** How many different values there are; of none 0. */
    DISTINCT,
    /** The property of the oldest event that has it. */
    FIRST,
    /** The property of the newest event that has it. */
    LAST;

    /** As it is written. */
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    static List<String> labels() {
      return Arrays.stream(values()).map(Kind::label).toList();
    }

    boolean isOneValue() {
      return this == FIRST || this == LAST;
    }

    private Measure.Kind takes() {
      return switch (this) {
        case DISTINCT -> Measure.Kind.IDENTITY;
        case FIRST, LAST -> Measure.Kind.VALUE;
        default -> Measure.Kind.NUMBER;
      };
    }
  }

  private static final List<TraitType> TYPES =
      List.of(TraitType.STRING, TraitType.INTEGER, TraitType.NUMBER, TraitType.BOOLEAN);

  private static final Pattern PROPERTY =
      Pattern.compile(PropertyLanguage.VARIABLE + "((?:\\.[A-Za-z_][A-Za-z0-9_]{0,99}){1,8})");

  /**
   * Reads a file.
   *
   * @param catalog without computed traits
   * @throws dev.attune.core.definition.DefinitionException when it cannot be taken
   */
  public static ComputedTrait parse(Yaml yaml, Catalog catalog) {
    yaml.keys(
        "name",
        "description",
        "type",
        "event",
        "where",
        "count",
        "sum",
        "average",
        "min",
        "max",
        "distinct",
        "first",
        "last",
        "within",
        "since",
        "ago");
    String name = yaml.get("name").name();
    Catalog.checkTraitName(yaml.get("name"), name);
    if (catalog.trait(name).isPresent()) {
      throw yaml.get("name").error("the catalog declares a trait \"" + name + "\" already");
    }
    String description = yaml.find("description").map(Yaml::text).orElse("");
    if (description.length() > AudienceDefinition.DESCRIPTION_LENGTH_MAX) {
      throw yaml.get("description")
          .error(
              "the description is longer than "
                  + AudienceDefinition.DESCRIPTION_LENGTH_MAX
                  + " characters");
    }
    List<String> asked = Kind.labels().stream().filter(yaml::has).toList();
    if (asked.size() != 1) {
      throw yaml.error(
          "a computed trait has exactly one of "
              + String.join(", ", Kind.labels())
              + " (found "
              + (asked.isEmpty() ? "none" : String.join(", ", asked))
              + ")");
    }
    Kind kind = Kind.valueOf(asked.getFirst().toUpperCase(Locale.ROOT));
    var match =
        new EventMatch(
            ConditionParser.eventName(yaml.get("event")),
            yaml.find("where").map(PropertyLanguage::compile),
            measure(kind, yaml.get(kind.label())));
    return new ComputedTrait(
        name, description, type(kind, yaml), kind, match, ConditionParser.window(yaml));
  }

  private static Optional<Measure> measure(Kind kind, Yaml written) {
    if (kind == Kind.COUNT) {
      if (!written.bool()) {
        throw written.error(
            "\"count\" of a computed trait is true: it is how many events there are");
      }
      return Optional.empty();
    }
    Matcher matcher = PROPERTY.matcher(written.text().strip());
    if (!matcher.matches()) {
      throw written.error(
          "\"%s\" is not a property (allowed: properties.NAME, of letters, digits and _, up to 8 of them for objects in each other)"
              .formatted(written.text()));
    }
    return Optional.of(
        new Measure(kind.takes(), List.of(matcher.group(1).substring(1).split("\\."))));
  }

  private static TraitType type(Kind kind, Yaml yaml) {
    if (kind.isOneValue()) {
      String label = yaml.get("type").oneOf(TYPES.stream().map(TraitType::label).toList());
      return TraitType.valueOf(label.toUpperCase(Locale.ROOT));
    }
    if (yaml.has("type")) {
      throw yaml.get("type")
          .error("\"type\" goes with first and last alone: the others are numbers of a known kind");
    }
    return kind == Kind.COUNT || kind == Kind.DISTINCT ? TraitType.INTEGER : TraitType.NUMBER;
  }

  /** Whether it comes to the same as another one, whatever is said about it. */
  boolean computesAs(ComputedTrait other) {
    return type == other.type
        && kind == other.kind
        && match.equals(other.match)
        && window.equals(other.window);
  }

  /** The trait as the catalog has it. */
  public TraitDeclaration declaration() {
    return new TraitDeclaration(name, type, description, List.of(), true);
  }

  /** What it is told under. */
  public String key() {
    return ComputedKeys.of(name);
  }
}
