package dev.attune.core.audience;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;

/**
 * An audience: who belongs to it, decided from traits and from events in sliding windows.
 *
 * <pre>{@code
 * name: frequent-buyers
 * description: At least 2 purchases within 30 days   # optional
 * consent: marketing                                 # optional: a purpose the person must consent to
 * when:                                              # one condition
 *   all:                                             # a list, each must hold; likewise `any`
 *     - trait: traits.plan == "pro" && traits.lifetime_value > 100.0
 *     - event: Order Completed
 *       count: ">= 2"                                # >=, >, ==, <= or <, and 0 to 64; ">= 1" when left out
 *       within: 30d                                  # 1s to 3650d before now
 *     - not: {event: Refunded, within: 90d}
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
 * within}. Pages are called "Page Viewed", screens "Screen Viewed". Events are kept from when an
 * audience first counts them: a new one is complete once its window has passed.
 *
 * <p>{@code consent: p} requires the trait {@code consent.p} to be true; without it nobody is a
 * member.
 *
 * @param description empty when there is none
 * @param consent a purpose, or empty
 */
public record AudienceDefinition(String name, String description, String consent, Condition when) {
  /** Deepest nesting of conditions. */
  public static final int DEPTH_MAX = 32;

  /** Most conditions in one audience, the combining ones included. */
  public static final int CONDITIONS_MAX = 200;

  /** Longest description. */
  public static final int DESCRIPTION_LENGTH_MAX = 1_000;

  /** Trait that says whether a purpose is consented to: this prefix, then the purpose. */
  public static final String CONSENT_PREFIX = "consent.";

  /**
   * Reads a file of {@code audiences/}.
   *
   * @throws dev.attune.core.definition.DefinitionException when it cannot be taken
   */
  public static AudienceDefinition parse(Yaml yaml, Catalog catalog) {
    yaml.keys("name", "description", "consent", "when");
    String description = yaml.find("description").map(Yaml::text).orElse("");
    if (description.length() > DESCRIPTION_LENGTH_MAX) {
      throw yaml.get("description")
          .error("the description is longer than " + DESCRIPTION_LENGTH_MAX + " characters");
    }
    return new AudienceDefinition(
        yaml.get("name").name(),
        description,
        yaml.find("consent").map(Yaml::name).orElse(""),
        new ConditionParser(TraitLanguage.of(catalog)).parse(yaml.get("when")));
  }

  /** True when a consent is required. */
  public boolean requiresConsent() {
    return !consent.isEmpty();
  }
}
