package dev.attune.standalone;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.webhook.Deletions;
import dev.attune.core.webhook.WebhookStates;
import dev.attune.dispatcher.DispatcherConfig;
import dev.attune.dispatcher.DispatcherPart;
import dev.attune.dispatcher.api.WebhookEditsHttp;
import dev.attune.dispatcher.send.SealingKeys;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.embedded.EmbeddedRedis;
import dev.attune.embedded.NewerKafkaException;
import dev.attune.evaluator.EvaluatorConfig;
import dev.attune.evaluator.EvaluatorPart;
import dev.attune.platform.deadletter.DeadLetterLog;
import dev.attune.platform.deadletter.DeadLetterReplay;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.deadletter.DeadLettersHttp;
import dev.attune.platform.deadletter.KafkaDeadLetters;
import dev.attune.platform.definition.DefinitionsFeed;
import dev.attune.platform.definition.DefinitionsHttp;
import dev.attune.platform.definition.DefinitionsPublisher;
import dev.attune.platform.grpc.EventLoops;
import dev.attune.platform.grpc.GrpcServer;
import dev.attune.platform.grpc.GrpcServerConfig;
import dev.attune.platform.health.HealthHttp;
import dev.attune.platform.health.Metrics;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.platform.kafka.Topics;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.PortTakenException;
import dev.attune.platform.part.Readiness;
import dev.attune.platform.shutdown.Shutdown;
import dev.attune.profiles.NearCacheConfig;
import dev.attune.profiles.ProfileServiceConfig;
import dev.attune.profiles.ProfileServicePart;
import dev.attune.refresher.RefresherConfig;
import dev.attune.refresher.RefresherPart;
import dev.attune.refresher.rebuild.Rebuilds;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.store.near.NearCache;
import dev.attune.store.near.NearCacheSettings;
import dev.attune.store.redis.RedisAddress;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * All of Attune in this process: broker, store and the four services, as one machine would run
 * them. What is opened later is closed earlier, so that nothing loses what it still needs.
 */
