package dev.attune.evaluator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.KnownHistory;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.CommitPace;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.EventHistory;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Transition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;

/** The evaluator's topology without a broker; its clock stands still until told. */
final class Rig implements AutoCloseable {
  /** How long until time is looked at again, in microseconds. */
  static final long TICK = ProfileProcessor.TICK.toNanos() / 1_000;

  static final long MINUTE = 60_000_000L;

  /** When it begins, microseconds. */
  static final long START = 1_750_000_000_000_000L;

  private static final Topics TOPICS = new Topics("attune");

  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final List<DeadLetter> deadLetters = new ArrayList<>();
  private final EvaluatorMetrics metrics;
  private final Set<String> defined = new TreeSet<>();
  private final AtomicReference<Definitions> definitions;
  private final TopologyTestDriver driver;
  private final TestInputTopic<String, byte[]> changes;
  private final TestInputTopic<String, byte[]> moves;
  private final TestOutputTopic<String, byte[]> transitions;
  private final TestOutputTopic<String, byte[]> movesOut;
  private final boolean deliversMoves;
  private long wallMicros = START;

  Rig(Path directory, EvaluatorConfig.Clock clock, boolean deliversMoves, Definitions first) {
    this(directory, clock, deliversMoves, false, first);
  }

  private Rig(
      Path directory,
      EvaluatorConfig.Clock clock,
      boolean deliversMoves,
      boolean waits,
      Definitions first) {
    this.definitions = new AtomicReference<>(first);
    this.defined.addAll(first.audiences().keySet());
    this.deliversMoves = deliversMoves;
    DefinitionsSource source =
        new DefinitionsSource() {
          @Override
          public Definitions current() {
            return definitions.get();
          }

          @Override
          public long position() {
            return Long.MAX_VALUE;
          }

          @Override
          public void onChange(Consumer<Definitions> listener) {}
        };
    this.metrics = new EvaluatorMetrics(meters);
    var audiences = new CurrentAudiences(source);
    var paces = new CommitPace.OfThreads(ProfileProcessor.TICK);
    var topology =
        EvaluatorTopology.build(
            TOPICS,
            () ->
                new ProfileProcessor(
                    audiences,
                    waits,
                    clock,
                    this::wall,
                    TOPICS,
                    letter -> {
                      deadLetters.add(letter);
                      return CompletableFuture.completedFuture(letter);
                    },
                    metrics,
                    paces));
    this.driver =
        new TopologyTestDriver(
            topology,
            StreamsSettings.of(
                KafkaSettings.local("127.0.0.1:1"), EvaluatorConfig.of(directory).withClock(clock)),
            wall());
    this.changes = input(TOPICS.profileChanges());
    this.moves = input(TOPICS.evaluatorMoves());
    this.transitions = output(TOPICS.audienceTransitions());
    this.movesOut = output(TOPICS.evaluatorMoves());
  }

  /** On the wall clock, with a single events partition whose watermark has reached the start. */
  static Rig onWall(Path directory, Definitions definitions) {
    Rig rig = new Rig(directory, EvaluatorConfig.Clock.WALL, true, definitions);
    rig.watermark(0, 1, START);
    return rig;
  }

  /** As {@link #onWall}, beside somebody who tells events of the past. */
  static Rig waiting(Path directory, Definitions definitions) {
    Rig rig = new Rig(directory, EvaluatorConfig.Clock.WALL, true, true, definitions);
    rig.watermark(0, 1, START);
    return rig;
  }

  /** Tells something of past events. */
  void history(EventHistory told) {
    sendBytes("~history", ProfileChange.newBuilder().setHistory(told).build().toByteArray());
  }

  /** The same, from a log that has had it for long. */
  void historyWrittenAt(long micros, List<EventHistory> told) {
    for (EventHistory each : told) {
      changes.pipeInput(
          "~history",
          ProfileChange.newBuilder().setHistory(each).build().toByteArray(),
          micros / 1_000);
    }
  }

  /** What an audience does. */
  Stage stage(String audience) {
    return metrics.stage(current().audience(audience).orElseThrow());
  }

  /** See {@link KnownHistory#completeFrom}. */
  OptionalLong completeFrom(String audience) {
    return metrics.completeFrom(current().audience(audience).orElseThrow(), wallMicros);
  }

  /** Those in force. */
  AudienceSet current() {
    return AudienceSet.compile(definitions.get());
  }

  private TestInputTopic<String, byte[]> input(String topic) {
    return driver.createInputTopic(
        topic, Serdes.String().serializer(), Serdes.ByteArray().serializer());
  }

