package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.TraitFit;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an event says about a person.
 *
 * <p>It belongs to its userId where it has one, else to its anonymousId. Both together link the
 * two; an identify with a trait {@code email} links that too, where the catalog has the namespace.
 */
final class EventInputs {
  /** Source of the facts that events bring. */
  static final String SOURCE = "events";

  /** A sender's clock may be ahead of the log's by this much; later is taken as this. */
  static final long AHEAD_MICROS_MAX = 5 * 60 * 1_000_000L;

  private static final int TRAIT_NAME_LENGTH_MAX = 100;

  private EventInputs() {}

  /**
   * One event's input.
   *
   * @param objections traits that were left out, a sentence each
   */
  record Result(ProfileInput input, List<String> objections) {}

  /**
   * Turns an event into an input.
   *
   * @param receivedAtMicros when the log accepted it
   * @throws MalformedEventException when nobody can be told it is about
   */
  static Result of(
      SegmentEvent event,
      long receivedAtMicros,
      boolean historical,
      String traceparent,
      Catalog catalog)
      throws MalformedEventException {
    long occurredAt =
        Math.min(
            event.timestamp().map(TraitFit::micros).orElse(receivedAtMicros),
            receivedAtMicros + AHEAD_MICROS_MAX);
    List<String> objections = new ArrayList<>();
    List<Identifier> identifiers = identifiers(event, catalog, objections);
    Identifier via = identifiers.getFirst();
    List<Link> links = new ArrayList<>();
    for (Identifier other : identifiers.subList(1, identifiers.size())) {
      links.add(Links.link(via, other, occurredAt, event.messageId()));
    }
    Cause cause =
        Cause.newBuilder()
            .setEvent(
                Event.newBuilder()
                    .setEventId(event.messageId())
                    .setType(event.type())
                    .setName(event.name())
                    .setOccurredAtMicros(occurredAt)
                    .setReceivedAtMicros(receivedAtMicros)
                    .setVia(via.toProto())
                    .setProperties(JsonValues.of(event.properties()))
                    .setHistorical(historical))
            .setTraceparent(traceparent)
            .build();
    List<Fact> facts = facts(event, via, occurredAt, catalog, objections);
    return new Result(new ProfileInput(via, facts, links, cause), objections);
  }

  // Whom it is about, the strongest first; an unusable one is left out as long as another is
  // usable.
  private static List<Identifier> identifiers(
      SegmentEvent event, Catalog catalog, List<String> objections) throws MalformedEventException {
    List<Identifier> found = new ArrayList<>();
    add(found, "userId", "user_id", event.userId(), catalog, objections);
    add(found, "anonymousId", "anonymous_id", event.anonymousId(), catalog, objections);
    if (found.isEmpty()) {
      throw new MalformedEventException(String.join("; ", objections));
    }
    if (event.type().equals("alias") && !event.userId().isEmpty()) {
      add(found, "previousId", "anonymous_id", event.previousId(), catalog, objections);
    }
    JsonNode email = event.traits().path("email");
    if (email.isTextual() && catalog.namespaces().containsKey("email")) {
      add(found, "traits.email", "email", email.textValue(), catalog, objections);
    }
    return found.stream().distinct().toList();
  }

  private static void add(
      List<Identifier> found,
      String field,
      String namespace,
      String value,
      Catalog catalog,
      List<String> objections) {
    if (value.isEmpty()) {
      return;
    }
    try {
      found.add(catalog.identifier(namespace, value));
    } catch (IllegalArgumentException e) {
      objections.add(field + ": " + e.getMessage());
    }
  }

  private static List<Fact> facts(
      SegmentEvent event,
      Identifier via,
      long occurredAt,
      Catalog catalog,
      List<String> objections) {
    List<Fact> facts = new ArrayList<>();
    for (var trait : event.traits().properties()) {
      String name = trait.getKey();
      if (name.isBlank() || name.length() > TRAIT_NAME_LENGTH_MAX) {
        objections.add(
            "traits: a name of "
                + name.length()
                + " characters (allowed: 1 to "
                + TRAIT_NAME_LENGTH_MAX
                + ")");
        continue;
      }
      Value value = JsonValues.of(trait.getValue());
      Optional<TraitDeclaration> declared = catalog.trait(name);
      if (declared.isPresent() && TraitFit.fit(declared.get().type(), value).isEmpty()) {
        // Its name is one of the catalog's, so it may be said.
        objections.add(
            "traits."
                + name
                + ": "
                + TraitFit.kind(value)
                + " (the catalog says "
                + declared.get().type().label()
                + ")");
      }
      facts.add(FactSet.fact(name, SOURCE, via, occurredAt, Optional.of(value), event.messageId()));
    }
    return facts;
  }
}
