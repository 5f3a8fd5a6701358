package dev.attune.core.definition;

import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.audience.ComputedTrait;
import dev.attune.core.audience.Condition;
import dev.attune.core.model.AudienceModel;
import dev.attune.core.model.ConsentModel;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.stream.Said;
import dev.attune.core.stream.StreamDefinition;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.proto.v1.Definition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Names that nobody has to declare and that are probably misspelt: of events and of purposes of
 * consent. An audience that asks for one is taken, and stays empty for ever. It is a warning and no
 * refusal, because an event may be asked for before anybody else has heard of it.
 */
public final class Misspellings {
  /** The names that pages and screens get from the collector. */
  private static final List<String> MADE = List.of("Page Viewed", "Screen Viewed");

  /** Most comparisons of two names, which take a second or two: who applies waits for them. */
  private static final int COMPARED_MAX = 5_000_000;

  private final String unknown;
  private final String key;
  private final Set<String> declared = new TreeSet<>();
  private final Map<String, Integer> users = new TreeMap<>();
  private long compared;

  /**
   * @param unknown what to say of a name that nobody else knows, with a place for it and for the
   *     one that was meant
   * @param key under which names stand in audiences and computed traits
   */
  private Misspellings(String unknown, String key) {
    this.unknown = unknown;
    this.key = key;
  }

  /**
   * One sentence, with file, line and column, for each name in an audience or a computed trait that
   * no other definition has, but for a slip.
   *
   * @param set all that is defined
   * @param written those of it that are new or changed: only they are looked at
   */
  public static List<String> warnings(Definitions set, Collection<Definition> written) {
    Misspellings events = events(set);
    Misspellings purposes = purposes(set);
    List<String> warnings = new ArrayList<>();
    for (Definition definition : written) {
      events.look(definition, eventsOf(definition, set), warnings);
      purposes.look(definition, purposesOf(definition, set), warnings);
    }
    return warnings;
  }

  private static Misspellings events(Definitions set) {
    var events =
        new Misspellings(
            "no other definition knows the event \"%s\"; did you mean \"%s\"?", "event");
    events.declared.addAll(MADE);
    events.declared.addAll(set.events().keySet());
    for (ModelDefinition model : set.models().values()) {
      // One whose names stand in a column says none.
      if (model instanceof EventsModel of && !of.eventName().isEmpty()) {
        events.declared.add(of.eventName());
      }
    }
    for (StreamDefinition stream : set.streams().values()) {
      stream
          .event()
          .filter(Said.Constant.class::isInstance)
          .ifPresent(event -> events.declared.add(((Said.Constant) event).text()));
    }
    for (WebhookDefinition webhook : set.webhooks().values()) {
      events.declared.addAll(webhook.events().names());
    }
    set.audiences().values().forEach(audience -> events.use(names(audience.when())));
    set.computed().values().forEach(trait -> events.use(Set.of(trait.match().event())));
    return events;
  }

  private static Misspellings purposes(Definitions set) {
    var purposes =
        new Misspellings(
            "no other definition knows the purpose \"%s\"; did you mean \"%s\"?", "consent");
    for (ModelDefinition model : set.models().values()) {
      if (model instanceof ConsentModel of) {
        purposes.declared.addAll(of.answers().keySet());
      }
    }
    set.audiences().values().forEach(audience -> purposes.use(purpose(audience)));
    return purposes;
  }

  private void use(Set<String> names) {
    names.forEach(name -> users.merge(name, 1, Integer::sum));
  }

  private static Set<String> eventsOf(Definition definition, Definitions set) {
    if (definition.getKind().equals("trait")) {
      ComputedTrait trait = set.computed().get(definition.getId());
      return trait == null ? Set.of() : Set.of(trait.match().event());
    }
    return audience(definition, set).map(audience -> names(audience.when())).orElse(Set.of());
  }

  private static Set<String> purposesOf(Definition definition, Definitions set) {
    return audience(definition, set).map(Misspellings::purpose).orElse(Set.of());
  }

  private static Optional<AudienceDefinition> audience(Definition definition, Definitions set) {
    boolean one =
        switch (definition.getKind()) {
          case "audience" -> true;
          case "model" -> set.models().get(definition.getId()) instanceof AudienceModel;
          default -> false;
        };
    return one ? Optional.ofNullable(set.audiences().get(definition.getId())) : Optional.empty();
  }

  private static Set<String> purpose(AudienceDefinition audience) {
    return audience.requiresConsent() ? Set.of(audience.consent()) : Set.of();
  }

  private static Set<String> names(Condition condition) {
    Set<String> names = new TreeSet<>(condition.events());
    condition.parts().forEach(part -> names.addAll(names(part)));
    return names;
  }

  // What only this definition says is no name that it may have meant.
  private void look(Definition definition, Set<String> names, List<String> warnings) {
    for (String name : names) {
      if (declared.contains(name) || users.getOrDefault(name, 0) > 1) {
        continue;
      }
      if (compared > COMPARED_MAX) {
        return;
      }
      compared += declared.size() + users.size();
      if (compared > COMPARED_MAX) {
        warnings.add(
            definition.getPath()
                + ":1:1: from here on names were not looked at for slips: there are too many that only one definition has");
        return;
      }
      List<String> known = new ArrayList<>(declared);
      users.forEach(
          (other, count) -> {
            if (count > (names.contains(other) ? 1 : 0)) {
              known.add(other);
            }
          });
      Nearest.bySlip(name, known)
          .flatMap(
              nearest ->
                  place(Yaml.parse(definition.getPath(), definition.getYaml()), name)
                      .map(place -> place.at(unknown.formatted(name, nearest))))
          .ifPresent(warnings::add);
    }
  }

  // The first one, from the top.
  private Optional<Yaml> place(Yaml yaml, String name) {
    if (yaml.isSequence()) {
      return yaml.items().stream().flatMap(item -> place(item, name).stream()).findFirst();
    }
    if (!yaml.isMapping()) {
      return Optional.empty();
    }
    return yaml.entries().entrySet().stream()
        .flatMap(
            entry ->
                (entry.getKey().equals(key) && entry.getValue().isText(name)
                        ? Optional.of(entry.getValue())
                        : place(entry.getValue(), name))
                    .stream())
        .findFirst();
  }
}
