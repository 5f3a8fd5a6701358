package dev.attune.refresher.stream;

import dev.attune.core.stream.StreamDefinition;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.refresher.consume.BatchConsumer;
import dev.attune.refresher.event.EventLog;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads users' own topics as the definitions in force say it, each with a consumer and a group of
 * its own: one whose registry is away, or that has much to catch up with, keeps no other waiting.
 * Starts and stops them as definitions and topics come and go.
 */
public final class Streams implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Streams.class);
  private static final long EVERY_MILLIS = 1_000;
  private static final Duration ADMIN_TIMEOUT = Duration.ofSeconds(10);

  /** Of each stream: there may be {@value StreamDefinition#STREAMS_MAX}. */
  private static final int FETCH_BYTES_MAX = 2 << 20;

  private final KafkaSettings settings;
  private final DefinitionsSource definitions;
  private final EventLog log;
  private final DeadLetters deadLetters;
  private final Masking masking;
  private final MeterRegistry meters;
  private final InstantSource clock;
  private final Admin admin;
  private final TopicStarts starts;
  private final RecordReaders readers;
  private final Map<String, Running> running = new ConcurrentHashMap<>();
  private final Map<String, String> waiting = new ConcurrentHashMap<>();
  // Streams that were wanted while their topic was missing. Of the timer's thread alone.
  private final Set<String> early = new HashSet<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("streams").factory());

  private record Running(
      String topic, BatchConsumer consumer, StreamProgress progress, Gauge lag) {}

  /**
   * Streams that read nothing before they are started.
   *
   * @param registry of the schemas of records that are not JSON, if there is one
   */
  public Streams(
      KafkaSettings settings,
      DefinitionsSource definitions,
      Optional<RegistryConfig> registry,
      DeadLetters deadLetters,
      Masking masking,
      InstantSource clock,
      MeterRegistry meters) {
    this.readers = new RecordReaders(registry);
    this.settings = settings;
    this.definitions = definitions;
    this.deadLetters = deadLetters;
    this.masking = masking;
    this.clock = clock;
    this.meters = meters;
    this.log = EventLog.forStreams(settings);
    this.admin = KafkaClients.admin(settings, "attune-streams-admin");
    this.starts = new TopicStarts(admin, ADMIN_TIMEOUT);
  }

  /** Reads from now on. */
  public void start() {
    var _ = timer.scheduleWithFixedDelay(this::look, 0, EVERY_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      follow(definitions.current().streams());
    } catch (RuntimeException e) {
      // The next look must take place.
      LOG.warn("the streams cannot be followed at the moment", e);
    }
  }

  private void follow(Map<String, StreamDefinition> wanted) {
    running.forEach(
        (name, one) -> {
          StreamDefinition now = wanted.get(name);
          if (now == null || !now.topic().equals(one.topic())) {
            stop(name);
          }
        });
    waiting.keySet().retainAll(wanted.keySet());
    early.removeIf(key -> wanted.values().stream().noneMatch(stream -> key(stream).equals(key)));
    if (wanted.isEmpty()) {
      return;
    }
    Map<String, Integer> partitions;
    try {
      partitions =
          starts.partitions(
              wanted.values().stream().map(StreamDefinition::topic).distinct().toList());
    } catch (KafkaUnavailableException e) {
      wanted.keySet().stream()
          .filter(name -> !running.containsKey(name))
          .forEach(name -> waiting.put(name, "Kafka does not answer"));
      return;
    }
    wanted.values().forEach(stream -> follow(stream, partitions.getOrDefault(stream.topic(), 0)));
  }

  private void follow(StreamDefinition stream, int partitions) {
    String name = stream.name();
    if (settings.topics().owns(stream.topic())) {
      waiting.put(name, "the topic " + stream.topic() + " is one of Attune's own");
      return;
    }
    if (partitions == 0) {
      stop(name);
      early.add(key(stream));
      if (!wait(stream).equals(waiting.put(name, wait(stream)))) {
        LOG.warn("the stream {} waits: {}", name, wait(stream));
      }
      return;
    }
    if (running.containsKey(name)) {
      return;
    }
    try {
      begin(stream, partitions);
      waiting.remove(name);
      early.remove(key(stream));
    } catch (KafkaUnavailableException e) {
      waiting.put(name, "Kafka does not answer");
      LOG.debug("the stream {} cannot begin yet", name, e);
    }
  }

  private static String wait(StreamDefinition stream) {
    return "there is no topic " + stream.topic();
  }

  private static String key(StreamDefinition stream) {
    return stream.name() + "/" + stream.topic();
  }

  private void begin(StreamDefinition stream, int partitions) {
    String name = stream.name();
    String group = settings.topics().group("streams." + name);
    if (stream.start() == StreamDefinition.Start.LATEST) {
      starts.beginAtEnd(group, stream.topic(), partitions, early.contains(key(stream)));
    }
    StreamProgress progress = new StreamProgress(name, meters);
    BatchConsumer consumer =
        new BatchConsumer(
            settings,
            stream.topic(),
            group,
            "stream-" + name,
            new StreamHandler(
                stream, definitions::current, log, deadLetters, masking, clock, readers, progress),
            FETCH_BYTES_MAX);
    Gauge lag =
        Gauge.builder("attune.streams.lag", consumer, one -> Math.max(0, one.lag()))
            .description("Records of a user's own topic that wait; worry when it only grows")
            .tag("stream", name)
            .tag("topic", stream.topic())
            .register(meters);
    running.put(name, new Running(stream.topic(), consumer, progress, lag));
    consumer.start();
    LOG.info("the stream {} reads the topic {}", name, stream.topic());
  }

  private void stop(String name) {
    Running one = running.remove(name);
    if (one != null) {
      one.consumer().close();
      meters.remove(one.lag());
      LOG.info("the stream {} reads the topic {} no more", name, one.topic());
    }
  }

  /** Each stream of the definitions in force, and how it does, in a few words. */
  public Map<String, String> status() {
    Map<String, String> status = new LinkedHashMap<>();
    for (String name : new TreeMap<>(definitions.current().streams()).keySet()) {
      Running one = running.get(name);
      status.put(name, one == null ? waiting(name) : text(one));
    }
    return status;
  }

  private String waiting(String name) {
    return "waits: " + waiting.getOrDefault(name, "it has not begun yet");
  }

  private static String text(Running one) {
    BatchConsumer consumer = one.consumer();
    String state = consumer.isAssigned() ? "up" : "joins its group";
    return (consumer.trouble().isEmpty() ? state : "waits: " + consumer.trouble())
        + " ("
        + Math.max(0, consumer.lag())
        + " waiting, "
        + (one.progress().newest().equals(Instant.EPOCH)
            ? "no record yet"
            : "last record of " + one.progress().newest().truncatedTo(ChronoUnit.SECONDS))
        + ", "
        + one.progress().deadLetters()
        + " dead letters)";
  }

  @Override
  public void close() {
    timer.shutdownNow();
    try {
      // A look that is under way must not start what is being stopped.
      if (!timer.awaitTermination(ADMIN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("the streams' timer did not end within {} s", ADMIN_TIMEOUT.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List.copyOf(running.keySet()).forEach(this::stop);
    admin.close(Duration.ofSeconds(2));
    log.close();
  }
}
