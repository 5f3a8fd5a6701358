package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.VIEWS;
import static dev.attune.evaluator.Changes.definitions;
import static dev.attune.evaluator.Changes.live;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.CommitPace;
import dev.attune.platform.kafka.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the evaluator asks for a commit before its interval is over. */
final class CommitsTest {
  private static final String PROFILE = "a".repeat(32);

  private final CommitPace.OfThreads paces = new CommitPace.OfThreads(ProfileProcessor.TICK);
  private Instant now = Instant.ofEpochMilli(Rig.START / 1_000);

  @TempDir Path directory;
  private MockProcessorContext<String, byte[]> context;
  private ProfileProcessor processor;
  private int version = 10;

  @BeforeEach
  void open() {
    context = context(0);
    processor = open(context);
    // The first walk ends, and with it what it wrote.
    tick();
    context.resetCommit();
  }

  private MockProcessorContext<String, byte[]> context(int partition) {
    return new MockProcessorContext<>(properties(), new TaskId(0, partition), directory.toFile());
  }

  private ProfileProcessor open(MockProcessorContext<String, byte[]> of) {
    store(of, ProfileProcessor.PROFILES, Serdes.String());
    store(of, ProfileProcessor.META, Serdes.String());
    store(of, ProfileProcessor.TIMERS, Serdes.Bytes());
    store(of, ProfileProcessor.GROUPS, Serdes.String());
    Definitions definitions = definitions(7, VIEWS);
    var opened =
        new ProfileProcessor(
            new CurrentAudiences(always(definitions)),
            false,
            EvaluatorConfig.Clock.WALL,
            () -> now,
            new Topics("attune"),
            CompletableFuture::completedFuture,
            new EvaluatorMetrics(new SimpleMeterRegistry()),
            paces);
    opened.init(of);
    return opened;
  }

  private static Properties properties() {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1");
    return properties;
  }

  private static DefinitionsSource always(Definitions definitions) {
    return new DefinitionsSource() {
      @Override
      public Definitions current() {
        return definitions;
      }

      @Override
      public long position() {
        return Long.MAX_VALUE;
      }

      @Override
      public void onChange(Consumer<Definitions> listener) {}
    };
  }

  private static <K> void store(
      MockProcessorContext<String, byte[]> of, String name, Serde<K> keys) {
    KeyValueStore<K, byte[]> store =
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), keys, Serdes.ByteArray())
            .withLoggingDisabled()
            .build();
    store.init(of.getStateStoreContext(), store);
  }

  private void tick() {
    now = now.plus(ProfileProcessor.TICK);
    punctuate(context);
  }

  private void punctuate(MockProcessorContext<String, byte[]> of) {
    of.scheduledPunctuators().stream()
        .filter(punctuator -> punctuator.getType() == PunctuationType.WALL_CLOCK_TIME)
        .forEach(punctuator -> punctuator.getPunctuator().punctuate(now.toEpochMilli()));
  }

  /** A change of a profile that was written so long ago. */
  private void change(int version, long millisAgo) {
    processor.process(
        new Record<>(
            PROFILE,
            live(PROFILE, version, Map.of(), List.of()).toByteArray(),
            now.toEpochMilli() - millisAgo));
  }

  @Test
  void keepingUp_asksAtTheNextTick_once() {
    change(1, 20);
    assertThat(context.committed()).isFalse();
    tick();
    assertThat(context.committed()).isTrue();
    context.resetCommit();
    tick();
    assertThat(context.committed()).as("nothing happened since").isFalse();
  }

  @Test
  void late_asksTheMoreSeldomTheLaterTheyAre() {
    assertThat(ticksBetweenCommits(100)).as("a tick is half of that").isEqualTo("1 1 1 1 1");
    assertThat(ticksBetweenCommits(200)).isEqualTo("1 2 2 2 2");
    assertThat(ticksBetweenCommits(900)).as("as seldom as it may be").isEqualTo("2 3 3 3 3");
    assertThat(ticksBetweenCommits(20)).as("at once, when none is late").isEqualTo("3 1 1 1 1");
  }

  @Test
  void farBehind_leavesItToTheInterval_andIsSoonBackAtEveryTick() {
    for (int i = 0; i < 20; i++) {
      change(++version, 5_000);
      tick();
    }
    assertThat(context.committed()).isFalse();
    // The last of them are told apart from the fresh ones by the next look only.
    assertThat(ticksBetweenCommits(20)).isEqualTo("5 1 1 1 1");
  }

  // Kafka Streams commits all tasks of a thread when one of them asks.
  @Test
  void tasksOfAThread_askOnceForBoth() {
    var other = context(1);
    open(other);
    change(1, 20);
    tick();
    punctuate(other);
    assertThat(context.committed()).isTrue();
    assertThat(other.committed()).isFalse();
    change(2, 20);
    context.resetCommit();
    now = now.plus(ProfileProcessor.TICK);
    punctuate(other);
    punctuate(context);
    assertThat(other.committed()).as("the one that looks first asks").isTrue();
    assertThat(context.committed()).isFalse();
  }

  /** Of five commits, while each tick brings a record of an age. */
  private String ticksBetweenCommits(long millisAgo) {
    var ticks = new StringJoiner(" ");
    for (int i = 0; i < 5; i++) {
      int waited = 0;
      context.resetCommit();
      while (!context.committed()) {
        assertThat(++waited).as("ticks without a commit").isLessThan(100);
        change(++version, millisAgo);
        tick();
      }
      ticks.add(String.valueOf(waited));
    }
    return ticks.toString();
  }

  @Test
  void nothingWritten_needsNoCommit() {
    processor.process(
        new Record<>(
            "~watermark/0", Changes.watermark(0, 2, Rig.START).toByteArray(), now.toEpochMilli()));
    tick();
    assertThat(context.committed()).isFalse();
  }
}
