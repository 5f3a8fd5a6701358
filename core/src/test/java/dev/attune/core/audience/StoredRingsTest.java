package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.attune.core.audience.EventRing.Entry;
import dev.attune.core.audience.ProfileState.RingKey;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.Event;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class StoredRingsTest {
  private static final long SECOND = 1_000_000L;
  private static final long DAY = 24 * 3_600 * SECOND;
  private static final long NOW = 1_760_000_000_000_000L;
  private static final int KNOWN = 12;
  private static final AudienceSet SET = set();
  private static final AudienceSet NONE = AudienceSet.compile(Definitions.NONE);

  private static AudienceSet set() {
    Map<String, AudienceDefinition> audiences = new HashMap<>();
    for (int i = 0; i < KNOWN; i++) {
      Condition atLeastTwo =
          AudienceDefinitionTest.count("Event " + i, Comparison.AT_LEAST, 2, Duration.ofDays(30));
      audiences.put("a" + i, new AudienceDefinition("a" + i, "", "", atLeastTwo));
    }
    return AudienceSet.compile(
        new Definitions(1, 1, Catalog.DEFAULT, Map.of(), audiences, Map.of(), Map.of()));
  }

  private static long seed() {
    return Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
  }

  private static RingKey key(String match, String via) {
    return new RingKey(match, EventKeys.id(match), "user_id", via);
  }

  private static EvaluatorState write(Map<RingKey, EventRing> rings) {
    EvaluatorState.Builder state = EvaluatorState.newBuilder();
    StoredRings.write(rings, state);
    return state.build();
  }

  private static Map<RingKey, EventRing> read(EvaluatorState state, AudienceSet audiences) {
    Map<RingKey, EventRing> rings = new TreeMap<>();
    StoredRings.read(state, audiences, rings);
    return rings;
  }

  private static Map<RingKey, EventRing> rings(Random random) {
    Map<RingKey, EventRing> rings = new LinkedHashMap<>();
    int vias = 1 + random.nextInt(random.nextInt(1, 6));
    for (int i = random.nextInt(12); i > 0; i--) {
      String match = "Event " + random.nextInt(KNOWN);
      rings.put(key(match, "u" + random.nextInt(vias)), ring(random));
    }
    return rings;
  }

  private static EventRing ring(Random random) {
    int size =
        switch (random.nextInt(40)) {
          case 0 -> 0;
          case 1 -> 1_000;
          default -> 1 + random.nextInt(20);
        };
    long unit = random.nextInt(3) == 0 ? 1 : 1_000;
    long newest = random.nextInt(10) == 0 ? random.nextLong(-DAY, DAY) : NOW - random.nextLong(DAY);
    long span = 1L << random.nextInt(52);
    int late = random.nextInt(3) == 0 ? 1 << random.nextInt(20) : 1;
    int measured = random.nextInt(6);
    Entry[] entries =
        Stream.generate(
                () -> {
                  // Some of one time, and some much older than the others.
                  long age = random.nextInt(4) == 0 ? 0 : random.nextLong(span);
                  long micros = Math.floorDiv(newest - age, unit) * unit;
                  int heard = Entry.hour(micros) + random.nextInt(late);
                  return new Entry(
                      micros, random.nextLong(1L << 56), heard, taken(random, measured));
                })
            .limit(size)
            .sorted(Entry.NEWEST_FIRST)
            .toArray(Entry[]::new);
    return EventRing.of(
        Stream.of(entries).mapToLong(Entry::micros).toArray(),
        Stream.of(entries).mapToLong(Entry::hash).toArray(),
        Stream.of(entries).mapToInt(Entry::heard).toArray(),
        Stream.of(entries).mapToLong(Entry::taken).toArray());
  }

  private static long taken(Random random, int kind) {
    return switch (kind) {
      case 0 -> random.nextLong();
      case 1 -> random.nextInt(-1_000, 1_000) * 10_000L;
      case 2 -> random.nextInt(20) == 0 ? Long.MIN_VALUE : 0;
      default -> 0;
    };
  }

  @Test
  void rings_comeBackAsTheyWere_andEqualOnesAsTheSameBytes() {
    long seed = seed();
    for (int round = 0; round < 3_000; round++) {
      Map<RingKey, EventRing> rings = rings(new Random(seed + round));
      EvaluatorState stored = write(rings);
      Map<RingKey, EventRing> read = read(stored, SET);
      assertThat(read).as("seed %s", seed + round).isEqualTo(new TreeMap<>(rings));
      assertThat(write(read)).as("in another order, seed %s", seed + round).isEqualTo(stored);
    }
  }

  @Test
  void ringsAsTheyWereStoredBefore_areTheSame_andAreStoredPackedFromThenOn() {
    long seed = seed();
    for (int round = 0; round < 1_000; round++) {
      Map<RingKey, EventRing> rings = rings(new Random(seed + round));
      EvaluatorState former = former(rings);
      Map<RingKey, EventRing> read = read(former, SET);
      assertThat(read).as("seed %s", seed + round).isEqualTo(new TreeMap<>(rings));
      assertThat(write(read)).as("seed %s", seed + round).isEqualTo(write(rings));
    }
  }

  @SuppressWarnings("deprecation")
  private static EvaluatorState former(Map<RingKey, EventRing> rings) {
    EvaluatorState.Builder state = EvaluatorState.newBuilder();
    rings.forEach(
        (key, ring) -> {
          var stored =
              dev.attune.proto.v1.EventRing.newBuilder()
                  .setEvent(key.match())
                  .setVia(state.getViasCount());
          state.addViasBuilder().setNamespace(key.namespace()).setValue(key.value());
          for (int n = 1; n <= ring.size(); n++) {
            stored.addTimeDeltas(n == 1 ? ring.nth(1) : ring.nth(n - 1) - ring.nth(n));
            // The eighth byte of it, of which nobody asks any more.
            stored.addEventHashes((ring.hash(n) << 8) | (n % 256));
            stored.addHeardAfter(ring.heardAfter(n));
            stored.addTaken(ring.taken(n));
          }
          state.addRings(stored);
        });
    return state.build();
  }

  @Test
  void damagedBytes_areSomeRings_orRefused() {
    long seed = seed();
    int refused = 0;
    for (int round = 0; round < 300; round++) {
      Random random = new Random(seed + round);
      EvaluatorState stored = write(rings(random));
      byte[] bytes = stored.getPackedRings().toByteArray();
      for (int i = 0; i < 60 && bytes.length > 0; i++) {
        byte[] damaged =
            random.nextInt(3) == 0
                ? ByteString.copyFrom(bytes)
                    .substring(0, random.nextInt(bytes.length))
                    .toByteArray()
                : bytes.clone();
        for (int flips = random.nextInt(1, 4); flips > 0 && damaged.length > 0; flips--) {
          damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        }
        EvaluatorState read =
            stored.toBuilder().setPackedRings(ByteString.copyFrom(damaged)).build();
        try {
          var _ = read(read, SET);
        } catch (IllegalArgumentException e) {
          refused++;
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + (seed + round), e);
        }
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void bytesThatEndTooSoon_areRefusedWherever() {
    EvaluatorState stored = write(Map.of(key("Event 1", "u1"), ring(new Random(1))));
    ByteString bytes = stored.getPackedRings();
    for (int length = 1; length < bytes.size(); length++) {
      EvaluatorState cut = stored.toBuilder().setPackedRings(bytes.substring(0, length)).build();
      assertThatThrownBy(() -> read(cut, SET))
          .as("%d of %d bytes", length, bytes.size())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("evaluator state: its rings are cut off or damaged");
    }
  }

  // What they claim to be would be 17 GB of times.
  @Test
  void bytesThatClaimToBeMany_areRefusedBeforeRoomIsMade() {
    byte[] head = {1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 7, 0};
    ByteString many = ByteString.copyFrom(new byte[] {-1, -1, -1, -1, 7});
    EvaluatorState.Builder state = EvaluatorState.newBuilder();
    state.addViasBuilder().setNamespace("user_id").setValue("u1");
    state.setPackedRings(
        ByteString.copyFrom(head).concat(many).concat(ByteString.copyFrom(new byte[100])));
    assertThatThrownBy(() -> read(state.build(), SET)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void formThatIsNotKnown_isRefusedByItsNumber() {
    EvaluatorState.Builder state =
        EvaluatorState.newBuilder().setPackedRings(ByteString.copyFrom(new byte[] {2}));
    assertThatThrownBy(() -> read(state.build(), SET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("evaluator state: rings of form 2 (expected: 1)");
  }

  // A process whose definitions are older, and a profile on its way through it.
  @Test
  void ringsThatADefinitionDoesNotAskFor_passThrough() {
    EvaluatorState stored = write(rings(new Random(2)));
    assertThat(write(read(stored, NONE))).isEqualTo(stored);

    var state = new ProfileState(SET);
    add(state, "e1", "Event 3", "u1");
    add(state, "e2", "Event 3", "u1");
    add(state, "e3", "Event 4", "u2");
    EvaluatorState whole = state.encode();
    ProfileState elsewhere = ProfileState.decode(whole, NONE);
    assertThat(elsewhere.encode()).isEqualTo(whole);

    EvaluatorState left = elsewhere.split(List.of(new Identifier("user_id", "u1")));
    assertThat(left.getViasList()).extracting("value").containsExactly("u1");
    var joined = new ProfileState(SET);
    assertThat(joined.merge(left, NOW)).containsExactly("Event 3");
    assertThat(isIn("a3", joined)).isTrue();
    // Who joins them and does not ask for them does not keep them.
    var other = new ProfileState(NONE);
    assertThat(other.merge(left, NOW)).isEmpty();
    assertThat(other.encode().getViasCount()).isZero();

    elsewhere.forget(NOW);
    assertThat(elsewhere.encode().getViasCount()).isZero();
  }

  // One copy of an event is known from a state of the former form.
  @Test
  void formerState_isMerged_andItsEventsAreKnown() {
    var before = new ProfileState(SET);
    add(before, "e1", "Event 3", "u1");
    EvaluatorState former = former(read(before.encode(), SET));
    var state = new ProfileState(SET);
    assertThat(state.merge(former, NOW)).containsExactly("Event 3");
    add(state, "e1", "Event 3", "u1");
    assertThat(isIn("a3", state)).isFalse();
    add(state, "e2", "Event 3", "u1");
    assertThat(isIn("a3", state)).isTrue();
    // Known or not, it is stored as the same.
    assertThat(write(read(former, NONE))).isEqualTo(write(read(former, SET)));
  }

  private static boolean isIn(String audience, ProfileState state) {
    return SET.audience(audience).orElseThrow().evaluate(state, NOW).member();
  }

  private static void add(ProfileState state, String id, String name, String via) {
    var event =
        Event.newBuilder()
            .setEventId(id)
            .setName(name)
            .setOccurredAtMicros(NOW - SECOND)
            .setReceivedAtMicros(NOW);
    event.getViaBuilder().setNamespace("user_id").setValue(via);
    var _ = state.add(event.build(), NOW);
  }
}
