package dev.attune.dispatcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.attune.core.webhook.Deletions;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.platform.deadletter.KafkaDeadLetters;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Transition;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.testkit.Await;
import dev.attune.testkit.KafkaBackend;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints that hang for longer than the test lasts, beside one that works. */
class IsolationIT {
  private static final Duration READY_MAX = Duration.ofSeconds(60);
  private static final int TARPITS = 40;
  private static final int PEOPLE = 50;

  /** Of an attempt: none of those that hang has ended when the test does. */
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final Duration DELIVERED_MAX = Duration.ofSeconds(25);

  @TempDir Path folder;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicInteger hanging = new AtomicInteger();
  private final Set<String> taken = ConcurrentHashMap.newKeySet();
  private KafkaSettings kafka;
  private KafkaDeadLetters deadLetters;
  private Producer<byte[], byte[]> producer;
  private HttpServer server;
  private DispatcherPart part;

  @BeforeEach
  void start() throws Exception {
    kafka =
        KafkaSettings.local(KafkaBackend.shared().bootstrapServers())
            .withTopics(new Topics("isolation-" + UUID.randomUUID()));
    KafkaTopics.ensure(kafka, READY_MAX);
    deadLetters = KafkaDeadLetters.create(kafka);
    producer = KafkaClients.producer(kafka, "test");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
    server.setExecutor(threads);
    server.createContext("/tarpit", this::hang);
    server.createContext("/healthy", this::take);
    server.start();
    Files.writeString(folder.resolve("secret"), Webhooks.SECRET);

    List<WebhookDefinition> webhooks = new ArrayList<>();
    webhooks.add(webhook("healthy", "/healthy"));
    for (int i = 0; i < TARPITS; i++) {
      webhooks.add(webhook("tarpit-" + i, "/tarpit"));
    }
    KnownStates states =
        new KnownStates(Webhooks.definitions(webhooks.toArray(WebhookDefinition[]::new)));
    part =
        DispatcherPart.create(
            kafka,
            states,
            states,
            new MemoryProfileStore(),
            Deletions.NONE,
            deadLetters,
            DispatcherConfig.of(folder.resolve("state"), "9.9")
                .withAllow(List.of("127.0.0.1:" + server.getAddress().getPort())),
            new SimpleMeterRegistry());
    part.start();
    Await.until(READY_MAX, "the dispatcher ready", () -> part.readiness().ready());
  }

  @AfterEach
  void stop() {
    end.countDown();
    part.close();
    producer.close();
    deadLetters.close();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void endpointsThatHang_holdUpNoOther() throws Exception {
    append("first");
    // More than there are slots: whoever came first has all of them.
    Await.until(READY_MAX, "all tarpits hang", () -> hanging.get() >= TARPITS);
    for (int i = 0; i < PEOPLE; i++) {
      append("p" + i);
    }
    Await.until(DELIVERED_MAX, "the healthy endpoint has all", () -> taken.size() == PEOPLE + 1);
    assertThat(hanging).hasValueGreaterThanOrEqualTo(TARPITS);
  }

  private WebhookDefinition webhook(String name, String path) {
    return Webhooks.parse(
        """
        name: %s
        url: http://127.0.0.1:%d%s
        secret: {file: "%s"}
        on: {transitions: all}
        timeout: %ds
        """
            .formatted(
                name,
                server.getAddress().getPort(),
                path,
                folder.resolve("secret"),
                TIMEOUT.toSeconds()));
  }

  private void hang(HttpExchange exchange) throws IOException {
    hanging.incrementAndGet();
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      hanging.decrementAndGet();
    }
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, -1);
      taken.add(exchange.getRequestHeaders().getFirst("webhook-id"));
    }
  }

  private void append(String profileId) throws Exception {
    Transition transition =
        Transition.newBuilder()
            .setProfileId(profileId)
            .setAudience("vip")
            .setEntered(true)
            .setAtMicros(1_772_359_198_500_000L)
            .setGeneration(1)
            .setVersion(1)
            .setReason(Transition.Reason.CHANGE)
            .build();
    producer
        .send(
            new ProducerRecord<>(
                kafka.topics().audienceTransitions(),
                profileId.getBytes(UTF_8),
                transition.toByteArray()))
        .get(30, TimeUnit.SECONDS);
  }
}
