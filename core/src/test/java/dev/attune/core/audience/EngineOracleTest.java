package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/**
 * The engine beside a plain evaluator that keeps every event and counts. Inputs are duplicated with
 * the same and with other times, reordered, late, brought by several identifiers, split over two
 * profiles and merged, copies on their way included; time moves on, by seconds or by days.
 */
final class EngineOracleTest {
  private static final int SCENARIOS = 2_500;
  private static final int STEPS = 12;
  private static final long SECOND = 1_000_000;
  private static final List<String> EVENTS = List.of("A", "B", "C");
  private static final List<String> VIAS = List.of("u1", "anon1", "anon2");

  @Test
  void engine_besideAPlainEvaluator_agrees() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    int checks = 0;
    for (int scenario = 0; scenario < SCENARIOS; scenario++) {
      checks += scenario(new Random(seed + scenario), "-Dattune.seed=" + (seed + scenario));
    }
    assertThat(checks).isGreaterThan(20_000);
  }

  private static int scenario(Random random, String seed) {
    // Of hours: windows of days, and events whose copies are awaited no more.
    long unit = random.nextBoolean() ? SECOND : 3_600 * SECOND;
    Condition when = condition(random, 3, unit);
    var audience = new AudienceDefinition("a", "", "", when);
    AudienceSet set =
        AudienceSet.compile(
            new Definitions(
                1, 1, Catalog.DEFAULT, Map.of(), Map.of("a", audience), Map.of(), Map.of()));
    CompiledAudience compiled = set.audience("a").orElseThrow();
    ProfileState state = new ProfileState(set);
    ProfileState other = new ProfileState(set);
    List<Event> known = new ArrayList<>();
    List<Event> knownToOther = new ArrayList<>();
    long now = 1_000_000 * SECOND;
    int checks = 0;
    for (int step = 0; step < STEPS; step++) {
      for (int i = random.nextInt(6); i > 0; i--) {
        boolean there = random.nextInt(3) == 0;
        // A copy may come where the profile is by now, before what was known of it gets there.
        boolean astray = random.nextInt(4) == 0;
        Event event = event(random, now, there ^ astray ? knownToOther : known, unit);
        (there ? knownToOther : known).add(event);
        (there ? other : state).add(event, now);
      }
      switch (random.nextInt(8)) {
        case 0 -> {
          state.merge(other.encode(), now);
          known.addAll(knownToOther);
          knownToOther = new ArrayList<>();
          other = new ProfileState(set);
        }
        case 1 -> {
          String via = VIAS.get(random.nextInt(VIAS.size()));
          other.merge(state.split(List.of(new Identifier("id", via))), now);
          for (Event event : List.copyOf(known)) {
            if (event.getVia().getValue().equals(via)) {
              known.remove(event);
              knownToOther.add(event);
            }
          }
        }
        case 2 -> state = ProfileState.decode(state.encode(), set);
        case 3 -> state.forget(now);
        default -> {}
      }
      check(compiled, state, known, when, now, unit, random, seed + " step " + step);
      check(compiled, other, knownToOther, when, now, unit, random, seed + " other, step " + step);
      checks += 2;
      now += random.nextInt(4) == 0 ? random.nextLong(40 * unit) : random.nextLong(4 * unit);
    }
    return checks;
  }

  private static void check(
      CompiledAudience audience,
      ProfileState state,
      List<Event> events,
      Condition when,
      long now,
      long unit,
      Random random,
      String seed) {
    Evaluation evaluation = audience.evaluate(state, now);
    boolean expected = plain(when, events, now);
    assertThat(evaluation.member()).as("member, %s, %s", when, seed).isEqualTo(expected);
    Map<String, Long> earliest = new HashMap<>();
    for (Event event : events) {
      if (audience.events().contains(event.getName())) {
        earliest.merge(event.getEventId(), event.getOccurredAtMicros(), Math::min);
      }
    }
    long newest = earliest.values().stream().mapToLong(Long::longValue).max().orElse(now);
    assertThat(evaluation.mayEnter())
        .as("may enter, %s, %s", when, seed)
        .isEqualTo(expected && plain(when, events, Math.max(now, newest)));
    long flip = evaluation.flipMicros();
    if (flip != 0) {
      assertThat(flip).isGreaterThan(now);
      assertThat(plain(when, events, flip)).as("at the flip, %s", seed).isNotEqualTo(expected);
      assertThat(plain(when, events, flip - 1)).as("before the flip, %s", seed).isEqualTo(expected);
    }
    long until = flip == 0 ? now + 400 * unit : flip;
    for (int i = 0; i < 3; i++) {
      long between = random.nextLong(now, until);
      assertThat(plain(when, events, between)).as("no flip between, %s", seed).isEqualTo(expected);
    }
  }

  /** Counts, over everything that was ever said. */
  private static boolean plain(Condition condition, List<Event> events, long now) {
    return switch (condition) {
      case Condition.All all -> all.conditions().stream().allMatch(c -> plain(c, events, now));
      case Condition.Any any -> any.conditions().stream().anyMatch(c -> plain(c, events, now));
      case Condition.Not not -> !plain(not.condition(), events, now);
      case Condition.TraitTest _, Condition.InWarehouse _ ->
          throw new IllegalStateException("no traits here");
      case Condition.EventCount count -> {
        Map<String, Long> times = new HashMap<>();
        for (Event event : events) {
          if (event.getName().equals(count.event())) {
            times.merge(event.getEventId(), event.getOccurredAtMicros(), Math::min);
          }
        }
        long from = now - count.within().toMillis() * 1_000;
        long n = times.values().stream().filter(time -> time > from).count();
        yield switch (count.comparison()) {
          case AT_LEAST -> n >= count.count();
          case MORE_THAN -> n > count.count();
          case EXACTLY -> n == count.count();
          case AT_MOST -> n <= count.count();
          case LESS_THAN -> n < count.count();
        };
      }
    };
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
        .setVia(
            dev.attune.proto.v1.Identifier.newBuilder()
                .setNamespace("id")
                .setValue(VIAS.get(random.nextInt(VIAS.size()))))
        .build();
  }

  private static Condition condition(Random random, int depth, long unit) {
    int kind = depth == 0 ? 0 : random.nextInt(6);
    return switch (kind) {
      case 0, 1, 2 -> {
        Comparison comparison = List.of(Comparison.values()).get(random.nextInt(5));
        yield new Condition.EventCount(
            EVENTS.get(random.nextInt(EVENTS.size())),
            comparison,
            random.nextInt(5),
            Duration.ofMillis(random.nextInt(1, 300) * unit / 1_000));
      }
      case 3 -> new Condition.All(list(random, depth, unit));
      case 4 -> new Condition.Any(list(random, depth, unit));
      default -> new Condition.Not(condition(random, depth - 1, unit));
    };
  }

  private static List<Condition> list(Random random, int depth, long unit) {
    List<Condition> conditions = new ArrayList<>();
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      conditions.add(condition(random, depth - 1, unit));
    }
    return conditions;
  }

  @Test
  void ring_ofTheSameEventsInAnyOrder_isTheSame() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    for (int round = 0; round < 2_000; round++) {
      Random random = new Random(seed + round);
      List<long[]> events = new ArrayList<>();
      for (int i = random.nextInt(20); i > 0; i--) {
        events.add(
            new long[] {random.nextInt(10), random.nextInt(8) - 4, random.nextLong(1L << 40)});
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
      ring = ring.with(EventRing.Entry.heardAt(event[0], event[1], event[2]));
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
