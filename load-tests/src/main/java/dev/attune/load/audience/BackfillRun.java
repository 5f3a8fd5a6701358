package dev.attune.load.audience;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.load.audience.AudienceFigures.Name;
import dev.attune.load.pipeline.Stages;
import dev.attune.load.process.StandaloneProcess;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.client.DefinitionFolder;
import dev.attune.standalone.terminal.Progress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The whole system with many people who did something once. Then comes an audience that asks who
 * did, so that all of it is told again, while other people arrive and enter another one.
 */
final class BackfillRun {
  private static final int RATE = 200;
  private static final Duration WARM_UP = Duration.ofSeconds(15);
  private static final Duration MEASURED = Duration.ofSeconds(40);
  private static final Duration WRITTEN_MAX = Duration.ofMinutes(40);
  private static final Duration STATE_MAX = Duration.ofMinutes(2);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);
  private static final double P99 = 99;

  private static final String CATALOG =
      "namespaces: {user_id: {unique: true}, anonymous_id: {max: 5}}\ntraits: {}\n";
  private static final String ARRIVED = "arrived";

  private final StandaloneProcess attune;
  private final KafkaSettings kafka;
  private final int people;
  private final AudienceFigures figures;
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger failed = new AtomicInteger();
  private int arrived;

  BackfillRun(StandaloneProcess attune, int people, AudienceFigures figures) {
    this.attune = attune;
    this.kafka = KafkaSettings.local(attune.kafka());
    this.people = people;
    this.figures = figures;
  }

  void run(Progress progress) throws InterruptedException {
    try (AttuneClient client = new AttuneClient(attune.url());
        Stages stages = new Stages(kafka);
        TransitionReader reader = TransitionReader.start(kafka)) {
      apply(client, ARRIVED, "Arrived");
      awaitLive(client);
      append();
      stages.awaitThrough(WRITTEN_MAX);
      progress.at(1, "without a backfill");
      Histogram without = arrive(reader);
      progress.at(2, "with one");
      apply(client, "viewed", "Product Viewed");
      Histogram with = arrive(reader);
      JsonNode backfill = client.get("/v1/audiences:backfill").orComplain();
      tell(without, with, backfill, wrong(reader));
    }
  }

  private static void apply(AttuneClient client, String audience, String event)
      throws InterruptedException {
    ObjectNode request = AttuneClient.JSON.createObjectNode();
    var files = request.putArray("files");
    files.addObject().put("path", "catalog.yaml").put("text", CATALOG);
    files
        .addObject()
        .put("path", "audiences/" + audience + ".yaml")
        .put("text", "name: %s\nwhen: {event: %s, within: 30d}\n".formatted(audience, event));
    var _ = client.post(DefinitionFolder.PATH, request).orComplain();
  }

  private static void awaitLive(AttuneClient client) throws InterruptedException {
    long deadline = System.nanoTime() + STATE_MAX.toNanos();
    while (!client
        .get("/v1/audiences/" + ARRIVED)
        .orComplain()
        .path("state")
        .asText()
        .equals("live")) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the first audience is not live in time");
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private void append() {
    try (Producer<byte[], byte[]> producer = KafkaClients.producer(kafka, "attune-bench-views")) {
      for (int i = 0; i < people; i++) {
        String who = "p" + i;
        String event =
            "{\"type\":\"track\",\"event\":\"Product Viewed\",\"anonymousId\":\"%s\",\"messageId\":\"v-%s\",\"properties\":{\"category\":\"c%d\"}}"
                .formatted(who, who, i % 100);
        var _ =
            producer.send(
                new ProducerRecord<>(
                    kafka.topics().events(),
                    who.getBytes(StandardCharsets.UTF_8),
                    event.getBytes(StandardCharsets.UTF_8)));
      }
      producer.flush();
    }
  }

  // From when each was due until it could be read that they entered.
  private Histogram arrive(TransitionReader reader) throws InterruptedException {
    int count = (int) (RATE * WARM_UP.plus(MEASURED).toSeconds());
    long begin = System.nanoTime();
    reader.measureFrom(begin + WARM_UP.toNanos());
    for (int i = 0; i < count; i++) {
      long due = begin + i * 1_000_000_000L / RATE;
      for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
        LockSupport.parkNanos(due - now);
      }
      send(arrived++, due);
    }
    reader.await(arrived, STATE_MAX);
    return reader.measured();
  }

  private void send(int number, long due) {
    var _ =
        http.sendAsync(
                HttpRequest.newBuilder(URI.create(attune.url() + "/v1/track"))
                    .timeout(ANSWER_MAX)
                    .header("traceparent", TransitionReader.traceparent(due))
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "{\"event\":\"Arrived\",\"userId\":\"%s\",\"messageId\":\"a-%d\"}"
                                .formatted(who(number), number)))
                    .build(),
                BodyHandlers.discarding())
            .whenComplete(
                (reply, failure) -> {
                  if (failure != null || reply.statusCode() != 200) {
                    failed.incrementAndGet();
                  }
                });
  }

  private static String who(int number) {
    return "live-" + number;
  }

  private long wrong(TransitionReader reader) {
    long wrong = reader.unexpected();
    for (int i = 0; i < arrived; i++) {
      String id = ProfileIds.of(new Identifier("user_id", who(i)));
      wrong += reader.entered(id, ARRIVED) == 1 ? 0 : 1;
    }
    return wrong;
  }

  private void tell(Histogram without, Histogram with, JsonNode backfill, long wrong) {
    if (wrong > 0 || failed.get() > 0) {
      figures.notMeasured(
          Name.BACKFILL,
          "%d of %d answers wrong, %d requests failed".formatted(wrong, arrived, failed.get()));
      return;
    }
    if (!backfill.path("state").asText().equals("running")) {
      figures.notMeasured(Name.BACKFILL, "the backfill was over before all had arrived");
      return;
    }
    figures.measured(
        Name.BACKFILL,
        with.getValueAtPercentile(P99) / (double) without.getValueAtPercentile(P99),
        with.getTotalCount(),
        "the whole system, %d people who arrive a second, from when each was due until the transition can be read: p99 %.0f and %.0f ms, p50 %.0f and %.0f; %d of %d events told again meanwhile; %d answers compared, none wrong"
            .formatted(
                RATE,
                with.getValueAtPercentile(P99) / 1_000.0,
                without.getValueAtPercentile(P99) / 1_000.0,
                with.getValueAtPercentile(50) / 1_000.0,
                without.getValueAtPercentile(50) / 1_000.0,
                backfill.path("told").asLong(),
                people,
                arrived));
  }
}
