package dev.attune.evaluator;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.HiddenFacts;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.MergeCause;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.SplitCause;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.Watermark;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Hand-made inputs of the evaluator. */
final class Changes {
  static final String CATALOG =
      """
      namespaces:
        user_id: {unique: true}
        anonymous_id: {max: 50}
      traits:
        plan: {type: string}
        age: {type: integer}
        renews_at: {type: timestamp}
      """;

  /** A catalog with groups. */
  static final String GROUPS =
      CATALOG.replace("namespaces:\n", "namespaces:\n  group_id: {unique: true}\n")
          + "  group_ids: {type: list}\n";

  static final String VIEWS =
      "name: views\nwhen: {event: Page Viewed, count: \">= 3\", within: 30m}\n";
  static final String PRO = "name: pro\nwhen: {trait: traits.plan == \"pro\"}\n";
  static final String QUIET = "name: quiet\nwhen: {not: {event: Page Viewed, within: 10m}}\n";

  static final String CHURN =
      """
      name: churn
      kind: audience
      source: {files: churn.csv, format: csv}
      key: {namespace: user_id, column: id}
      """;

  private Changes() {}

  static Definitions definitions(long version, String... audiences) {
    return definitionsOf(version, CATALOG, audiences);
  }

  static Definitions definitionsOf(long version, String catalog, String... audiences) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(definition("catalog", "catalog", 1, catalog));
    addAudiences(definitions, version, audiences);
    return Definitions.parse(definitions);
  }

  // Some are computed by a table of the warehouse.
  private static void addAudiences(
      List<Definition> definitions, long version, String... audiences) {
    for (String audience : audiences) {
      String name = audience.substring("name: ".length(), audience.indexOf('\n'));
      String kind = audience.contains("\nkind: audience\n") ? "model" : "audience";
      definitions.add(definition(kind, name, version, audience));
    }
  }

  /** With computed traits, by name. */
  static Definitions withTraits(long version, Map<String, String> traits, String... audiences) {
    return withTraits(version, CATALOG, traits, audiences);
  }

  static Definitions withTraits(
      long version, String catalog, Map<String, String> traits, String... audiences) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(definition("catalog", "catalog", 1, catalog));
    traits.forEach((name, yaml) -> definitions.add(definition("trait", name, version, yaml)));
    addAudiences(definitions, version, audiences);
    return Definitions.parse(definitions);
  }

  /** With an audience that an operator has paused. */
  static Definitions paused(String name, long version, String... audiences) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(definition("catalog", "catalog", 1, CATALOG));
    for (String audience : audiences) {
      String own = audience.substring("name: ".length(), audience.indexOf('\n'));
      definitions.add(definition("audience", own, version, audience));
    }
    definitions.add(definition(Definitions.PAUSE, name, version, ""));
    return Definitions.parse(definitions);
  }

  /** A set of definitions of any kind, with the catalog. */
  static Definitions setOf(Definition... some) {
    List<Definition> definitions = new ArrayList<>(List.of(some));
    definitions.add(definition("catalog", "catalog", 1, CATALOG));
    return Definitions.parse(definitions);
  }

  /**
   * A definition after several applies, each of which keeps what it replaces.
   *
   * @param kind "audience" or "trait"
   * @param texts by version
   */
  static Definition edited(String kind, Map<Long, String> texts) {
    List<Definition> all = new ArrayList<>();
    new TreeMap<>(texts)
        .descendingMap()
        .forEach(
            (version, text) -> {
              String id = text.substring("name: ".length(), text.indexOf('\n'));
              all.add(definition(kind, id, version, text));
            });
    return all.getFirst().toBuilder().addAllBefore(all.subList(1, all.size())).build();
  }

  private static Definition definition(String kind, String id, long version, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(version)
        .setYaml(yaml)
        .setPath(kind + "/" + id + ".yaml")
        .build();
  }

  static Identifier via(String text) {
    int colon = text.indexOf(':');
    return Identifier.newBuilder()
        .setNamespace(text.substring(0, colon))
        .setValue(text.substring(colon + 1))
        .build();
  }

  static Cause event(String id, String name, String via, long micros) {
    return Cause.newBuilder()
        .setEvent(
            Event.newBuilder()
                .setEventId(id)
                .setType("track")
                .setName(name)
                .setOccurredAtMicros(micros)
                .setReceivedAtMicros(micros)
                .setVia(via(via)))
        .build();
  }

  /** An event with one property, a number. */
  static Cause event(String id, String name, long micros, String property, double value) {
    return event(id, name, "anonymous_id:x", micros, property, value);
  }

  static Cause event(
      String id, String name, String via, long micros, String property, double value) {
    Event.Builder event = event(id, name, via, micros).getEvent().toBuilder();
    event
        .getPropertiesBuilder()
        .getObjectBuilder()
        .addEntriesBuilder()
        .setKey(property)
        .setValue(Value.newBuilder().setNumber(value));
    return Cause.newBuilder().setEvent(event).build();
  }

  static Cause merge(String from, String into) {
    return Cause.newBuilder()
        .setMerge(MergeCause.newBuilder().setFromProfileId(from).setIntoProfileId(into))
        .build();
  }

  static Cause split(String from, String into, String via) {
    return Cause.newBuilder()
        .setSplit(
            SplitCause.newBuilder()
                .setFromProfileId(from)
                .setIntoProfileId(into)
                .addIdentifiers(via(via)))
        .build();
  }

  static ProfileChange live(
      String id, long version, Map<String, String> traits, List<Cause> causes) {
    return live(id, version, traits, Facts.getDefaultInstance(), causes);
  }

  static ProfileChange live(
      String id, long version, Map<String, String> traits, Facts facts, List<Cause> causes) {
    return live(Profile.newBuilder().setProfileId(id).setVersion(version), traits, facts, causes);
  }

  /** With traits of any type, sorted by name. */
  static ProfileChange live(String id, long version, List<Trait> traits, List<Cause> causes) {
    return live(id, version, traits, Facts.getDefaultInstance(), causes);
  }

  static ProfileChange live(
      String id, long version, List<Trait> traits, Facts facts, List<Cause> causes) {
    Profile.Builder profile = Profile.newBuilder().setProfileId(id).setVersion(version);
    return live(profile.addAllTraits(traits), Map.of(), facts, causes);
  }

  /** The profile of the group acme with these traits. */
  static ProfileChange group(long version, Map<String, String> traits) {
    return group("acme", version, traits);
  }

  /** A group's profile with these traits. */
  static ProfileChange group(String name, long version, Map<String, String> traits) {
    return live(
        Profile.newBuilder()
            .setProfileId(ProfileIds.of(new dev.attune.core.profile.Identifier("group_id", name)))
            .setVersion(version)
            .addIdentifiers(via("group_id:" + name)),
        traits,
        Facts.getDefaultInstance(),
        List.of());
  }

  private static ProfileChange live(
      Profile.Builder profile, Map<String, String> traits, Facts facts, List<Cause> causes) {
    new TreeMap<>(traits)
        .forEach(
            (name, value) ->
                profile.addTraits(Trait.newBuilder().setName(name).setValue(value(value))));
    return changed(
        ProfileRecord.newBuilder()
            .setProfileId(profile.getProfileId())
            .setVersion(profile.getVersion())
            .setLive(
                LiveProfile.newBuilder()
                    .setServed(Served.of(profile.build()).bytes())
                    .setFacts(facts.toByteString()))
            .build(),
        causes);
  }

  /** Text of a trait for a time in microseconds. */
  static String at(long micros) {
    return "@" + micros;
  }

  // Beginning with # an integer.
  private static Value.Builder value(String text) {
    if (text.startsWith("@")) {
      return Value.newBuilder().setTimestampMicros(Long.parseLong(text.substring(1)));
    }
    if (text.startsWith("#")) {
      return Value.newBuilder().setInteger(Long.parseLong(text.substring(1)));
    }
    return text.equals("true")
        ? Value.newBuilder().setBoolean(true)
        : Value.newBuilder().setText(text);
  }

  static Facts member(String audience, long generation, long version, long validUntil) {
    return Facts.newBuilder()
        .addMemberships(
            MembershipState.newBuilder()
                .setAudience(audience)
                .setMember(true)
                .setEnteredAtMicros(5)
                .setGeneration(generation)
                .setVersion(version)
                .setValidUntilMicros(validUntil))
        .build();
  }

  /**
   * As a warehouse table lists user_id:1 as a member of an audience: since when, 0 for not said.
   */
  static Facts listed(String audience, long since) {
    return Facts.newBuilder()
        .addIdentifiers(via("user_id:1"))
        .addFacts(
            Fact.newBuilder()
                .setTrait(HiddenFacts.MEMBER)
                .setSource("model:" + audience)
                .setVia(via("user_id:1"))
                .setOccurredAtMicros(1)
                .setValue(
                    since == 0
                        ? Value.newBuilder().setBoolean(true)
                        : Value.newBuilder().setTimestampMicros(since)))
        .build();
  }

  static ProfileChange redirect(String id, long version, String into, List<Cause> causes) {
    return changed(
        ProfileRecord.newBuilder().setProfileId(id).setVersion(version).setRedirectTo(into).build(),
        causes);
  }

  private static ProfileChange changed(ProfileRecord record, List<Cause> causes) {
    return ProfileChange.newBuilder()
        .setChanged(Changed.newBuilder().setRecord(record).addAllCauses(causes))
        .build();
  }

  static ProfileChange watermark(int partition, int partitions, long micros) {
    return ProfileChange.newBuilder()
        .setWatermark(
            Watermark.newBuilder()
                .setEventsPartition(partition)
                .setEventsPartitions(partitions)
                .setTimeMicros(micros))
        .build();
  }
}
