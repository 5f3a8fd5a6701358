package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.catalog.Sources;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an event says about people and groups.
 *
 * <p>It belongs to its userId where it has one, else to its anonymousId. Both together link the
 * two, and so do the other identifiers that it names: an e-mail address among the traits, its
 * externalIds, the previousId of an alias. What it says is of one moment, so that the order in
 * which events come has no say in what becomes of them.
 *
 * <p>A group is known by its group_id and never linked with a person: that would make its members
 * one. The person has the group's id among the elements of the trait {@code group_ids} instead.
 */
final class EventInputs {

  /** A sender's clock may be ahead of the log's by this much; later is taken as this. */
  static final long AHEAD_MICROS_MAX = 5 * 60 * 1_000_000L;

  private static final int TRAIT_NAME_LENGTH_MAX = 100;

  private final SegmentEvent event;
  private final long occurredAt;
  private final String source;
  private final Catalog catalog;
  private final List<String> objections = new ArrayList<>();

  private EventInputs(SegmentEvent event, long occurredAt, String source, Catalog catalog) {
    this.event = event;
    this.occurredAt = occurredAt;
    this.source = source;
    this.catalog = catalog;
  }

  /**
   * One event's inputs.
   *
   * @param inputs the person's first, then the group's if it is about one
   * @param objections what was left out, a sentence each
   */
  record Result(List<ProfileInput> inputs, List<String> objections) {
    /** The person's. */
    ProfileInput input() {
      return inputs.getFirst();
    }
  }

  /**
   * Where an event came from, and when.
   *
   * @param receivedAtMicros when the log accepted it
   * @param historical brought by an events model
   * @param replayed told again from the log
   * @param source of its facts, see {@link Sources}
   */
  record Origin(
      long receivedAtMicros,
      boolean historical,
      boolean replayed,
      String traceparent,
      String source) {}

  /**
   * Turns an event into inputs.
   *
   * @throws MalformedEventException when nobody can be told it is about
   */
  static Result of(SegmentEvent event, Origin origin, Catalog catalog)
      throws MalformedEventException {
    long occurredAt =
        Math.min(
            event.occurredAt(origin.receivedAtMicros()),
            origin.receivedAtMicros() + AHEAD_MICROS_MAX);
    return new EventInputs(event, occurredAt, origin.source(), catalog).result(origin);
  }

  private Result result(Origin origin) throws MalformedEventException {
    List<Identifier> identifiers = identifiers();
    Identifier via = identifiers.getFirst();
    List<Link> links = new ArrayList<>();
    for (Identifier other : identifiers.subList(1, identifiers.size())) {
      links.add(Links.link(via, other, occurredAt, event.messageId()));
    }
    List<Fact> facts = new ArrayList<>();
    if (event.type().equals("identify")) {
      facts.addAll(facts(event.traits(), "traits.", via, source));
    }
    facts.addAll(contextFacts(via));
    List<Identifier> own = new ArrayList<>();
    group(own, "groupId", event.groupId());
    Set<Identifier> groups = new LinkedHashSet<>(own);
    groups.addAll(contextGroups());
    for (Identifier group : groups) {
      facts.add(
          FactSet.element(
              Namespace.GROUPS_TRAIT, group.value(), source, via, occurredAt, event.messageId()));
    }
    List<ProfileInput> inputs = new ArrayList<>();
    inputs.add(new ProfileInput(via, facts, links, cause(origin, via)));
    for (Identifier group : own) {
      inputs.add(
          new ProfileInput(
              group,
              facts(event.traits(), "traits.", group, source),
              List.of(),
              cause(origin, group)));
    }
    return new Result(inputs, objections);
  }

  private Cause cause(Origin origin, Identifier via) {
    return Cause.newBuilder()
        .setEvent(
            Event.newBuilder()
                .setEventId(event.messageId())
                .setType(event.type())
                .setName(event.name())
                .setOccurredAtMicros(occurredAt)
                .setReceivedAtMicros(origin.receivedAtMicros())
                .setVia(via.toProto())
                .setProperties(JsonValues.of(event.properties()))
                .setHistorical(origin.historical())
                .setReplayed(origin.replayed()))
        .setTraceparent(origin.traceparent())
        .build();
  }

