package dev.attune.load.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.client.AttuneClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/**
 * A shop that writes what it sold into a topic of its own. Records that are not acknowledged are
 * written again, so that some are there twice; their ids tell.
 */
final class ShopStream implements AutoCloseable {
  static final String NAME = "shop";
  private static final String TOPIC = "shop.sold";
  private static final int BATCH = 5;
  private static final Duration PAST = Duration.ofDays(5);
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
  private static final Duration STOP_MAX = Duration.ofSeconds(90);

  private final Supplier<Optional<String>> kafka;
  private final Random random;
  private final String prefix;
  private final int users;
  private final Instant newest = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final List<JsonNode> acknowledged = new ArrayList<>();
  private final Thread thread = Thread.ofPlatform().daemon().name("shop").unstarted(this::run);
  private volatile boolean stopping;
  private int number;

  private ShopStream(Supplier<Optional<String>> kafka, Random random, String prefix, int users) {
    this.kafka = kafka;
    this.random = random;
    this.prefix = prefix;
    this.users = users;
  }

  /**
   * Makes the topic.
   *
   * @param kafka {@code host:port}
   */
  static void createTopic(String kafka) throws InterruptedException {
    try (var admin = KafkaClients.admin(KafkaSettings.local(kafka), "shop-admin")) {
      admin
          .createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1)))
          .all()
          .get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the shop's topic cannot be made", e);
    }
  }

  /**
   * Starts to write.
   *
   * @param kafka {@code host:port}, empty while it is down; asked again all the time
   * @param prefix of the ids of its records; another one for each
   * @param users {@code u0}, {@code u1} and so on
   */
  static ShopStream start(
      Supplier<Optional<String>> kafka, Random random, String prefix, int users) {
    var shop = new ShopStream(kafka, random, prefix, users);
    shop.thread.start();
    return shop;
  }

  static String definition() {
    return """
        name: %s
        topic: %s
        format: json
        start: earliest
        call: track
        event: {field: what}
        identifiers: {user_id: buyer}
        time: at
        id: id
        """
        .formatted(NAME, TOPIC);
  }

  /**
   * Ends it; returns what was acknowledged, as events.
   *
   * @throws IllegalStateException when a record is not acknowledged in time
   */
  List<JsonNode> stop() throws InterruptedException {
    stopping = true;
    if (!thread.join(STOP_MAX)) {
      thread.interrupt();
      throw new IllegalStateException("a record was not acknowledged within " + STOP_MAX);
    }
    return List.copyOf(acknowledged);
  }

  /** Gives up what is not acknowledged. */
  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
  }

  private void run() {
    List<ObjectNode> open = new ArrayList<>();
    while (!Thread.currentThread().isInterrupted() && (!stopping || !open.isEmpty())) {
      Optional<String> address = kafka.get();
      address.ifPresent(at -> write(at, open));
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  // With a producer for each life of the broker, which comes back on another port.
  private void write(String address, List<ObjectNode> open) {
    Producer<byte[], byte[]> producer = KafkaClients.producer(KafkaSettings.local(address), "shop");
    try {
      while (kafka.get().equals(Optional.of(address)) && (!stopping || !open.isEmpty())) {
        while (open.size() < BATCH && !stopping) {
          open.add(record(prefix + number++));
        }
        write(producer, open);
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      // Nobody there: what is open is written again.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      producer.close(Duration.ZERO);
    }
  }

  private void write(Producer<byte[], byte[]> producer, List<ObjectNode> open)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (ObjectNode record : open) {
      sent.add(
          producer.send(
              new ProducerRecord<>(
                  TOPIC,
                  record.path("buyer").asText().getBytes(StandardCharsets.UTF_8),
                  record.toString().getBytes(StandardCharsets.UTF_8))));
    }
    for (Future<RecordMetadata> each : sent) {
      var _ = each.get(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }
    open.forEach(record -> acknowledged.add(event(record)));
    open.clear();
  }

  private ObjectNode record(String id) {
    return AttuneClient.JSON
        .createObjectNode()
        .put("id", id)
        .put("buyer", "u" + random.nextInt(users))
        .put("what", random.nextInt(4) == 0 ? FaultRules.ORDERED : "Product Added")
        .put("at", newest.minusMillis(random.nextLong(PAST.toMillis())).toString());
  }

  private static JsonNode event(ObjectNode record) {
    return AttuneClient.JSON
        .createObjectNode()
        .put("type", "track")
        .put("messageId", record.path("id").asText())
        .put("userId", record.path("buyer").asText())
        .put("event", record.path("what").asText())
        .put("timestamp", record.path("at").asText());
  }
}
