package dev.attune.profiles.lookup;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.view.ViewDefinition;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From a view's name or a list of fields to a selection, under one set of definitions. Views are
 * resolved once; a request only looks them up.
 */
final class Selections {
  /** Most fields in one request. */
  static final int FIELDS_MAX = 1_000;

  private static final String TRAIT = "traits.";
  private static final List<String> SECTIONS = List.of("identifiers", "traits", "audiences");

  /** Longer names are nobody's misspelling, and the comparison would take long. */
  private static final int HINT_LENGTH_MAX = 100;

  private final Definitions definitions;
  private final Map<String, Selection> views = new HashMap<>();

  Selections(Definitions definitions) {
    this.definitions = definitions;
    definitions.views().values().forEach(view -> views.put(view.name(), selection(view)));
  }

  /** The set that this was made for. */
  Definitions definitions() {
    return definitions;
  }

  /** Whether this was made for that very set: comparing two by value takes long. */
  @SuppressWarnings("ReferenceEquality")
  boolean isFor(Definitions newest) {
    return definitions == newest;
  }

  /**
   * @throws Refusal when there is no such view or field
   */
  Selection of(String view, List<String> fields) {
    if (view.isEmpty()) {
      return fields.isEmpty() ? Selection.WHOLE : fields(fields);
    }
    if (!fields.isEmpty()) {
      throw Refusal.invalid("view and fields: both are set (expected: one of them)");
    }
    return view(view);
  }

  private Selection view(String asked) {
    int at = asked.indexOf('@');
    String name = at < 0 ? asked : asked.substring(0, at);
    Selection selection = views.get(name);
    if (selection == null) {
      throw new Refusal(
          Reason.UNKNOWN_VIEW, "view: there is none of this name" + hint(name, views.keySet()));
    }
    if (at >= 0 && !asked.equals(selection.view())) {
      throw new Refusal(
          Reason.VIEW_VERSION,
          "view: another version is asked for than the one that is defined, " + selection.view());
    }
    return selection;
  }

  private Selection selection(ViewDefinition view) {
    Map<String, Long> traits = new LinkedHashMap<>();
    view.traits().forEach(trait -> traits.put(trait.name(), micros(trait.maxAge())));
    // The definition's own version, too: its author may have forgotten to count up.
    long applied = definitions.versions().getOrDefault("view/" + view.name(), 0L);
    String name = view.name() + "@" + view.version();
    return new Selection(
        name,
        name + "." + Long.toString(applied, 36),
        false,
        view.identifiers(),
        traits,
        false,
        !traits.isEmpty(),
        view.audiences(),
        view.allAudiences(),
        view.allAudiences() || !view.audiences().isEmpty(),
        view.maxAge().compareTo(Selection.ANY_AGE) < 0 ? view.maxAge() : Selection.ANY_AGE);
  }

  private static long micros(Duration maxAge) {
    return maxAge.equals(ViewDefinition.ANY_AGE)
        ? Selection.NEVER_STALE
        : maxAge.toMillis() * 1_000;
  }

  private Selection fields(List<String> fields) {
    if (fields.size() > FIELDS_MAX) {
      throw Refusal.invalid(
          "fields: " + fields.size() + " entries (expected: at most " + FIELDS_MAX + ")");
    }
    Catalog catalog = definitions.catalog();
    Map<String, Long> traits = new LinkedHashMap<>();
    boolean allTraits = false;
    boolean audiences = false;
    boolean identifiers = false;
    for (int i = 0; i < fields.size(); i++) {
      String field = fields.get(i);
      switch (field) {
        case "identifiers" -> identifiers = true;
        case "audiences" -> audiences = true;
        case "traits" -> {
          allTraits = true;
          catalog.traits().keySet().forEach(name -> traits.put(name, Selection.NEVER_STALE));
        }
        default -> traits.put(trait(field, i, catalog), Selection.NEVER_STALE);
      }
    }
    return new Selection(
        "",
        "f" + digest(fields),
        false,
        identifiers,
        traits,
        allTraits,
        allTraits || !traits.isEmpty(),
        Set.of(),
        audiences,
        audiences,
        Selection.ANY_AGE);
  }

  private static String trait(String field, int index, Catalog catalog) {
    String at = "fields: entry " + index + " ";
    if (!field.startsWith(TRAIT)) {
      throw new Refusal(
          Reason.UNKNOWN_FIELD,
          at
              + "is no field"
              + hint(field, SECTIONS)
              + " (expected: identifiers, traits, audiences or traits.<name>)");
    }
    String name = field.substring(TRAIT.length());
    if (catalog.trait(name).isEmpty()) {
      throw new Refusal(
          Reason.UNKNOWN_FIELD,
          at + "names no trait of the catalog" + hint(name, catalog.traits().keySet()));
    }
    return name;
  }

  private static String hint(String name, Collection<String> known) {
    return name.length() > HINT_LENGTH_MAX ? "" : Nearest.hint(name, known);
  }

  private static String digest(List<String> fields) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(String.join(",", fields).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
