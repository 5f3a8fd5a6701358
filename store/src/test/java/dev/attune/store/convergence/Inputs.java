package dev.attune.store.convergence;

import dev.attune.core.identity.Links;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileInput;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.RowCause;
import dev.attune.proto.v1.Snapshot;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Random events and rows about a few people, so that they meet, merge and contradict each other.
 * Some rows come again with another snapshot, or with none that is known. Two identity models think
 * again in each of their snapshots, and operators split people and take that back.
 */
final class Inputs {
  private static final List<String> TRAITS = List.of("plan", "age", "city", "tier");

  private final Random random;

  /** Whose each identifier is, in the last snapshot of each model. */
  private final Map<List<Object>, Identifier> grouped = new HashMap<>();

  private long snapshots;
  private long operators;

  Inputs(Random random) {
    this.random = random;
  }

  List<ProfileInput> take(int count) {
    List<ProfileInput> inputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      switch (random.nextInt(12)) {
        case 0, 1 -> inputs.add(row(i, inputs));
        case 2 -> inputs.addAll(group(i));
        case 3 -> inputs.add(alias(i));
        case 4, 5 -> inputs.add(regrouped(i));
        case 6 -> inputs.add(split(i));
        default -> inputs.add(event(i));
      }
    }
    return inputs;
  }

  private ProfileInput event(int number) {
    long at = random.nextInt(50);
    String id = "e" + number;
    Identifier user = identifier("user_id", 5);
    Identifier anonymous = identifier("anonymous_id", 8);
    boolean both = random.nextInt(4) == 0;
    Identifier via = both || random.nextBoolean() ? user : anonymous;
    List<Link> links = both ? List.of(Links.link(user, anonymous, at, id)) : List.of();
    return new ProfileInput(
        via,
        facts("events", via, at, id),
        links,
        Cause.newBuilder().setEvent(Event.newBuilder().setEventId(id)).build());
  }

  // A group call: of the person an element, of the group its traits. Nothing links the two.
  private List<ProfileInput> group(int number) {
    long at = random.nextInt(50);
    String id = "g" + number;
    Identifier via =
        random.nextBoolean() ? identifier("user_id", 5) : identifier("anonymous_id", 8);
    Identifier group = identifier("group_id", 3);
    Cause cause = Cause.newBuilder().setEvent(Event.newBuilder().setEventId(id)).build();
    List<Fact> person = new ArrayList<>(facts("context", via, at, id));
    person.add(FactSet.element("group_ids", group.value(), "events:web", via, at, id));
    return List.of(
        new ProfileInput(via, person, List.of(), cause),
        new ProfileInput(group, facts("events:web", group, at, id), List.of(), cause));
  }

  // Who somebody was before: a cookie, and another user, with whom he is never joined.
  private ProfileInput alias(int number) {
    long at = random.nextInt(50);
    String id = "a" + number;
    Identifier user = identifier("user_id", 5);
    List<Link> links = new ArrayList<>();
    links.add(Links.link(user, identifier("anonymous_id", 8), at, id));
    Identifier previous = identifier("user_id", 5);
    if (!previous.equals(user)) {
      links.add(Links.link(user, previous, at, id));
    }
    return new ProfileInput(
        user,
        List.of(),
        links,
        Cause.newBuilder().setEvent(Event.newBuilder().setEventId(id)).build());
  }

  // A row of a snapshot in which the warehouse's own identity resolution has thought again: the
  // identifier is somebody else's now, nobody's, or somebody's for the first time.
  private ProfileInput regrouped(int number) {
    String model = "model:people" + random.nextInt(2);
    Identifier via = person();
    Optional<Identifier> now =
        random.nextInt(4) == 0 ? Optional.empty() : Optional.of(identifier("person", 4));
    long at = ++snapshots;
    List<Link> links = new ArrayList<>();
    Optional.ofNullable(grouped.remove(List.of(model, via)))
        .filter(before -> !Optional.of(before).equals(now))
        .ifPresent(before -> links.add(Links.ofModel(via, before, at, model, true)));
    now.ifPresent(
        person -> {
          links.add(Links.ofModel(via, person, at, model, false));
          grouped.put(List.of(model, via), person);
        });
    return new ProfileInput(
        via,
        List.of(),
        links,
        Cause.newBuilder()
            .setRow(RowCause.newBuilder().setModel(model).setRunId("i" + number))
            .build());
  }

  // An operator's word on two identifiers, or that it no longer holds.
  private ProfileInput split(int number) {
    String id = "s" + number;
    Identifier one = person();
    Identifier other = random.nextInt(3) == 0 ? identifier("person", 4) : person();
    boolean lifted = random.nextInt(3) == 0;
    return new ProfileInput(
        one,
        List.of(),
        one.equals(other)
            ? List.of()
            : List.of(Links.split(one, other, ++operators, "ops", "why " + number, lifted)),
        Cause.newBuilder().setEvent(Event.newBuilder().setEventId(id)).build());
  }

  private Identifier person() {
    return switch (random.nextInt(3)) {
      case 0 -> identifier("user_id", 5);
      case 1 -> identifier("email", 6);
      default -> identifier("anonymous_id", 8);
    };
  }

  private ProfileInput row(int number, List<ProfileInput> before) {
    List<ProfileInput> rows = before.stream().filter(input -> input.cause().hasRow()).toList();
    ProfileInput row =
        rows.isEmpty() || random.nextInt(3) > 0 ? row() : rows.get(random.nextInt(rows.size()));
    // No run, one with a shorter id that is yet the earlier, or one of few.
    int run = random.nextInt(12) - 1;
    Snapshot snapshot =
        Snapshot.newBuilder().setRunId("crm-" + run).setDataTimeMicros(random.nextInt(2)).build();
    List<Fact> facts =
        row.facts().stream()
            .map(
                fact ->
                    run < 0
                        ? fact.toBuilder().clearSnapshot().build()
                        : fact.toBuilder().setSnapshot(snapshot).build())
            .toList();
    return new ProfileInput(
        row.via(),
        facts,
        row.links(),
        Cause.newBuilder()
            .setRow(RowCause.newBuilder().setModel("crm").setRunId("r" + number))
            .build());
  }

  private ProfileInput row() {
    long at = random.nextInt(50);
    Identifier user = identifier("user_id", 5);
    Identifier email = identifier("email", 6);
    return new ProfileInput(
        user,
        facts("model:crm", user, at, ""),
        random.nextBoolean() ? List.of(Links.link(user, email, at, "model:crm")) : List.of(),
        Cause.getDefaultInstance());
  }

  private Identifier identifier(String namespace, int pool) {
    return new Identifier(namespace, namespace.charAt(0) + "" + random.nextInt(pool));
  }

  private List<Fact> facts(String source, Identifier via, long at, String origin) {
    List<Fact> facts = new ArrayList<>();
    for (String trait : TRAITS) {
      if (random.nextInt(3) == 0) {
        // One in five says that the value is gone.
        Optional<Value> value =
            random.nextInt(5) == 0
                ? Optional.empty()
                : Optional.of(Value.newBuilder().setInteger(random.nextInt(6)).build());
        facts.add(FactSet.fact(trait, source, via, at, value, origin));
      }
    }
    return facts;
  }
}