  private TestOutputTopic<String, byte[]> output(String topic) {
    return driver.createOutputTopic(
        topic, Serdes.String().deserializer(), Serdes.ByteArray().deserializer());
  }

  private Instant wall() {
    return Instant.EPOCH.plusNanos(Math.multiplyExact(wallMicros, 1_000L));
  }

  /** How many copies were met. */
  double duplicates(String kind) {
    return meters.get("attune.events.duplicates").tag("kind", kind).counter().count();
  }

  void define(Definitions next) {
    definitions.set(next);
    defined.addAll(next.audiences().keySet());
  }

  void send(ProfileChange change) {
    sendBytes(change.getChanged().getRecord().getProfileId(), change.toByteArray());
  }

  void sendBytes(String key, byte[] value) {
    changes.pipeInput(key, value);
    deliverMoves();
  }

  void sendMoveBytes(String key, byte[] value) {
    moves.pipeInput(key, value);
  }

  void watermark(int partition, int partitions, long micros) {
    sendBytes(
        "~watermark/" + partition, Changes.watermark(partition, partitions, micros).toByteArray());
  }

  /** Moves the wall clock, and punctuates. */
  void advance(long micros) {
    wallMicros += micros;
    driver.advanceWallClockTime(Duration.ofNanos(micros * 1_000));
    deliverMoves();
  }

  /** Moves wall clock and watermark. */
  void pass(long micros) {
    watermark(0, 1, wallMicros + micros);
    advance(micros);
  }

  /** Moves that wait, when they are not delivered by themselves. */
  List<StateMove> takeMoves() {
    List<StateMove> taken = new ArrayList<>();
    while (!movesOut.isEmpty()) {
      taken.add(parse(movesOut.readValue(), StateMove::parseFrom));
    }
    return taken;
  }

  void deliver(StateMove move) {
    moves.pipeInput(move.getIntoProfileId(), move.toByteArray());
  }

  // The driver feeds a sink's topic back into a source of the same name by itself; what is read
  // here is a copy.
  private void deliverMoves() {
    if (deliversMoves) {
      movesOut.readValuesToList();
    }
  }

  /** What was told since the last call, in short: {@code profile +audience REASON}. */
  List<String> told() {
    return transitions().stream()
        .map(
            t ->
                t.getProfileId()
                    + " "
                    + (t.getEntered() ? "+" : "-")
                    + t.getAudience()
                    + " "
                    + t.getReason())
        .toList();
  }

  List<Transition> transitions() {
    List<Transition> read = new ArrayList<>();
    while (!transitions.isEmpty()) {
      read.add(parse(transitions.readValue(), Transition::parseFrom));
    }
    return read;
  }

  private interface Parser<T> {
    T parse(byte[] bytes) throws InvalidProtocolBufferException;
  }

  private static <T> T parse(byte[] bytes, Parser<T> parser) {
    try {
      return parser.parse(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the evaluator wrote what does not parse", e);
    }
  }

  /** What is kept of a profile. */
  EvaluatorState stored(String profileId) {
    return parse(
        driver.<String, byte[]>getKeyValueStore(ProfileProcessor.PROFILES).get(profileId),
        EvaluatorState::parseFrom);
  }

  /** The states, for those who only look. */
  ProfileStates states() {
    return new ProfileStates(
        () -> driver.getKeyValueStore(ProfileProcessor.PROFILES),
        metrics::partitions,
        _ -> driver.getKeyValueStore(ProfileProcessor.PROFILES),
        () -> wallMicros);
  }

  /** Whatever a test did: what was counted on the way is what there is. */
  private void compareSizes() {
    Map<String, Long> members = new TreeMap<>();
    var rest =
        states()
            .scan(
                ProfileStates.Position.FIRST,
                (_, state) -> {
                  state.getMembershipsList().stream()
                      .filter(held -> !ComputedKeys.isOne(held.getAudience()))
                      .forEach(held -> members.merge(held.getAudience(), 1L, Long::sum));
                  return true;
                });
    assertThat(rest).isEmpty();
    assertThat(metrics.sizesAreComplete()).isTrue();
    var counted = new TreeMap<String, Long>();
    for (String name : defined) {
      long size = metrics.size(name, wallMicros).members();
      if (size != 0) {
        counted.put(name, size);
      }
    }
    assertThat(counted).as("sizes of audiences").isEqualTo(members);
  }

  @Override
  public void close() {
    try {
      compareSizes();
    } finally {
      driver.close();
    }
  }
}
