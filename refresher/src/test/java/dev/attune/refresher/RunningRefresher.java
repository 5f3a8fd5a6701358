package dev.attune.refresher;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.http.Json;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.refresher.event.EventLog;
import dev.attune.refresher.stream.RegistryConfig;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import dev.attune.testkit.Await;
import dev.attune.testkit.KafkaBackend;
import dev.attune.testkit.RedisBackend;
import io.lettuce.core.RedisClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** A refresher with topics, keys and an HTTP port of its own. */
final class RunningRefresher implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final List<DeadLetter> deadLetters = new CopyOnWriteArrayList<>();
  final KafkaSettings kafka;
  final RedisProfileStore store;
  private final RedisBackend redis;
  private final Path stateDir;
  private final CollectorConfig collector;
  private final Optional<RegistryConfig> registry;
  private final List<java.util.function.Consumer<Definitions>> listeners =
      new CopyOnWriteArrayList<>();
  private final DefinitionsSource source = new Changing();
  private volatile Definitions definitions;
  private volatile RefresherPart part;
  private HttpServer http;
  private final HttpClient client = HttpClient.newHttpClient();

  RunningRefresher(RedisBackend redis, Path stateDir) {
    this(redis, stateDir, Definitions.NONE);
  }

  RunningRefresher(RedisBackend redis, Path stateDir, Definitions definitions) {
    this(
        redis,
        stateDir,
        KafkaBackend.shared().bootstrapServers(),
        CollectorConfig.OPEN,
        definitions,
        Optional.empty());
  }

  /** With a schema registry. */
  RunningRefresher(RedisBackend redis, Path stateDir, RegistryConfig registry) {
    this(
        redis,
        stateDir,
        KafkaBackend.shared().bootstrapServers(),
        CollectorConfig.OPEN,
        Definitions.NONE,
        Optional.of(registry));
  }

  RunningRefresher(
      RedisBackend redis, Path stateDir, String bootstrapServers, CollectorConfig collector) {
    this(redis, stateDir, bootstrapServers, collector, Definitions.NONE, Optional.empty());
  }

  private RunningRefresher(
      RedisBackend redis,
      Path stateDir,
      String bootstrapServers,
      CollectorConfig collector,
      Definitions definitions,
      Optional<RegistryConfig> registry) {
    this.registry = registry;
    this.collector = collector;
    this.definitions = definitions;
    String prefix = "it-" + UUID.randomUUID();
    kafka = KafkaSettings.local(bootstrapServers).withTopics(new Topics(prefix));
    KafkaTopics.ensure(kafka, TIMEOUT);
    this.redis = redis;
    this.stateDir = stateDir;
    store = RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), prefix));
    part = create();
    // As the standalone does it.
    store.onLostWrites(lost -> part.rebuilds().lostWrites(lost.since()));
    http = serve(part);
  }

  private RefresherPart create() {
    RefresherConfig config = RefresherConfig.of(stateDir, stateDir).withCollector(collector);
    return RefresherPart.create(
        kafka,
        store,
        source,
        letter -> {
          deadLetters.add(letter);
          return CompletableFuture.completedFuture(null);
        },
        registry.map(config::withRegistry).orElse(config),
        meters);
  }

  private static HttpServer serve(RefresherPart part) {
    part.start();
    HttpServer http = HttpServer.start(HttpServerConfig.onPort(0), List.of(part::routes));
    Await.until(TIMEOUT, "the refresher is not ready", () -> part.readiness().ready());
    return http;
  }

  /** As if other definitions had been applied. */
  void define(Definitions applied) {
    definitions = applied;
    listeners.forEach(listener -> listener.accept(applied));
  }

  /** What {@code ./attune status} shows of it. */
  Map<String, Object> status() {
    return part.status();
  }

  private final class Changing implements DefinitionsSource {
    @Override
    public Definitions current() {
      return definitions;
    }

    @Override
    public long position() {
      return Long.MAX_VALUE;
    }

    @Override
    public void onChange(java.util.function.Consumer<Definitions> listener) {
      listeners.add(listener);
    }
  }

  /** Stops the refresher and does something before another one starts in its place. */
  void restart(Runnable between) {
    http.close();
    part.close();
    listeners.clear();
    between.run();
    part = create();
    http = serve(part);
  }

  /** Stops the refresher and starts another one in its place. */
  void restart() {
    restart(() -> {});
  }

  /** Makes Redis forget everything, as a wrong command or a lost disk does. */
  void flushStore() {
    try (RedisClient client = RedisClient.create(redis.uri())) {
      client.connect().sync().flushall();
    }
  }

  /** Makes Redis forget every profile, and keep the rest. */
  void forgetProfiles() {
    try (RedisClient client = RedisClient.create(redis.uri())) {
      var commands = client.connect().sync();
      commands.keys(kafka.topics().prefix() + ":p:*").forEach(commands::del);
    }
  }

  /** Appends what the collector may not have let through. */
  WriteToken append(String key, String event) {
    try (EventLog log = EventLog.create(kafka)) {
      RecordMetadata where =
          log.append(key, event.getBytes(StandardCharsets.UTF_8), Map.of())
              .toCompletableFuture()
              .join();
      return new WriteToken(new TreeMap<>(Map.of(where.partition(), where.offset())));
    }
  }

  /** Whether one of a token's events was rejected, as a lookup asks once it is passed. */
  boolean isRejected(WriteToken token) {
    return ProgressReader.of(store).anyRejected(token, TIMEOUT).toCompletableFuture().join();
  }

  /** Whether a lookup takes the token's events for handled. */
  boolean isHandled(WriteToken token) {
    Map<Integer, Long> handled =
        ProgressReader.of(store)
            .handled(token.lastOffsets().keySet(), TIMEOUT)
            .toCompletableFuture()
            .join();
    return token.lastOffsets().entrySet().stream()
        .allMatch(last -> handled.getOrDefault(last.getKey(), -1L) >= last.getValue());
  }

  /** Says in the store's marks what a refresher says that begins to merge what was lost. */
  void markLost(Instant now) {
    store
        .raiseMarks(
            Map.of(ProgressReader.LOST, now.toEpochMilli() * 1_000), Duration.ofHours(1), TIMEOUT)
        .toCompletableFuture()
        .join();
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + http.port() + path);
  }

  HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path))
            .timeout(TIMEOUT)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    body.replace('\'', '"'), StandardCharsets.UTF_8))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** As an operator's program does it. */
  HttpResponse<String> operate(String method, String path, String body) {
    return client
        .sendAsync(
            HttpRequest.newBuilder(uri(path))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .join();
  }

  /** As a store says it after a failover. */
  void lostWrites(Instant since) {
    part.rebuilds().lostWrites(since);
  }

  /** The profile of an identifier; empty while there is none or the store is away. */
  Optional<Profile> profile(String namespace, String value) {
    try {
      return store.find(new Identifier(namespace, value), TIMEOUT).toCompletableFuture().join()
              instanceof LookupResult.Found found
          ? Optional.of(found.served().profile())
          : Optional.empty();
    } catch (CompletionException e) {
      return Optional.empty();
    }
  }

  /** Marks of the store, -1 where there is none. */
  List<Long> marks(String... names) {
    return store.readMarks(List.of(names), TIMEOUT).toCompletableFuture().join();
  }

  /** Waits until the refresher's marks have passed a token. */
  void awaitPassed(WriteToken token) {
    token
        .lastOffsets()
        .forEach(
            (partition, offset) ->
                Await.until(
                    TIMEOUT,
                    "the mark does not pass the token",
                    () -> hasPassed(partition, offset)));
  }

  private boolean hasPassed(int partition, long offset) {
    try {
      return marks("events/" + partition).getFirst() >= offset;
    } catch (CompletionException e) {
      // The store is away for now.
      return false;
    }
  }

  /** The messageIds of all events that the log holds. */
  List<String> logged() {
    return events().stream().map(event -> event.path("messageId").asText()).toList();
  }

  /** All events that the log holds. */
  List<JsonNode> events() {
    List<JsonNode> events = new ArrayList<>();
    read(kafka.topics().events(), event -> events.add(Json.parse(event)));
    return events;
  }

  /** The ids of the profiles of which the log holds a change that a run made. */
  Set<String> toldByRun(String run) {
    Set<String> told = new HashSet<>();
    read(
        kafka.topics().profileChanges(),
        record -> {
          Changed changed = parse(record).getChanged();
          if (changed.getCausesList().stream().anyMatch(c -> c.getRow().getRunId().equals(run))) {
            told.add(changed.getRecord().getProfileId());
          }
        });
    return told;
  }

  private static ProfileChange parse(byte[] record) {
    try {
      return ProfileChange.parseFrom(record);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the log of changes holds what is none", e);
    }
  }

  private void read(String topic, java.util.function.Consumer<byte[]> reader) {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(kafka, "logged")) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> reader.accept(record.value()));
      }
    }
  }

  /** Sends with these headers, {@code name, value, ...}. */
  HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .timeout(TIMEOUT)
            .method(method, HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Waits until a profile has a trait. */
  Profile awaitTrait(String namespace, String value, String trait) {
    Await.until(
        TIMEOUT,
        "no trait " + trait,
        () ->
            profile(namespace, value).stream()
                .flatMap(p -> p.getTraitsList().stream())
                .anyMatch(t -> t.getName().equals(trait)));
    return profile(namespace, value).orElseThrow();
  }

  @Override
  public void close() {
    http.close();
    part.close();
    store.close();
  }
}
