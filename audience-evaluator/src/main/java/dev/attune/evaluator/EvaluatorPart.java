package dev.attune.evaluator;

import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.definition.DefinitionsPreview;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.CommitPace;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.Readiness;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The evaluator: reads changes of profiles, writes who entered and who left which audience.
 *
 * <p>Its topics must be there, and the definitions must have been read, before it starts: without
 * definitions everybody would leave their audiences.
 */
public final class EvaluatorPart implements Part {
  private static final Logger LOG = LoggerFactory.getLogger(EvaluatorPart.class);
  private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(10);
  private static final int CAUSES_MAX = 20;
  private static final Duration REPLACE_PAUSE = Duration.ofMillis(500);

  private final KafkaStreams streams;
  private final DefinitionsSource definitions;
  private final CurrentAudiences audiences;
  private final EvaluatorMetrics metrics;
  private final InstantSource wall;
  private final KafkaSettings kafka;
  private final AtomicLong replacedThreads = new AtomicLong();
  private volatile String lastFailure = "";

  private EvaluatorPart(
      KafkaSettings kafka,
      DefinitionsSource definitions,
      DeadLetters deadLetters,
      EvaluatorConfig config,
      InstantSource wall,
      MeterRegistry registry) {
    this.definitions = definitions;
    this.audiences = new CurrentAudiences(definitions);
    this.metrics = new EvaluatorMetrics(registry);
    this.wall = wall;
    this.kafka = kafka;
    var paces = new CommitPace.OfThreads(ProfileProcessor.TICK);
    Topology topology =
        EvaluatorTopology.build(
            kafka.topics(),
            () ->
                new ProfileProcessor(
                    audiences,
                    config.awaitsHistory(),
                    config.clock(),
                    wall,
                    kafka.topics(),
                    deadLetters,
                    metrics,
                    paces));
    this.streams = new KafkaStreams(topology, StreamsSettings.of(kafka, config));
    streams.setUncaughtExceptionHandler(this::failed);
    streams.setGlobalStateRestoreListener(new Restores(registry));
    Gauge.builder("attune.evaluator.lag.records", this, EvaluatorPart::lag)
        .description("Records that wait in its partitions, as of each one's last fetch")
        .register(registry);
    Gauge.builder("attune.evaluator.stores.lag.records", this, EvaluatorPart::storesLag)
        .description("Records of changelogs that the copies it keeps for others lack")
        .register(registry);
  }

  /** An evaluator on the system's clock. It begins to work when started. */
  public static EvaluatorPart create(
      KafkaSettings kafka,
      DefinitionsSource definitions,
      DeadLetters deadLetters,
      EvaluatorConfig config,
      MeterRegistry registry) {
    return new EvaluatorPart(
        kafka, definitions, deadLetters, config, InstantSource.system(), registry);
  }

  @Override
  public String name() {
    return "audience-evaluator";
  }

  @Override
  public void start() {
    streams.start();
  }

  @Override
  public Readiness readiness() {
    KafkaStreams.State state = streams.state();
    if (state == KafkaStreams.State.RUNNING) {
      return Readiness.READY;
    }
    // REBALANCING lasts until every store is restored.
    return Readiness.notReady(
        "the evaluator is " + state + (lastFailure.isEmpty() ? "" : " after " + lastFailure));
  }

