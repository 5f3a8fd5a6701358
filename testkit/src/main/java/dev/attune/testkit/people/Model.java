package dev.attune.testkit.people;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.identity.Partition;
import dev.attune.core.identity.Partition.Component;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.HiddenFacts;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Value;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who the people are, what is known of them and what they did, from all events at once by the
 * documented rules: an event belongs to its userId, else to its anonymousId; both together, the
 * e-mail address of an identify and the previousId of an alias, are linked. What tables say is
 * added as it is given.
 */
public final class Model {
  private final Map<Identifier, Person> people = new TreeMap<>();

  /**
   * One person.
   *
   * @param facts all that was said of them, with what nobody is served
   * @param events ids of their events, by name
   */
  public record Person(Profile profile, Facts facts, Map<String, Set<String>> events) {
    /** How many different events of a name they caused. */
    public int count(String event) {
      return events.getOrDefault(event, Set.of()).size();
    }

    /** Whether a trait of theirs is a text. */
    public boolean has(String trait, String text) {
      return profile.getTraitsList().stream()
          .anyMatch(t -> t.getName().equals(trait) && t.getValue().getText().equals(text));
    }

    /** Whether they consent to a purpose. */
    public boolean consents(String purpose) {
      return profile.getTraitsList().stream()
          .anyMatch(
              t ->
                  t.getName().equals(AudienceDefinition.CONSENT_PREFIX + purpose)
                      && t.getValue().getBoolean());
    }

    /** Whether a table of an audience's members lists them. */
    public boolean isListed(String model) {
      return HiddenFacts.memberSince(facts).containsKey(model);
    }
  }

  private record Said(Identifier via, String name, String eventId, List<Fact> facts) {}

  /** Of events alone. */
  public Model(Collection<JsonNode> events, Catalog catalog) {
    this(events, List.of(), catalog);
  }

  /**
   * Of events, and of operators' words.
   *
   * @param words splits and lifts, of each pair the last one
   */
  public Model(Collection<JsonNode> events, Collection<Link> words, Catalog catalog) {
    this(events, List.of(), words, catalog);
  }

  /**
   * Of events and tables.
   *
   * @param facts that cells say, with the stamps that they have by the documented rules
   * @param links that rows say for good; and of each pair and source that may be taken back, the
   *     last word
   */
  public Model(
      Collection<JsonNode> events,
      Collection<Fact> facts,
      Collection<Link> links,
      Catalog catalog) {
    Set<Identifier> identifiers = new TreeSet<>();
    Map<List<Identifier>, Link> forGood = new HashMap<>();
    Map<Identifier, List<Said>> saidVia = new HashMap<>();
    for (JsonNode event : new HashSet<>(events)) {
      List<Identifier> ids = identifiers(event, catalog);
      identifiers.addAll(ids);
      Said said = said(event, ids.getFirst());
      saidVia.computeIfAbsent(said.via(), _ -> new ArrayList<>()).add(said);
      for (Identifier other : ids.subList(1, ids.size())) {
        keepEarliest(forGood, Links.link(said.via(), other, micros(event), said.eventId()));
      }
    }
    for (Fact fact : facts) {
      Identifier via = Identifier.of(fact.getVia());
      identifiers.add(via);
      saidVia
          .computeIfAbsent(via, _ -> new ArrayList<>())
          .add(new Said(via, "", "", List.of(fact)));
    }
    List<Link> all = new ArrayList<>();
    for (Link link : links) {
      if (link.getSource().isEmpty()) {
        keepEarliest(forGood, link);
      } else {
        all.add(link);
      }
      if (!link.getSplit()) {
        identifiers.addAll(ends(link));
      }
    }
    all.addAll(forGood.values());
    Partition partition = Partition.of(identifiers, all, catalog);
    Map<Component, Person> byComponent = new HashMap<>();
    for (Identifier identifier : identifiers) {
      people.put(
          identifier,
          byComponent.computeIfAbsent(
              partition.component(identifier), c -> person(c, saidVia, catalog)));
    }
  }

  private static void keepEarliest(Map<List<Identifier>, Link> links, Link link) {
    links.merge(ends(link), link, (x, y) -> Links.ORDER.compare(x, y) <= 0 ? x : y);
  }

  private static List<Identifier> ends(Link link) {
    return List.of(Identifier.of(link.getA()), Identifier.of(link.getB()));
  }

  /** Whoever is known by each identifier. */
  public Map<Identifier, Person> people() {
    return people;
  }

  private static Person person(
      Component component, Map<Identifier, List<Said>> saidVia, Catalog catalog) {
    FactSet facts = new FactSet();
    Map<String, Set<String>> events = new HashMap<>();
    for (Identifier identifier : component.identifiers()) {
      for (Said said : saidVia.getOrDefault(identifier, List.of())) {
        facts.addAll(said.facts());
        if (!said.name().isEmpty()) {
          events.computeIfAbsent(said.name(), _ -> new HashSet<>()).add(said.eventId());
        }
      }
    }
    Facts all =
        Facts.newBuilder()
            .addAllFacts(facts.all())
            .addAllIdentifiers(component.identifiers().stream().map(Identifier::toProto).toList())
            .build();
    return new Person(Fold.serve(component.profileId(), all, 0, catalog), all, events);
  }

  /** All of an event's identifiers; it belongs to the first. */
  private static List<Identifier> identifiers(JsonNode event, Catalog catalog) {
    List<Identifier> found = new ArrayList<>();
    if (event.has("userId")) {
      found.add(catalog.identifier("user_id", event.get("userId").asText()));
    }
    if (event.has("anonymousId")) {
      found.add(catalog.identifier("anonymous_id", event.get("anonymousId").asText()));
    }
    if (event.has("previousId")) {
      found.add(catalog.identifier("anonymous_id", event.get("previousId").asText()));
    }
    if (event.path("traits").has("email")) {
      found.add(catalog.identifier("email", event.get("traits").get("email").asText()));
    }
    return found;
  }

  private static Said said(JsonNode event, Identifier via) {
    String id = event.get("messageId").asText();
    List<Fact> facts = new ArrayList<>();
    for (var trait : event.path("traits").properties()) {
      facts.add(
          FactSet.fact(
              trait.getKey(),
              "events",
              via,
              micros(event),
              Optional.of(value(trait.getValue())),
              id));
    }
    String name =
        switch (event.get("type").asText()) {
          case "page" -> "Page Viewed";
          case "track" -> event.get("event").asText();
          default -> "";
        };
    return new Said(via, name, id, facts);
  }

  private static Value value(JsonNode json) {
    return json.isTextual()
        ? Value.newBuilder().setText(json.textValue()).build()
        : Value.newBuilder().setInteger(json.longValue()).build();
  }

  private static long micros(JsonNode event) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(event.get("timestamp").asText()));
  }
}
