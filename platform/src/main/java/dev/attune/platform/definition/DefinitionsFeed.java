package dev.attune.platform.definition;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.platform.kafka.TopicFollower;
import dev.attune.proto.v1.Definition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The definitions as their topic has them. One apply is one transaction, and a set is checked only
 * once all that was committed has been read, so that nobody ever sees half an apply.
 *
 * <p>A set that cannot be taken changes nothing: the last good one stays in force.
 */
public final class DefinitionsFeed implements DefinitionsSource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DefinitionsFeed.class);

  private final List<Consumer<Definitions>> listeners = new CopyOnWriteArrayList<>();
  private final TopicFollower follower;
  private volatile State state = new State(Definitions.NONE, 0, Map.of(), false, null);

  /**
   * @param position up to which the topic was read
   * @param stored as the topic has them, by {@code kind/id}
   * @param loaded a set has been taken
   * @param problem why the stored set could not be taken
   */
  private record State(
      Definitions current,
      long position,
      Map<String, Definition> stored,
      boolean loaded,
      @Nullable String problem) {}

  private DefinitionsFeed(KafkaSettings settings) {
    this.follower =
        TopicFollower.start(settings, settings.topics().definitions(), new TopicReader());
  }

  /** Begins to follow; {@link #awaitLoaded} says when the first set is there. */
  public static DefinitionsFeed start(KafkaSettings settings) {
    return new DefinitionsFeed(settings);
  }

  @Override
  public Definitions current() {
    return state.current();
  }

  @Override
  public long position() {
    return state.position();
  }

  @Override
  public void onChange(Consumer<Definitions> listener) {
    listeners.add(listener);
  }

  /** Why the newest set is not in force; empty when it is. One sentence. */
  public Optional<String> lastProblem() {
    return Optional.ofNullable(state.problem());
  }

  /**
   * Waits for the first set: there may be no definition in it.
   *
   * @throws KafkaUnavailableException when the topic could not be read in time
   * @throws DefinitionException when it was read and cannot be taken: going on without definitions
   *     would make everybody leave their audiences
   */
  public void awaitLoaded(Duration timeout) throws InterruptedException {
    awaitOffset(0, timeout);
    State now = state;
    if (!now.loaded()) {
      throw new DefinitionException("the stored definitions cannot be taken: " + now.problem());
    }
  }

  /** Waits until everything committed before an offset is in force, or is {@link #lastProblem}. */
  void awaitOffset(long offset, Duration timeout) throws InterruptedException {
    if (!follower.awaitOffset(offset, timeout)) {
      throw new KafkaUnavailableException(
          "the definitions were not read within " + timeout.toSeconds() + " s");
    }
  }

  /** What the topic has, by {@code kind/id}, whether or not it can be taken. */
  Map<String, Definition> stored() {
    return state.stored();
  }

  @Override
  public void close() {
    follower.close();
  }

  private final class TopicReader implements TopicFollower.Reader {
    private final Map<String, Definition> read = new TreeMap<>();

    @Override
    public void restart() {
      read.clear();
    }

    @Override
    public void record(ConsumerRecord<byte[], byte[]> record) {
      if (record.key() == null) {
        return;
      }
      String key = new String(record.key(), StandardCharsets.UTF_8);
      if (record.value() == null) {
        read.remove(key);
        return;
      }
      try {
        read.put(key, Definition.parseFrom(record.value()));
      } catch (InvalidProtocolBufferException e) {
        LOG.error("the record at offset {} is no definition and is left out", record.offset(), e);
      }
    }

    @Override
    public void caughtUp(long position) {
      Map<String, Definition> stored = Map.copyOf(read);
      State before = state;
      try {
        Definitions taken = Definitions.ofStored(read.values());
        state = new State(taken, position, stored, true, null);
        LOG.info("definitions of version {} are in force: {}", taken.version(), stored.size());
        taken
            .outdated()
            .forEach((key, why) -> LOG.warn("{} would be refused by an apply: {}", key, why));
        listeners.forEach(listener -> tell(listener, taken));
      } catch (DefinitionException e) {
        String problem = String.valueOf(e.getMessage());
        state = new State(before.current(), before.position(), stored, before.loaded(), problem);
        LOG.error("definitions are not taken, those before stay in force: {}", problem);
      }
    }

    @Override
    public void moved(long position) {
      State before = state;
      state =
          new State(before.current(), position, before.stored(), before.loaded(), before.problem());
    }

    private void tell(Consumer<Definitions> listener, Definitions taken) {
      try {
        listener.accept(taken);
      } catch (RuntimeException e) {
        LOG.error("a listener failed on definitions of version {}", taken.version(), e);
      }
    }
  }
}
