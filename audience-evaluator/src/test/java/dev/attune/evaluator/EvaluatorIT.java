package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.live;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.Transition;
import dev.attune.testkit.Await;
import dev.attune.testkit.KafkaBackend;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The evaluator on a real broker: exactly once, also when it is killed, and soon. */
final class EvaluatorIT {
  static final Definitions DEFINITIONS =
      Changes.definitions(
          1,
          "name: two\nwhen: {event: Page Viewed, count: \">= 2\", within: 30d}\n",
          "name: short\nwhen: {event: Blink, within: 2s}\n");

  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Map<String, String> NONE = Map.of();

  @TempDir Path directory;

  private final KafkaSettings kafka =
      KafkaSettings.local(KafkaBackend.shared().bootstrapServers())
          .withTopics(new Topics("it-" + System.nanoTime()));
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
  private final List<Seen> seen = new ArrayList<>();
  private final Producer<byte[], byte[]> producer = KafkaClients.producer(kafka, "it-producer");
  private final Consumer<byte[], byte[]> consumer = KafkaClients.consumer(kafka, "it-consumer");

  /** A transition, and when it could be read. */
  private record Seen(Transition transition, long nanos) {}

  @BeforeEach
  void topics() {
    KafkaTopics.ensure(kafka, DEADLINE);
    List<TopicPartition> partitions = new ArrayList<>();
    for (int p = 0; p < kafka.partitions(); p++) {
      partitions.add(new TopicPartition(kafka.topics().audienceTransitions(), p));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  @AfterEach
  void close() {
    producer.close(Duration.ofSeconds(5));
    consumer.close();
  }

  private EvaluatorPart part() {
    return EvaluatorPart.create(
        kafka,
        DefinitionsSource.fixed(DEFINITIONS),
        CompletableFuture::completedFuture,
        EvaluatorConfig.of(directory.resolve("state")).withInstanceId("it"),
        meters);
  }

  private void startAndWait(EvaluatorPart part) {
    part.start();
    Await.until(DEADLINE, "the evaluator is not ready", () -> part.readiness().ready());
  }

  @Test
  void transitions_appearSoon_andTimeEndsThem() {
    int people = 600;
    Map<String, Long> sentNanos = new HashMap<>();
    try (EvaluatorPart part = part()) {
      startAndWait(part);
      watermarks();
      // The first ones pay for class loading and for opening the stores.
      sendViews("warm", 2_000, sentNanos, 0);
      awaitEntered("two", 2_000);
      seen.clear();
      sendViews("p", people, sentNanos, 4_000_000);
      awaitEntered("two", people);
      List<Long> millis =
          seen.stream()
              .map(
                  s ->
                      (s.nanos() - sentNanos.getOrDefault(s.transition().getProfileId(), 0L))
                          / 1_000_000)
              .sorted()
              .toList();
      System.out.printf(
          "change to readable transition, %d at 250/s: p50 %d ms, p99 %d ms, most %d ms%n",
          people, millis.get(people / 2), millis.get(people * 99 / 100), millis.getLast());
      assertThat(seen).hasSize(people);

      send(live(id("s", 1), 1, NONE, List.of(event("b1", "Blink", "user_id:s", micros()))));
      Await.until(
          DEADLINE,
          "nobody left when the time had passed",
          () -> {
            watermarks();
            poll();
            return count("short", false) == 1;
          });
      Transition entered = of("short").getFirst();
      Transition exited = of("short").getLast();
      assertThat(entered.getEntered()).isTrue();
      assertThat(exited.getAtMicros()).isGreaterThanOrEqualTo(entered.getValidUntilMicros());
      assertThat(part.status()).containsEntry("rejected", 0L);
      assertThat(meters.get("attune.evaluator.lag.records").gauge().value()).isNotNegative();
      assertThat(meters.get("attune.evaluator.stores.lag.records").gauge().value()).isZero();
    }
  }

  @Test
  void kill_atAnyMoment_losesAndRepeatsNoTransition() throws Exception {
    int people = 1_500;
    File output = directory.resolve("evaluator.log").toFile();
    Path state = directory.resolve("state");
    Process process =
        EvaluatorProcess.start(kafka, state, output, "killed", EvaluatorProcess.Decides.OF_ONE);
    try {
      watermarks();
      Map<String, Long> sent = new HashMap<>();
      sendViews("first", 200, sent, 0);
      awaitEntered("two", 200);
      int at = 0;
      for (int kills = 0; kills < 3; kills++) {
        for (int until = at + people / 3; at < until; at++) {
          sendView("k", at, "a");
        }
        producer.flush();
        process.destroyForcibly();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("the process ends").isTrue();
        long killed = System.nanoTime();
        for (int i = at - people / 3; i < at; i++) {
          sendView("k", i, "b");
          // A replay: what brought it about comes again.
          sendView("k", i, "b");
        }
        process =
            EvaluatorProcess.start(kafka, state, output, "killed", EvaluatorProcess.Decides.OF_ONE);
        watermarks();
        awaitEntered("two", 200 + at);
        System.out.printf(
            "caught up %d ms after a kill%n", (System.nanoTime() - killed) / 1_000_000);
      }
      Map<String, Integer> entered = new HashMap<>();
      for (Transition transition : of("two")) {
        assertThat(transition.getEntered()).isTrue();
        if (transition.getReason() != Transition.Reason.REASSERTED) {
          entered.merge(transition.getProfileId(), 1, Integer::sum);
        }
      }
      assertThat(entered).hasSize(200 + people);
      assertThat(entered.values()).containsOnly(1);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String id(String group, int number) {
    return group + "-" + number;
  }

  // Two views make a member of "two".
  private void sendViews(String group, int people, Map<String, Long> sentNanos, long everyNanos) {
    for (int i = 0; i < people; i++) {
      sendView(group, i, "a");
    }
    producer.flush();
    long next = System.nanoTime() + 100 * everyNanos;
    for (int i = 0; i < people; i++) {
      while (everyNanos > 0 && System.nanoTime() < next) {
        poll();
        if (i % 25 == 0) {
          watermarks();
        }
      }
      next += everyNanos;
      sentNanos.put(id(group, i), System.nanoTime());
      sendView(group, i, "b");
    }
  }

  private void sendView(String group, int number, String which) {
    String id = id(group, number);
    send(live(id, 1, NONE, List.of(event(id + which, "Page Viewed", "user_id:" + id, micros()))));
  }

  private void send(ProfileChange change) {
    send(
        new ProducerRecord<>(
            kafka.topics().profileChanges(),
            change.getChanged().getRecord().getProfileId().getBytes(StandardCharsets.UTF_8),
            change.toByteArray()));
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    var _ =
        producer.send(
            record,
            (_, failure) -> {
              if (failure != null) {
                failures.add(failure);
              }
            });
    assertThat(failures).isEmpty();
  }

  private void watermarks() {
    for (int p = 0; p < kafka.partitions(); p++) {
      send(
          new ProducerRecord<>(
              kafka.topics().profileChanges(),
              p,
              "~watermark/0".getBytes(StandardCharsets.UTF_8),
              Changes.watermark(0, 1, micros()).toByteArray()));
    }
  }

  private void awaitEntered(String audience, int people) {
    Await.until(
        DEADLINE,
        people + " transitions of " + audience + " did not come",
        () -> {
          poll();
          return count(audience, true) >= people;
        });
  }

  private void poll() {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(1))) {
      try {
        seen.add(new Seen(Transition.parseFrom(record.value()), System.nanoTime()));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("not a transition", e);
      }
    }
  }

  private List<Transition> of(String audience) {
    return seen.stream()
        .map(Seen::transition)
        .filter(t -> t.getAudience().equals(audience))
        .toList();
  }

  private long count(String audience, boolean entered) {
    return of(audience).stream()
        .filter(t -> t.getEntered() == entered && t.getReason() != Transition.Reason.REASSERTED)
        .count();
  }

  private static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }
}
