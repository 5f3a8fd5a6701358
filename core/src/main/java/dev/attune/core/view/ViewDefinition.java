package dev.attune.core.view;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A view: what an application wants to see of a profile, under a name that it can rely on.
 *
 * <pre>{@code
 * name: product-page
 * version: 2                        # 1 to 1000000; a caller may insist on one: product-page@2
 * description: For the banner       # optional
 * traits:                           # optional; each must be in the catalog
 *   - first_name
 *   - {name: plan, max_age: 1d}     # an older value is marked stale
 * audiences: [window-shoppers]      # or all, or none; none when left out
 * identifiers: false                # optional
 * max_age: 2s                       # optional: how old the whole answer may be
 * }</pre>
 *
 * @param description empty when there is none
 * @param traits in the order of the file
 * @param allAudiences those defined later included
 * @param audiences by name, when not all
 * @param maxAge of an answer; {@link #ANY_AGE} when the view does not say
 */
public record ViewDefinition(
    String name,
    int version,
    String description,
    List<ViewTrait> traits,
    boolean allAudiences,
    Set<String> audiences,
    boolean identifiers,
    Duration maxAge) {
  /** Older than anything is. */
  public static final Duration ANY_AGE = Duration.ofDays(36_500);

  /** Greatest version. */
  public static final int VERSION_MAX = 1_000_000;

  /** Longest description in characters. */
  public static final int DESCRIPTION_LENGTH_MAX = 1_000;

  private static final Duration AGE_MAX = Duration.ofDays(3_650);

  public ViewDefinition {
    traits = List.copyOf(traits);
    audiences = Set.copyOf(audiences);
  }

  /**
   * A trait of a view.
   *
   * @param maxAge after which its value is stale; {@link #ANY_AGE}: never
   */
  public record ViewTrait(String name, Duration maxAge) {}

  /**
   * Reads a file of {@code views/}.
   *
   * @param audiences the names of all that are defined
   * @throws dev.attune.core.definition.DefinitionException when it cannot be taken
   */
  public static ViewDefinition parse(Yaml yaml, Catalog catalog, Set<String> audiences) {
    yaml.keys("name", "version", "description", "traits", "audiences", "identifiers", "max_age");
    String description = yaml.find("description").map(Yaml::text).orElse("");
    if (description.length() > DESCRIPTION_LENGTH_MAX) {
      throw yaml.get("description")
          .error("the description is longer than " + DESCRIPTION_LENGTH_MAX + " characters");
    }
    boolean all =
        yaml.find("audiences").filter(a -> !a.isSequence()).map(ViewDefinition::all).orElse(false);
    return new ViewDefinition(
        yaml.get("name").name(),
        (int) yaml.get("version").integer(1, VERSION_MAX),
        description,
        yaml.find("traits").map(t -> traits(t, catalog)).orElse(List.of()),
        all,
        yaml.find("audiences")
            .filter(Yaml::isSequence)
            .map(a -> named(a, audiences))
            .orElse(Set.of()),
        yaml.find("identifiers").map(Yaml::bool).orElse(false),
        // Zero asks the store itself.
        yaml.find("max_age").map(a -> a.duration(Duration.ZERO, AGE_MAX)).orElse(ANY_AGE));
  }

  private static boolean all(Yaml audiences) {
    return audiences.oneOf(List.of("all", "none")).equals("all");
  }

  private static Set<String> named(Yaml list, Set<String> defined) {
    Set<String> named = new LinkedHashSet<>();
    for (Yaml item : list.items()) {
      if (!defined.contains(item.text())) {
        throw item.error(
            "there is no audience \"" + item.text() + "\"" + Nearest.hint(item.text(), defined));
      }
      named.add(item.text());
    }
    return named;
  }

  private static List<ViewTrait> traits(Yaml list, Catalog catalog) {
    List<ViewTrait> traits = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (Yaml item : list.items()) {
      Yaml name = item;
      Duration maxAge = ANY_AGE;
      if (item.isMapping()) {
        name = item.keys("name", "max_age").get("name");
        maxAge =
            item.find("max_age")
                .map(a -> a.duration(Duration.ofMillis(1), AGE_MAX))
                .orElse(ANY_AGE);
      }
      if (catalog.trait(name.text()).isEmpty()) {
        throw name.error(
            "the catalog has no trait \""
                + name.text()
                + "\""
                + Nearest.hint(name.text(), catalog.traits().keySet()));
      }
      if (!names.add(name.text())) {
        throw name.error("the trait \"" + name.text() + "\" stands twice");
      }
      traits.add(new ViewTrait(name.text(), maxAge));
    }
    return traits;
  }
}