  @Override
  public Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("state", streams.state().name());
    status.put("lag", lag());
    long watermark = metrics.watermarkMicros();
    status.put("watermark age ms", watermark == 0 ? "unknown" : wall.millis() - watermark / 1_000);
    status.put("audiences", audiences.get().audiences().size());
    status.put("entered", metrics.enteredCount());
    status.put("exited", metrics.exitedCount());
    status.put("rejected", metrics.rejectedCount());
    status.put("replaced threads", replacedThreads.get());
    return status;
  }

  @Override
  public void routes(HttpRouting.Builder http) {
    new AudiencesHttp(audiences, metrics, () -> readiness().ready(), this::now, this::wallMicros)
        .routes(http);
    new ExplainHttp(audiences, metrics, states(), this::wallMicros).routes(http);
    new MembersHttp(
            audiences,
            metrics,
            states(),
            new LongLook("somebody else is reading members; try again"),
            this::wallMicros)
        .routes(http);
  }

  /**
   * The route that says who would enter and leave if files of definitions were applied.
   *
   * @param preview says what the files would make of the definitions
   */
  public Consumer<HttpRouting.Builder> previews(DefinitionsPreview preview) {
    return new PreviewHttp(
            definitions,
            preview,
            states(),
            new ChangesLog(kafka, wall),
            metrics,
            kafka.partitions())
        ::routes;
  }

  private ProfileStates states() {
    StoreQueryParameters<ReadOnlyKeyValueStore<String, byte[]>> all =
        StoreQueryParameters.fromNameAndType(
            ProfileProcessor.PROFILES, QueryableStoreTypes.keyValueStore());
    return new ProfileStates(
        () -> profiles(all),
        this::partitions,
        partition -> profiles(all.withPartition(partition)),
        this::now);
  }

  // While some are restored it is not known who is in them.
  private SortedSet<Integer> partitions() {
    if (streams.state() != KafkaStreams.State.RUNNING) {
      throw new InvalidStateStoreException("the evaluator is " + streams.state());
    }
    return metrics.partitions();
  }

  private ReadOnlyKeyValueStore<String, byte[]> profiles(
      StoreQueryParameters<ReadOnlyKeyValueStore<String, byte[]>> which) {
    if (!streams.state().isRunningOrRebalancing()) {
      throw new InvalidStateStoreException("the evaluator is " + streams.state());
    }
    return streams.store(which);
  }

  // Of all partitions the one that is furthest behind.
  private long now() {
    long watermark = metrics.watermarkMicros();
    return watermark == Now.UNKNOWN ? Now.UNKNOWN : Math.min(watermark, wallMicros());
  }

  private long wallMicros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, wall.instant());
  }

  @Override
  public void close() {
    if (!streams.close(CLOSE_WAIT_MAX)) {
      LOG.warn("the evaluator did not stop within {} s", CLOSE_WAIT_MAX.toSeconds());
    }
  }

  // Records that wait in its partitions, as of each partition's last fetch; commit markers count as
  // records.
  private long lag() {
    return lag(false);
  }

  // The same of the changelogs that copies are read from.
  private long storesLag() {
    return lag(true);
  }

  private long lag(boolean ofStores) {
    return streams.metrics().entrySet().stream()
        .filter(
            entry ->
                entry.getKey().name().equals("records-lag")
                    && entry.getKey().tags().containsKey("partition")
                    && isOfStores(entry.getKey()) == ofStores)
        .map(entry -> entry.getValue().metricValue())
        .filter(Number.class::isInstance)
        .mapToDouble(value -> ((Number) value).doubleValue())
        .filter(value -> value > 0)
        .mapToLong(value -> (long) value)
        .sum();
  }

  private static boolean isOfStores(MetricName metric) {
    return metric.tags().getOrDefault("client-id", "").endsWith("restore-consumer");
  }

  private StreamThreadExceptionResponse failed(Throwable failure) {
    Throwable root = failure;
    for (int depth = 0; depth < CAUSES_MAX && root.getCause() != null; depth++) {
      root = root.getCause();
    }
    lastFailure = root.getClass().getSimpleName();
    if (root instanceof VirtualMachineError) {
      LOG.error("the evaluator stops", failure);
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }
    LOG.error("a thread of the evaluator failed and is replaced", failure);
    replacedThreads.incrementAndGet();
    try {
      // The dying thread waits, so that a lasting failure does not spin.
      Thread.sleep(REPLACE_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return StreamThreadExceptionResponse.REPLACE_THREAD;
  }
}