  // Whom it is about, the strongest first; an unusable one is left out as long as another is
  // usable.
  private List<Identifier> identifiers() throws MalformedEventException {
    List<Identifier> found = new ArrayList<>();
    add(found, "userId", "user_id", event.userId());
    add(found, "anonymousId", "anonymous_id", event.anonymousId());
    if (found.isEmpty()) {
      throw new MalformedEventException(String.join("; ", objections));
    }
    if (event.type().equals("alias") && !event.previousId().equals(event.userId())) {
      previous(found);
    }
    if (event.type().equals("identify")) {
      email(found, "traits.email", event.traits());
    }
    email(found, "context.traits.email", event.contextTraits());
    for (ExternalId external : event.externalIds(objections)) {
      if (isAccount(external)) {
        continue;
      }
      if (!external.collection().equals(ExternalId.USERS)
          || external.namespace().equals(Namespace.GROUP)) {
        objections.add(
            "context.externalIds: an id of a collection or type that is not known (allowed: of"
                + " users any namespace but group_id, of accounts group_id)");
        continue;
      }
      add(found, "context.externalIds", external.namespace(), external.id());
    }
    return found.stream().distinct().toList();
  }

  // Who was called so before: somebody anonymous, as Segment has it. Where people may have several
  // user ids it may have been one of those; one that nobody has links to nobody.
  private void previous(List<Identifier> found) {
    Namespace users = catalog.namespaces().get("user_id");
    if (users != null && users.max() > 1) {
      add(found, "previousId", "user_id", event.previousId());
    }
    add(found, "previousId", "anonymous_id", event.previousId());
  }

  private void email(List<Identifier> found, String field, JsonNode traits) {
    JsonNode email = traits.path("email");
    if (email.isTextual() && catalog.namespaces().containsKey("email")) {
      add(found, field, "email", email.textValue());
    }
  }

  private static boolean isAccount(ExternalId external) {
    return external.collection().equals(ExternalId.ACCOUNTS)
        && external.namespace().equals(Namespace.GROUP);
  }

  // On whose behalf something was done. A profile of the group is made by group calls alone, or
  // whatever a member does would be written into it.
  private List<Identifier> contextGroups() {
    List<Identifier> found = new ArrayList<>();
    group(found, "context.groupId", event.contextGroupId());
    for (ExternalId external : event.externalIds(new ArrayList<>())) {
      if (isAccount(external)) {
        group(found, "context.externalIds", external.id());
      }
    }
    return found;
  }

  private void group(List<Identifier> found, String field, String value) {
    if (!value.isEmpty() && !catalog.namespaces().containsKey(Namespace.GROUP)) {
      objections.add(
          field + ": the catalog declares no namespace group_id, by which groups are known");
    } else {
      add(found, field, Namespace.GROUP, value);
    }
  }

  private void add(List<Identifier> found, String field, String namespace, String value) {
    if (value.isEmpty()) {
      return;
    }
    try {
      found.add(catalog.identifier(namespace, value));
    } catch (IllegalArgumentException e) {
      objections.add(field + ": " + e.getMessage());
    }
  }

  // What the event says outright it need not repeat.
  private List<Fact> contextFacts(Identifier via) {
    if (!(event.contextTraits() instanceof ObjectNode repeated) || repeated.isEmpty()) {
      return List.of();
    }
    ObjectNode rest = repeated.deepCopy();
    if (event.type().equals("identify")) {
      event.traits().fieldNames().forEachRemaining(rest::remove);
    }
    return facts(rest, "context.traits.", via, Sources.CONTEXT);
  }

  private List<Fact> facts(JsonNode traits, String field, Identifier via, String from) {
    List<Fact> facts = new ArrayList<>();
    for (var trait : traits.properties()) {
      String name = trait.getKey();
      if (name.isBlank() || name.length() > TRAIT_NAME_LENGTH_MAX) {
        objections.add(
            field.substring(0, field.length() - 1)
                + ": a name of "
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
            field
                + name
                + ": "
                + TraitFit.kind(value)
                + " (the catalog says "
                + declared.get().type().label()
                + ")");
      }
      facts.add(FactSet.fact(name, from, via, occurredAt, Optional.of(value), event.messageId()));
    }
    return facts;
  }
}
