package dev.attune.core.audience;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * An audience: who belongs to it, decided from traits and from events in sliding windows.
 *
 * <pre>{@code
 * name: frequent-buyers
 * description: At least 2 purchases within 30 days   # optional
 * consent: marketing                                 # optional: a purpose the person must consent to
 * tags: [lifecycle]                                  # optional: by which webhooks ask for its transitions
 * when:                                              # one condition
 *   all:                                             # a list, each must hold; likewise `any`
 *     - trait: traits.plan == "pro" && traits.lifetime_value > 100.0
 *     - event: Order Completed
 *       where: properties.total >= 50.0              # optional: only those with such properties
 *       count: ">= 2"                                # >=, >, ==, <= or <, and 0 to 64; ">= 1" when left out
 *       within: 30d                                  # 1s to 3650d before now; or since: 2026-01-31
 *     - not: {event: Refunded, within: 90d}
 *     - {event: Page Viewed, last: properties.path == "/pricing", within: 1h}   # the newest one is such; also first
 *     - {event: Order Completed, sum: properties.total >= 500, ago: [30d, 90d]} # also average, min, max, distinct
 *     - sequence:                                    # each later than the one before it
 *         - {event: Product Added}
 *         - {event: Order Completed, within: 1h}     # at most so long after that one
 *       without: [{event: Cart Emptied}]             # optional: none of these between two steps
 *       within: 7d                                   # all of it
 *     - {audience: newsletter-readers}               # belongs to another audience
 *     - {date: renewal_date, next: 7d}               # within 7 days from now; last: within so long ago
 * }</pre>
 *
 * <p>{@code trait} is a CEL expression over {@code traits.<name>}, checked against the types that
 * the catalog declares: string, integer (int), number (double), boolean (bool), timestamp and date
 * (timestamp; a date is midnight UTC), list, object (map). An int and a double can be ordered
 * ({@code traits.score > 1}); for equality write both as one type. A trait that is missing, or
 * whose value is not of the declared type, has no value: a comparison with it is neither true nor
 * false, {@code &&} and {@code ||} go by their other side where that decides, and an expression
 * left undecided is false. {@code has(traits.x)} asks whether there is a value.
 *
 * <p>{@code event} counts distinct events of exactly that name with a time later than {@code now -
 * within}, or not before the instant {@code since}. Pages are called "Page Viewed", screens "Screen
 * Viewed". What the log still has is told to a new audience; one with a longer window is complete
 * once that has passed, and one with {@code since} only if the log goes back so far, or an events
 * model does. {@code where} is a CEL expression over {@code properties.<name>}, whose types nobody
 * declares; a property that is missing is as a missing trait.
 *
 * <p>{@code audience} holds for the members of another one, whose conditions and consent are asked
 * in the same moment. {@code date} is a trait of type timestamp or date. {@code next: S} holds
 * while it begins less than S after now and is not over (a date is a whole day in UTC), {@code
 * last: S} from when it begins for S.
 *
 * <p>{@code consent: p} requires the trait {@code consent.p} to be true; without it nobody is a
 * member.
 *
 * @param description empty when there is none
 * @param consent a purpose, or empty
 * @param tags at most {@value #TAGS_MAX}
 */
public record AudienceDefinition(
    String name, String description, String consent, Set<String> tags, Condition when) {
  /** Deepest nesting of conditions. */
  public static final int DEPTH_MAX = 32;

  /** Most conditions in one audience, the combining ones and each event of a sequence included. */
  public static final int CONDITIONS_MAX = 200;

  /** Most conditions in one audience together with those of the audiences that it asks for. */
  public static final int ALL_CONDITIONS_MAX = 1_000;

  /** Longest description. */
  public static final int DESCRIPTION_LENGTH_MAX = 1_000;

  /** Most tags of one audience. */
  public static final int TAGS_MAX = 20;

  /** Trait that says whether a purpose is consented to: this prefix, then the purpose. */
  public static final String CONSENT_PREFIX = "consent.";

  public AudienceDefinition {
    tags = Set.copyOf(tags);
  }

  /** One without tags. */
  public AudienceDefinition(String name, String description, String consent, Condition when) {
    this(name, description, consent, Set.of(), when);
  }

  /**
   * Reads a file of {@code audiences/}.
   *
   * @param audiences names of all audiences of the set, those of models included
   * @throws dev.attune.core.definition.DefinitionException when it cannot be taken
   */
  public static AudienceDefinition parse(Yaml yaml, Catalog catalog, Set<String> audiences) {
    yaml.keys("name", "description", "consent", "tags", "when");
    String description = yaml.find("description").map(Yaml::text).orElse("");
    if (description.length() > DESCRIPTION_LENGTH_MAX) {
      throw yaml.get("description")
          .error("the description is longer than " + DESCRIPTION_LENGTH_MAX + " characters");
    }
    return new AudienceDefinition(
        yaml.get("name").name(),
        description,
        yaml.find("consent").map(Yaml::name).orElse(""),
        yaml.find("tags").map(AudienceDefinition::tags).orElseGet(Set::of),
        new ConditionParser(catalog, audiences).parse(yaml.get("when")));
  }

  private static Set<String> tags(Yaml yaml) {
    Set<String> tags = new LinkedHashSet<>();
    for (Yaml item : yaml.items()) {
      if (!tags.add(item.name())) {
        throw item.error("the tag \"" + item.text() + "\" stands twice");
      }
    }
    if (tags.isEmpty() || tags.size() > TAGS_MAX) {
      throw yaml.error("expected 1 to " + TAGS_MAX + " tags, found " + tags.size());
    }
    return tags;
  }

  /** The trait that has to be true where a consent is required. */
  String consentTrait() {
    return CONSENT_PREFIX + consent;
  }

  /** True when a consent is required. */
  public boolean requiresConsent() {
    return !consent.isEmpty();
  }
}