public final class Standalone implements AutoCloseable {
  private static final String WORKSPACE = "attune";
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);
  private static final Duration PART_CLOSE_MAX = Duration.ofSeconds(15);
  // A broker that is cut off while it closes takes minutes to recover at the next start.
  private static final Duration BROKER_CLOSE_MAX = Duration.ofSeconds(30);

  private final Shutdown shutdown;
  private final List<Part> parts;
  private final DataDir data;
  private final StandaloneConfig.Ports ports;
  private final String host;
  private final StoreConfig store;

  private Standalone(
      Shutdown shutdown,
      List<Part> parts,
      DataDir data,
      StandaloneConfig.Ports ports,
      String host,
      StoreConfig store) {
    this.shutdown = shutdown;
    this.parts = List.copyOf(parts);
    this.data = data;
    this.ports = ports;
    this.host = host;
    this.store = store;
  }

  /**
   * Starts everything, and returns once each part is ready.
   *
   * @param data its folder, which is closed with it
   * @param steps hears what is being started
   * @throws Complaint when it cannot be; nothing is left running
   */
  public static Standalone start(StandaloneConfig config, DataDir data, Consumer<Step> steps)
      throws InterruptedException {
    var shutdown = new Shutdown();
    shutdown.add("data folder", data, CLOSE_MAX);
    try {
      return new Opening(config, data, steps, shutdown).open();
    } catch (DefinitionException e) {
      shutdown.close();
      throw StartComplaints.definitions(e);
    } catch (KafkaUnavailableException e) {
      shutdown.close();
      throw StartComplaints.kafka(e, data);
    } catch (Throwable e) {
      shutdown.close();
      throw e;
    }
  }

  /** Starts everything in the folder that the config names. */
  public static Standalone start(StandaloneConfig config) throws InterruptedException {
    return start(config, DataDir.open(config.dataDir()), _ -> {});
  }

  /** What is started, in this order. */
  public enum Step {
    REDIS("Redis"),
    KAFKA("Kafka"),
    DEFINITIONS("topics and definitions"),
    PARTS("the four services"),
    LISTENERS("gRPC and HTTP"),
    READY("waiting until every part is ready");

    private final String label;

    Step(String label) {
      this.label = label;
    }

    /** For people. */
    public String label() {
      return label;
    }
  }

  /** What HTTP and gRPC are bound to. */
  public String host() {
    return host;
  }

  /** Where profiles are kept. */
  public StoreConfig store() {
    return store;
  }

  /** The ports that the listeners really have. */
  public StandaloneConfig.Ports ports() {
    return ports;
  }

  /** Where its state is. */
  public DataDir data() {
    return data;
  }

  /** What the HTTP side is reached by, {@code http://host:port}. */
  public String url() {
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + ports.http();
  }

  /** The names of the parts that are not ready, with the reason. */
  public Map<String, String> notReady() {
    return notReady(parts);
  }

  private static Map<String, String> notReady(List<Part> parts) {
    Map<String, String> reasons = new LinkedHashMap<>();
    for (Part part : parts) {
      Readiness readiness = part.readiness();
      if (!readiness.ready()) {
        reasons.put(part.name(), readiness.reason());
      }
    }
    return reasons;
  }

  /** Drains and stops everything. */
  @Override
  public void close() {
    shutdown.close();
  }

  /** One way up. */
  private static final class Opening {
    private final StandaloneConfig config;
    private final DataDir data;
    private final Consumer<Step> steps;
    private final Shutdown shutdown;

    Opening(StandaloneConfig config, DataDir data, Consumer<Step> steps, Shutdown shutdown) {
      this.config = config;
      this.data = data;
      this.steps = steps;
      this.shutdown = shutdown;
    }

    Standalone open() throws InterruptedException {
      StandaloneConfig.Ports wanted = config.ports();
      PortCheck.requireFree("HTTP", config.host(), wanted.http(), "--http-port");
      PortCheck.requireFree("gRPC", config.host(), wanted.grpc(), "--grpc-port");
      PortCheck.requireFree("Kafka", "127.0.0.1", wanted.kafka(), "--kafka-port");

      RedisAddress redis = ownRedis();
      EmbeddedKafka broker = kafka();
      steps.accept(Step.DEFINITIONS);
      KafkaSettings kafka =
          new KafkaSettings(
              broker.bootstrapServers(), new Topics(WORKSPACE), (short) 1, config.partitions());
      KafkaTopics.ensure(kafka, START_MAX);

      Metrics metrics = shutdown.add("metrics", new Metrics(), CLOSE_MAX);
      var deadLetters = shutdown.add("dead letters", KafkaDeadLetters.create(kafka), CLOSE_MAX);
      var letterLog = shutdown.add("dead letter log", DeadLetterLog.start(kafka), CLOSE_MAX);
      var replay =
          shutdown.add(
              "dead letter replay",
              DeadLetterReplay.create(kafka, letterLog, InstantSource.system()),
              CLOSE_MAX);
      DefinitionsFeed feed = shutdown.add("definitions", DefinitionsFeed.start(kafka), CLOSE_MAX);
      feed.awaitLoaded(START_MAX);
      letterLog.awaitLoaded(START_MAX);

      EventLoops loops = shutdown.add("event loops", EventLoops.start(), CLOSE_MAX);
      Stores.Opened opened = Stores.open(config.store(), redis, loops.group());
      ProfileStore store = shutdown.add("store", opened.store(), CLOSE_MAX);
      Stores.requireUsable(config.store(), store);
      steps.accept(Step.PARTS);
      ProfileServicePart profiles = profiles(kafka, store, feed, metrics.registry());
      List<Part> parts = new ArrayList<>(List.of(profiles));
      RefresherPart refresher = refresher(kafka, store, feed, deadLetters, metrics.registry());
      parts.add(refresher);
      EvaluatorPart evaluator = evaluator(kafka, feed, deadLetters, metrics.registry());
      parts.add(evaluator);
      var publisher = new DefinitionsPublisher(kafka, feed, InstantSource.system());
      SealingKeys sealingKeys = sealingKeys();
      DispatcherPart dispatcher =
          dispatcher(kafka, feed, publisher, store, deadLetters, metrics.registry());
      parts.add(dispatcher);
      // Before anybody asks the store: nothing that it loses goes unheard, nobody finds it empty.
      opened.lostWrites().accept(refresher.rebuilds()::lostWrites);
      if (config.store().forgets()) {
        refresher.rebuilds().fill();
      }
      for (Part part : parts) {
        shutdown.add(part.name(), part, PART_CLOSE_MAX);
        part.start();
      }

      steps.accept(Step.LISTENERS);
      List<Consumer<HttpRouting.Builder>> routes = new ArrayList<>();
      routes.add(new HealthHttp(parts, () -> process(feed, letterLog)));
      routes.add(metrics);
      routes.add(new DefinitionsHttp(publisher, feed, InstantSource.system()));
      routes.add(new WebhookEditsHttp(publisher, sealingKeys, InstantSource.system()));
      routes.add(evaluator.previews(publisher));
      routes.add(new DeadLettersHttp(letterLog, replay));
      routes.add(dispatcher.replays(replay));
      parts.forEach(part -> routes.add(part::routes));
      GrpcServer grpc = grpc(profiles, refresher.rebuilds(), loops);
      HttpServer http = http(routes);

      steps.accept(Step.READY);
      awaitReady(parts, refresher.rebuilds());
      return new Standalone(
          shutdown,
          parts,
          data,
          new StandaloneConfig.Ports(http.port(), grpc.port(), broker.port(), redis.port()),
          config.host(),
          config.store());
    }

    private ProfileServicePart profiles(
        KafkaSettings kafka, ProfileStore store, DefinitionsFeed feed, MeterRegistry meters) {
      NearCacheConfig near = config.nearCache().orElseGet(config.store()::nearCache);
      ProfileServiceConfig service = ProfileServiceConfig.DEFAULT.withNearCache(near);
      if (near.isOff()) {
        return ProfileServicePart.create(store, feed, service, meters);
      }
      long heap = Runtime.getRuntime().maxMemory();
      if (near.bytesMax() > heap / 2) {
        throw new Complaint(
            "near_cache: %d megabytes are more than half of this process' heap of %d (-Xmx)."
                .formatted(near.bytesMax() >> 20, heap >> 20));
      }
      NearCache cache =
          NearCache.create(store, new NearCacheSettings(near.bytesMax(), near.ageMax()));
      return ProfileServicePart.create(store, cache, kafka, feed, service, meters);
    }

    private RefresherPart refresher(
        KafkaSettings kafka,
        ProfileStore store,
        DefinitionsFeed feed,
        DeadLetters deadLetters,
        MeterRegistry meters) {
      RefresherConfig refresher =
          RefresherConfig.of(data.state("refresher"), config.modelsRoot())
              .withDrivers(config.drivers().orElseGet(() -> data.state("drivers")))
              .withS3(config.s3())
              .withCollector(config.collector().withAnyKey(config.isLoopback()));
      return RefresherPart.create(
          kafka,
          store,
          feed,
          deadLetters,
          config.registry().map(refresher::withRegistry).orElse(refresher),
          meters);
    }

    private EvaluatorPart evaluator(
        KafkaSettings kafka, DefinitionsFeed feed, DeadLetters deadLetters, MeterRegistry meters) {
      return EvaluatorPart.create(
          kafka,
          feed,
          deadLetters,
          EvaluatorConfig.of(data.state("evaluator")).withInstanceId("standalone").withHistory(),
          meters);
    }

    private DispatcherPart dispatcher(
        KafkaSettings kafka,
        DefinitionsFeed feed,
        WebhookStates states,
        ProfileStore store,
        DeadLetters deadLetters,
        MeterRegistry meters) {
      return DispatcherPart.create(
          kafka,
          feed,
          states,
          store,
          Deletions.NONE,
          deadLetters,
          DispatcherConfig.of(data.state("dispatcher"), Version.TEXT)
              .withAllow(List.copyOf(config.webhooksAllow()))
              .withHoldAbove(config.webhooksHoldAbove())
              .withProxy(config.webhooksProxy()),
          meters);
    }

    private static SealingKeys sealingKeys() {
      try {
        return SealingKeys.ofProcess();
      } catch (IllegalArgumentException e) {
        throw new Complaint(e.getMessage() + ".", e);
      }
    }

    private static Map<String, Object> process(DefinitionsFeed feed, DeadLetterLog letters) {
      Map<String, Object> process = new LinkedHashMap<>();
      process.put("version", Version.TEXT);
      process.put("definitions", feed.current().version());
      feed.lastProblem().ifPresent(problem -> process.put("definitions refused", problem));
      if (!feed.current().outdated().isEmpty()) {
        process.put(
            "definitions to be changed",
            String.join(", ", new TreeSet<>(feed.current().outdated().keySet())));
      }
      process.put("dead letters open", letters.open());
      return process;
    }

    private GrpcServer grpc(ProfileServicePart profiles, Rebuilds rebuilds, EventLoops loops) {
      GrpcServerConfig defaults = GrpcServerConfig.onPort(config.ports().grpc());
      try {
        return shutdown.add(
            "gRPC",
            GrpcServer.start(
                new GrpcServerConfig(
                    config.host(),
                    defaults.port(),
                    defaults.messageBytesMax(),
                    defaults.callsPerConnectionMax(),
                    defaults.connectionAgeMax(),
                    config.drain()),
                List.of(profiles.grpc()),
                () -> lookups(profiles, rebuilds),
                loops.group()),
            config.drain().plus(CLOSE_MAX));
      } catch (PortTakenException e) {
        throw PortCheck.taken("gRPC", e.port(), "--grpc-port", e);
      }
    }

    // From a store that is not filled yet, nobody would be what somebody is.
    private static Readiness lookups(ProfileServicePart profiles, Rebuilds rebuilds) {
      String filling = rebuilds.fillTrouble();
      return filling.isEmpty() ? profiles.readiness() : Readiness.notReady(filling);
    }

    private HttpServer http(List<Consumer<HttpRouting.Builder>> routes) {
      HttpServerConfig defaults = HttpServerConfig.onPort(config.ports().http());
      try {
        return shutdown.add(
            "HTTP",
            HttpServer.start(
                new HttpServerConfig(
                    config.host(),
                    defaults.port(),
                    defaults.connectionsMax(),
                    defaults.concurrencyMax(),
                    defaults.headersBytesMax(),
                    defaults.idleTimeout(),
                    config.drain()),
                routes),
            config.drain().plus(CLOSE_MAX));
      } catch (PortTakenException e) {
        throw PortCheck.taken("HTTP", e.port(), "--http-port", e);
      }
    }

    /** Where our own Redis listens; of no meaning when profiles are kept elsewhere. */
    private RedisAddress ownRedis() {
      int port = config.ports().redis();
      if (!(config.store() instanceof StoreConfig.OwnRedis)) {
        return new RedisAddress("127.0.0.1", Math.max(1, port));
      }
      steps.accept(Step.REDIS);
      try {
        EmbeddedRedis redis =
            shutdown.add("Redis", EmbeddedRedis.start(data.redis(), port), BROKER_CLOSE_MAX);
        return new RedisAddress(redis.host(), redis.port());
      } catch (dev.attune.embedded.PortTakenException e) {
        throw PortCheck.taken("Redis", port, "--redis-port", e);
      }
    }

    private EmbeddedKafka kafka() {
      steps.accept(Step.KAFKA);
      int port = config.ports().kafka();
      try {
        return shutdown.add("Kafka", EmbeddedKafka.start(data.kafka(), port), BROKER_CLOSE_MAX);
      } catch (dev.attune.embedded.PortTakenException e) {
        throw PortCheck.taken("Kafka", port, "--kafka-port", e);
      } catch (NewerKafkaException e) {
        throw new Complaint(String.valueOf(e.getMessage()), e);
      }
    }

    private void awaitReady(List<Part> parts, Rebuilds rebuilds) throws InterruptedException {
      long deadline = System.nanoTime() + START_MAX.toNanos();
      while (!notReady(parts).isEmpty()) {
        if (rebuilds.isFilling()) {
          // As long as the log takes, whose silence has a limit of its own.
          deadline = System.nanoTime() + START_MAX.toNanos();
        }
        if (System.nanoTime() > deadline || rebuilds.isFillFailed()) {
          throw new Complaint(
              "not ready within " + START_MAX.toSeconds() + " s: " + notReady(parts) + ".");
        }
        Thread.sleep(20);
      }
    }
  }
}
