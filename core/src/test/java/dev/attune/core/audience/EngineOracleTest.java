package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.Condition.DateTest.Side;
import dev.attune.core.audience.Condition.Window;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Yaml;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueObject;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The engine beside a plain evaluator that keeps every event and counts. Inputs are duplicated with
 * the same and with other times, reordered, late, brought by several identifiers, split over two
 * profiles and merged, copies on their way included; traits change; time moves on, by seconds or by
 * days.
 */
final class EngineOracleTest {
  private static final int SCENARIOS = 9_000;
  private static final int STEPS = 12;
  private static final long SECOND = 1_000_000;
  private static final List<String> EVENTS = List.of("A", "B", "C");
  private static final List<String> VIAS = List.of("u1", "anon1", "anon2");
  private static final String OTHER = "other";
  private static final Catalog CATALOG = AudienceDefinitionTest.CATALOG;

  /** Expressions, and what they mean. Undecided for want of a value is false. */
  private static final Map<String, Predicate<Event>> WHERE =
      Map.of(
          "properties.n > 1", e -> number(e).map(n -> n > 1).orElse(false),
          "!(properties.n > 1)", e -> number(e).map(n -> n <= 1).orElse(false),
          "properties.n == 2 || properties.kind == \"x\"",
              e -> number(e).filter(n -> n == 2).isPresent() || text(e, "kind").isPresent(),
          "has(properties.kind)", e -> value(e, "kind").isPresent(),
          "properties.n != 2", e -> value(e, "n").map(v -> !isTwo(v)).orElse(false),
          "!(properties.n == 2)", e -> value(e, "n").map(v -> !isTwo(v)).orElse(false));

  @Test
  void engine_besideAPlainEvaluator_agrees() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    int checks = 0;
    for (int scenario = 0; scenario < SCENARIOS; scenario++) {
      checks += scenario(new Random(seed + scenario), "-Dattune.seed=" + (seed + scenario));
    }
    assertThat(checks).isGreaterThan(200_000);
  }

  /** What was said of a profile. */
  private static final class Known {
    private final List<Event> events = new ArrayList<>();
    private Map<String, Value> traits = Map.of();
  }

  private static int scenario(Random random, String seed) {
    // Of hours: windows of days, and events whose copies are awaited no more.
    long unit = random.nextBoolean() ? SECOND : 3_600 * SECOND;
    long now = 1_000_000 * SECOND;
    AudienceDefinition second = other(random, now, unit);
    var audience = new AudienceDefinition("a", "", "", condition(random, 3, now, unit, true));
    Map<String, AudienceDefinition> all = Map.of("a", audience, OTHER, second);
    AudienceSet set =
        AudienceSet.compile(new Definitions(1, 1, CATALOG, Map.of(), all, Map.of(), Map.of()));
    CompiledAudience compiled = set.audience("a").orElseThrow();
    ProfileState state = new ProfileState(set);
    ProfileState other = new ProfileState(set);
    Known known = new Known();
    Known knownToOther = new Known();
    int checks = 0;
    for (int step = 0; step < STEPS; step++) {
      for (int i = random.nextInt(6); i > 0; i--) {
        boolean there = random.nextInt(3) == 0;
        // A copy may come where the profile is by now, before what was known of it gets there.
        boolean astray = random.nextInt(4) == 0;
        Event event = event(random, now, (there ^ astray ? knownToOther : known).events, unit);
        (there ? knownToOther : known).events.add(event);
        var _ = (there ? other : state).add(event, now);
      }
      switch (random.nextInt(8)) {
        case 0 -> {
          state.merge(other.encode(), now);
          known.events.addAll(knownToOther.events);
          knownToOther = new Known();
          other = new ProfileState(set);
        }
        case 1 -> {
          String via = VIAS.get(random.nextInt(VIAS.size()));
          other.merge(state.split(List.of(new Identifier("id", via))), now);
          for (Event event : List.copyOf(known.events)) {
            if (event.getVia().getValue().equals(via)) {
              known.events.remove(event);
              knownToOther.events.add(event);
            }
          }
        }
        case 2 -> state = ProfileState.decode(state.encode(), set);
        case 3 -> state.forget(now);
        case 4 -> {
          known.traits = traits(random, now, unit);
          state.setTraits(known.traits);
        }
        default -> {}
      }
      check(
          set,
          compiled,
          state,
          new Asked(known, second),
          now,
          unit,
          random,
          seed + " step " + step);
      check(
          set,
          compiled,
          other,
          new Asked(knownToOther, second),
          now,
          unit,
          random,
          seed + " other, step " + step);
      checks += 2;
      now += random.nextInt(4) == 0 ? random.nextLong(40 * unit) : random.nextLong(4 * unit);
    }
    return checks;
  }

  private static void check(
      AudienceSet set,
      CompiledAudience audience,
      ProfileState state,
      Asked asked,
      long now,
      long unit,
      Random random,
      String seed) {
    Condition when = audience.definition().when();
    Evaluation evaluation = audience.evaluate(state, now);
    boolean expected = asked.plain(when, now);
    assertThat(evaluation.member()).as("member, %s, %s", when, seed).isEqualTo(expected);
    Explanation explained = new Explainer(set, state, now).explain(audience);
    assertThat(explained.holds()).as("explained, %s, %s", when, seed).isEqualTo(expected);
    long newest =
        audience.needs().values().stream()
            .flatMap(need -> asked.times(need.match()).values().stream())
            .max(Long::compare)
            .orElse(now);
    assertThat(evaluation.mayEnter())
        .as("may enter, %s, %s", when, seed)
        .isEqualTo(expected && asked.plain(when, Math.max(now, newest)));
    long flip = evaluation.flipMicros();
    if (flip != 0) {
      assertThat(flip).isGreaterThan(now);
      assertThat(asked.plain(when, flip)).as("at the flip, %s", seed).isNotEqualTo(expected);
      assertThat(asked.plain(when, flip - 1)).as("before the flip, %s", seed).isEqualTo(expected);
    }
    long until = flip == 0 ? now + 400 * unit : flip;
    for (int i = 0; i < 3; i++) {
      long between = random.nextLong(now, until);
      assertThat(asked.plain(when, between)).as("no flip between, %s", seed).isEqualTo(expected);
    }
  }

  /** Counts, over everything that was ever said. */
  private record Asked(Known known, AudienceDefinition other) {
    boolean plain(Condition condition, long now) {
      return switch (condition) {
        case Condition.All all -> all.conditions().stream().allMatch(c -> plain(c, now));
        case Condition.Any any -> any.conditions().stream().anyMatch(c -> plain(c, now));
        case Condition.Not not -> !plain(not.condition(), now);
        case Condition.TraitTest _, Condition.GroupTest _, Condition.InWarehouse _ ->
            throw new IllegalStateException("none here");
        case Condition.InAudience in -> {
          assertThat(in.name()).isEqualTo(other.name());
          boolean consents =
              !other.requiresConsent()
                  || known
                      .traits
                      .getOrDefault("consent." + other.consent(), Value.getDefaultInstance())
                      .getBoolean();
          yield consents && plain(other.when(), now);
        }
        case Condition.DateTest date -> plain(date, now);
        case Condition.LastEvent last -> {
          Map<String, Long> times = times(EventMatch.of(last.event()));
          Optional<String> newest =
              times.keySet().stream()
                  .max(
                      Comparator.comparing((String id) -> times.getOrDefault(id, 0L))
                          .thenComparing(
                              (String id) -> EventHash.ofEvent(id), Long::compareUnsigned));
          yield newest
              .filter(id -> lies(times.getOrDefault(id, 0L), last.window(), now))
              .filter(id -> times(last.fitting()).containsKey(id))
              .isPresent();
        }
        case Condition.FirstEvent first -> {
          Map<String, Long> times = times(first.all());
          Optional<String> oldest =
              times.keySet().stream()
                  .filter(id -> lies(times.getOrDefault(id, 0L), first.window(), now))
                  .min(
                      Comparator.comparing((String id) -> times.getOrDefault(id, 0L))
                          .thenComparing(
                              (String id) -> EventHash.ofEvent(id), Long::compareUnsigned));
          yield oldest.filter(id -> times(first.fitting()).containsKey(id)).isPresent();
        }
        case Condition.EventCount count -> {
          long n =
              times(count.match()).values().stream()
                  .filter(time -> lies(time, count.window(), now))
                  .count();
          yield compares(count.comparison(), Long.compare(n, count.count()));
        }
        case Condition.EventAggregate aggregate -> plain(aggregate, now);
        case Condition.Sequence sequence -> follows(sequence, 0, Long.MIN_VALUE, now);
      };
    }

    private static boolean compares(Comparison comparison, int order) {
      return switch (comparison) {
        case AT_LEAST -> order >= 0;
        case MORE_THAN -> order > 0;
        case EXACTLY -> order == 0;
        case AT_MOST -> order <= 0;
        case LESS_THAN -> order < 0;
      };
    }

    private boolean plain(Condition.EventAggregate asked, long now) {
      Map<String, Long> times = times(asked.match());
      List<Object> values = new ArrayList<>();
      times.forEach(
          (id, time) -> {
            if (lies(time, asked.window(), now)) {
              values.add(taken(asked.match(), id));
            }
          });
      if (asked.aggregate() == Aggregate.DISTINCT) {
        int distinct = new HashSet<>(values).size();
        return compares(asked.comparison(), Long.compare(distinct, asked.bound()));
      }
      BigDecimal bound = BigDecimal.valueOf(asked.bound(), 6);
      Stream<BigDecimal> numbers = values.stream().map(value -> BigDecimal.valueOf((Double) value));
      Optional<BigDecimal> found =
          switch (asked.aggregate()) {
            case MIN -> numbers.min(Comparator.naturalOrder());
            case MAX -> numbers.max(Comparator.naturalOrder());
            default -> Optional.of(numbers.reduce(BigDecimal.ZERO, BigDecimal::add));
          };
      if (asked.aggregate() == Aggregate.AVERAGE) {
        // Beside so many times the bound, for a quotient may have no end.
        return !values.isEmpty()
            && compares(
                asked.comparison(),
                found.orElseThrow().compareTo(bound.multiply(BigDecimal.valueOf(values.size()))));
      }
      return found.filter(n -> compares(asked.comparison(), n.compareTo(bound))).isPresent();
    }

    private Object taken(EventMatch match, String id) {
      return known.events.stream()
          .filter(event -> event.getEventId().equals(id) && matches(match, event))
          .map(event -> measured(match.measure().orElseThrow(), event).orElseThrow())
          .findFirst()
          .orElseThrow();
    }

    // Every chain there is, one after the other.
    private boolean follows(Condition.Sequence sequence, int step, long before, long now) {
      if (step == sequence.steps().size()) {
        return true;
      }
      Condition.Sequence.Step next = sequence.steps().get(step);
      for (long time : times(next.match()).values()) {
        boolean fits = lies(time, sequence.window(), now) && time > before;
        if (fits && step > 0) {
          long most = next.after().map(after -> after.toMillis() * 1_000).orElse(Long.MAX_VALUE);
          boolean free =
              sequence.without().stream()
                  .flatMap(match -> times(match).values().stream())
                  .noneMatch(between -> before < between && between < time);
          fits = time - before <= most && free;
        }
        if (fits && follows(sequence, step + 1, time, now)) {
          return true;
        }
      }
      return false;
    }

    private boolean plain(Condition.DateTest date, long now) {
      Value value = known.traits.get(date.trait());
      if (value == null) {
        return false;
      }
      long day = 86_400 * SECOND;
      long begin = value.hasDateDays() ? value.getDateDays() * day : value.getTimestampMicros();
      // The last instant that is still of it.
      long end = value.hasDateDays() ? begin + day - 1 : begin;
      long span = date.span().toMillis() * 1_000;
      return switch (date.side()) {
        case NEXT -> now <= end && begin - now < span;
        case LAST -> begin <= now && now - begin < span;
      };
    }

    private static boolean lies(long time, Window window, long now) {
      return switch (window) {
        case Window.Within within -> time > now - within.length().toMillis() * 1_000;
        case Window.Ago ago ->
            time > now - ago.oldest().toMillis() * 1_000
                && time <= now - ago.youngest().toMillis() * 1_000;
        case Window.Since since -> time >= since.start().toEpochMilli() * 1_000;
      };
    }

    /** Of the distinct events that match: each happened at the earliest time that was said. */
    Map<String, Long> times(EventMatch match) {
      Map<String, Long> times = new HashMap<>();
      for (Event event : known.events) {
        if (matches(match, event)) {
          times.merge(event.getEventId(), event.getOccurredAtMicros(), Math::min);
        }
      }
      return times;
    }
  }

  private static boolean matches(EventMatch match, Event event) {
    return event.getName().equals(match.event())
        && match.where().map(where -> fits(where.text(), event)).orElse(true)
        && match.measure().map(measure -> measured(measure, event).isPresent()).orElse(true);
  }

  /** A number, or a value that equals those that are the same. */
  private static Optional<Object> measured(Measure measure, Event event) {
    String property = measure.path().getFirst();
    if (measure.kind() == Measure.Kind.NUMBER) {
      return number(event).map(Object.class::cast);
    }
    return value(event, property)
        .map(value -> value.hasText() ? value.getText() : number(event).orElseThrow());
  }

  private static boolean fits(String where, Event event) {
    return Objects.requireNonNull(WHERE.get(where)).test(event);
  }

  private static AudienceDefinition other(Random random, long now, long unit) {
    return new AudienceDefinition(
        OTHER, "", random.nextInt(3) == 0 ? "ads" : "", condition(random, 1, now, unit, false));
  }

  private static Map<String, Value> traits(Random random, long now, long unit) {
    Map<String, Value> traits = new HashMap<>();
    long at = now + random.nextLong(-60, 60) * unit;
    if (random.nextBoolean()) {
      traits.put("seen_at", Value.newBuilder().setTimestampMicros(at).build());
    }
    if (random.nextBoolean()) {
      int days = (int) (at / (86_400 * SECOND));
      traits.put("born_on", Value.newBuilder().setDateDays(days).build());
    }
    if (random.nextBoolean()) {
      traits.put("consent.ads", Value.newBuilder().setBoolean(random.nextBoolean()).build());
    }
    return traits;
  }

  private static Event event(Random random, long now, List<Event> known, long unit) {
    // What was received longer ago is not sent again.
    long since = now - ProfileState.COPIES_WITHIN.toMillis() * 1_000;
    List<Event> recent =
        known.stream().filter(event -> event.getReceivedAtMicros() >= since).toList();
    if (!recent.isEmpty() && random.nextInt(3) == 0) {
      Event again = recent.get(random.nextInt(recent.size()));
      long moved =
          switch (random.nextInt(4)) {
            case 0 -> random.nextLong(-8, 8) * unit;
            // As with what has no time of its own: now, or near.
            case 1 -> now - again.getOccurredAtMicros() - random.nextLong(2) * unit;
            default -> 0;
          };
      return again.toBuilder()
          .setOccurredAtMicros(again.getOccurredAtMicros() + moved)
          .setReceivedAtMicros(now)
          .build();
    }
    long ago = random.nextInt(5) == 0 ? random.nextInt(120) : random.nextInt(12);
    return Event.newBuilder()
        .setEventId("e" + random.nextLong())
        .setName(EVENTS.get(random.nextInt(EVENTS.size())))
        // Whole units, so that times collide; sometimes a little ahead of now.
        .setOccurredAtMicros(now / unit * unit - ago * unit + 2 * unit)
        .setReceivedAtMicros(now)
        .setProperties(properties(random))
        .setVia(
            dev.attune.proto.v1.Identifier.newBuilder()
                .setNamespace("id")
                .setValue(VIAS.get(random.nextInt(VIAS.size()))))
        .build();
  }

  // Some have no n, and some one of another type.
  private static Value properties(Random random) {
    ValueObject.Builder object = ValueObject.newBuilder();
    Value.Builder n = Value.newBuilder();
    switch (random.nextInt(5)) {
      case 0 -> n.setInteger(random.nextInt(4));
      case 1 -> n.setNumber(random.nextInt(8) / 2.0);
      case 2 -> n.setText("2");
      case 3 -> n.setNullValue(true);
      default -> {}
    }
    if (!n.build().equals(Value.getDefaultInstance())) {
      object.addEntries(ValueEntry.newBuilder().setKey("n").setValue(n));
    }
    if (random.nextBoolean()) {
      Value.Builder kind = Value.newBuilder();
      object.addEntries(
          ValueEntry.newBuilder()
              .setKey("kind")
              .setValue(random.nextBoolean() ? kind.setText("x") : kind.setNullValue(true)));
    }
    return Value.newBuilder().setObject(object).build();
  }

  private static Optional<Double> number(Event event) {
    return value(event, "n")
        .filter(value -> value.hasInteger() || value.hasNumber())
        .map(value -> value.hasInteger() ? (double) value.getInteger() : value.getNumber());
  }

  private static boolean isTwo(Value value) {
    return (value.hasInteger() && value.getInteger() == 2)
        || (value.hasNumber() && value.getNumber() == 2);
  }

  private static Optional<String> text(Event event, String key) {
    return value(event, key).filter(Value::hasText).map(Value::getText);
  }

  private static Optional<Value> value(Event event, String key) {
    return event.getProperties().getObject().getEntriesList().stream()
        .filter(entry -> entry.getKey().equals(key))
        .map(ValueEntry::getValue)
        .filter(value -> !value.hasNullValue())
        .findFirst();
  }

  private static Condition condition(
      Random random, int depth, long now, long unit, boolean mayAsk) {
    int kind = depth == 0 ? random.nextInt(5) : random.nextInt(9);
    return switch (kind) {
      case 0, 1, 2 -> {
        Comparison comparison = List.of(Comparison.values()).get(random.nextInt(5));
        List<String> texts = List.copyOf(new TreeSet<>(WHERE.keySet()));
        EventMatch match =
            new EventMatch(
                EVENTS.get(random.nextInt(EVENTS.size())),
                random.nextBoolean()
                    ? Optional.empty()
                    : Optional.of(where(texts.get(random.nextInt(texts.size())))));
        Window window = window(random, now, unit);
        if (match.where().isPresent() && random.nextInt(3) == 0) {
          yield random.nextBoolean()
              ? new Condition.LastEvent(match.event(), match.where().get(), window)
              : new Condition.FirstEvent(match.event(), match.where().get(), window);
        }
        yield switch (random.nextInt(4)) {
          case 0 -> aggregate(random, match, comparison, window);
          case 1 -> sequence(random, match, window, unit);
          default -> new Condition.EventCount(match, comparison, random.nextInt(5), window);
        };
      }
      case 3 ->
          new Condition.DateTest(
              random.nextBoolean() ? "seen_at" : "born_on",
              random.nextBoolean() ? Side.NEXT : Side.LAST,
              Duration.ofMillis(random.nextInt(1, 90) * unit / 1_000));
      case 4 ->
          mayAsk
              ? new Condition.InAudience(OTHER)
              : AudienceDefinitionTest.count(
                  "A", Comparison.AT_LEAST, 1, Duration.ofMillis(20 * unit / 1_000));
      case 5, 6 -> new Condition.All(list(random, depth, now, unit, mayAsk));
      case 7 -> new Condition.Any(list(random, depth, now, unit, mayAsk));
      default -> new Condition.Not(condition(random, depth - 1, now, unit, mayAsk));
    };
  }

  private static Window window(Random random, long now, long unit) {
    return switch (random.nextInt(6)) {
      case 0 ->
          new Window.Since(Instant.ofEpochMilli((now + random.nextLong(-60, 30) * unit) / 1_000));
      case 1, 2 -> {
        int youngest = random.nextInt(1, 20);
        yield new Window.Ago(
            Duration.ofMillis(youngest * unit / 1_000),
            Duration.ofMillis(random.nextInt(youngest + 1, 300) * unit / 1_000));
      }
      default -> new Window.Within(Duration.ofMillis(random.nextInt(1, 300) * unit / 1_000));
    };
  }

  private static Condition aggregate(
      Random random, EventMatch match, Comparison comparison, Window window) {
    Aggregate aggregate = List.of(Aggregate.values()).get(random.nextInt(5));
    boolean distinct = aggregate == Aggregate.DISTINCT;
    var measure =
        new Measure(
            distinct ? Measure.Kind.IDENTITY : Measure.Kind.NUMBER,
            List.of(distinct && random.nextInt(3) == 0 ? "kind" : "n"));
    long bound = distinct ? random.nextInt(4) : random.nextInt(-1, 12) * 500_000L;
    return new Condition.EventAggregate(
        new EventMatch(match.event(), match.where(), Optional.of(measure)),
        aggregate,
        comparison,
        bound,
        window);
  }

  private static Condition sequence(Random random, EventMatch match, Window window, long unit) {
    List<Condition.Sequence.Step> steps = new ArrayList<>();
    for (int i = random.nextInt(2, 4); i > 0; i--) {
      EventMatch of =
          random.nextInt(3) == 0 ? match : EventMatch.of(EVENTS.get(random.nextInt(EVENTS.size())));
      Optional<Duration> after =
          steps.isEmpty() || random.nextBoolean()
              ? Optional.empty()
              : Optional.of(Duration.ofMillis(random.nextInt(1, 30) * unit / 1_000));
      steps.add(new Condition.Sequence.Step(of, after));
    }
    return new Condition.Sequence(
        steps,
        random.nextBoolean()
            ? List.of()
            : List.of(EventMatch.of(EVENTS.get(random.nextInt(EVENTS.size())))),
        window);
  }

  private static PropertyExpression where(String text) {
    return PropertyLanguage.compile(Yaml.parse("e", "'" + text + "'"));
  }

  private static List<Condition> list(
      Random random, int depth, long now, long unit, boolean mayAsk) {
    List<Condition> conditions = new ArrayList<>();
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      conditions.add(condition(random, depth - 1, now, unit, mayAsk));
    }
    return conditions;
  }

  @Test
  void copy_thatSaysAnotherValue_isNews_andTheLesserCounts() {
    AudienceDefinition spent =
        AudienceDefinitionTest.parse(
            "name: a\nwhen: {event: A, sum: properties.n >= 3, within: 1d}\n");
    AudienceSet set =
        AudienceSet.compile(
            new Definitions(1, 1, CATALOG, Map.of(), Map.of("a", spent), Map.of(), Map.of()));
    long now = 1_000_000 * SECOND;
    Event three = event(now, 3);
    Event two = event(now, 2);
    for (List<Event> order : List.of(List.of(three, two), List.of(two, three))) {
      var state = new ProfileState(set);
      assertThat(state.add(order.getFirst(), now).news()).hasSize(1);
      boolean changes = order.getLast().equals(two);
      assertThat(state.add(order.getLast(), now).news()).hasSize(changes ? 1 : 0);
      assertThat(set.audience("a").orElseThrow().evaluate(state, now).member()).isFalse();
    }
  }

  private static Event event(long at, int n) {
    return Event.newBuilder()
        .setEventId("e")
        .setName("A")
        .setOccurredAtMicros(at)
        .setReceivedAtMicros(at)
        .setProperties(
            Value.newBuilder()
                .setObject(
                    ValueObject.newBuilder()
                        .addEntries(
                            ValueEntry.newBuilder()
                                .setKey("n")
                                .setValue(Value.newBuilder().setInteger(n)))))
        .build();
  }

  @Test
  void ring_ofTheSameEventsInAnyOrder_isTheSame() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    for (int round = 0; round < 2_000; round++) {
      Random random = new Random(seed + round);
      List<long[]> events = new ArrayList<>();
      for (int i = random.nextInt(20); i > 0; i--) {
        events.add(
            new long[] {
              random.nextInt(10),
              random.nextInt(8) - 4,
              random.nextLong(1L << 40),
              random.nextInt(3) - 1
            });
      }
      EventRing expected = ring(events);
      Collections.shuffle(events, random);
      int cut = random.nextInt(events.size() + 1);
      EventRing merged =
          ring(events.subList(0, cut)).union(ring(events.subList(cut, events.size())));
      assertThat(ring(events)).as("seed %s", seed + round).isEqualTo(expected);
      assertThat(merged).as("seed %s", seed + round).isEqualTo(expected);
    }
  }

  private static EventRing ring(List<long[]> events) {
    EventRing ring = EventRing.EMPTY;
    for (long[] event : events) {
      ring = ring.with(EventRing.Entry.heardAt(event[0], event[1], event[2], event[3]));
    }
    return ring;
  }

  @Test
  void values_ofAnotherTypeThanDeclared_areMissing() {
    var expressions = TraitLanguage.of(AudienceDefinitionTest.CATALOG);
    var set =
        AudienceSet.compile(
            new Definitions(
                1, 1, AudienceDefinitionTest.CATALOG, Map.of(), Map.of(), Map.of(), Map.of()));
    var state = new ProfileState(set);
    state.setTraits(
        Map.of(
            "age", Value.newBuilder().setNumber(41).build(),
            "lifetime_value", Value.newBuilder().setInteger(100).build(),
            "plan", Value.newBuilder().setInteger(7).build(),
            "seen_at", Value.newBuilder().setTimestampMicros(1_700_000_000_000_000L).build(),
            "born_on", Value.newBuilder().setDateDays(1).build(),
            "tags",
                Value.newBuilder()
                    .setList(
                        dev.attune.proto.v1.ValueList.newBuilder()
                            .addValues(Value.newBuilder().setText("vip")))
                    .build(),
            "address",
                Value.newBuilder()
                    .setObject(
                        dev.attune.proto.v1.ValueObject.newBuilder()
                            .addEntries(
                                dev.attune.proto.v1.ValueEntry.newBuilder()
                                    .setKey("city")
                                    .setValue(Value.newBuilder().setText("Bonn"))))
                    .build()));
    var expected = new HashMap<String, Boolean>();
    expected.put("traits.age == 41", true);
    expected.put("traits.age > 40.5", true);
    expected.put("traits.lifetime_value >= 100", true);
    expected.put("traits.lifetime_value == 100.0", true);
    expected.put("traits.plan == \"7\"", false);
    expected.put("traits.plan != \"7\"", false);
    expected.put("!(traits.plan == \"7\")", false);
    expected.put("has(traits.plan)", false);
    expected.put("!has(traits.plan)", true);
    expected.put("has(traits.age)", true);
    expected.put("traits.plan == \"7\" || traits.age > 3", true);
    expected.put("traits.vip || traits.age > 50", false);
    expected.put("traits.vip && traits.age > 50", false);
    expected.put("!(traits.vip && traits.age > 50)", true);
    expected.put("traits.seen_at > timestamp(\"2023-01-01T00:00:00Z\")", true);
    expected.put("traits.born_on == timestamp(\"1970-01-02T00:00:00Z\")", true);
    expected.put("\"vip\" in traits.tags", true);
    expected.put("size(traits.tags) == 1", true);
    expected.put("traits.tags.exists(t, t.startsWith(\"v\"))", true);
    expected.put("traits.address.city == \"Bonn\"", true);
    expected.put("has(traits.address.street)", false);
    expected.put("traits.age / (traits.age - 41) == 1", false);
    expected.put("traits.plan.matches(\"^p\")", false);
    var found = new HashMap<String, Boolean>();
    for (String text : new TreeSet<>(expected.keySet())) {
      var yaml = dev.attune.core.definition.Yaml.parse("e", "'" + text.replace("'", "''") + "'");
      found.put(text, expressions.compile(yaml).test(state.values()));
    }
    assertThat(found).isEqualTo(expected);
  }
}
