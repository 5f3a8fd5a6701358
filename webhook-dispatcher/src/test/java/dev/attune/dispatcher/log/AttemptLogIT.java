package dev.attune.dispatcher.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Attempt;
import dev.attune.testkit.KafkaBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a real broker, written in transactions as the dispatcher writes it. */
class AttemptLogIT {
  private static final int ATTEMPTS = 4_500;

  private KafkaSettings kafka;
  private AttemptLog log;

  @BeforeEach
  void start() {
    kafka =
        KafkaSettings.local(KafkaBackend.shared().bootstrapServers())
            .withTopics(new Topics("attempts-" + UUID.randomUUID()));
    KafkaTopics.ensure(kafka, Duration.ofSeconds(60));
    log = new AttemptLog(kafka);
  }

  // More than one look, and two webhooks that may share a partition.
  @Test
  void find_pagesFromTheNewest_ofOneWebhookAlone() {
    write(ATTEMPTS);
    List<Integer> numbers = new ArrayList<>();
    long before = Long.MAX_VALUE;
    for (int pages = 0; before >= 0; pages++) {
      assertThat(pages).as("pages").isLessThan(20);
      AttemptLog.Page page = log.find("crm", Set.of(), 500, before);
      page.attempts()
          .forEach(
              attempt -> {
                assertThat(attempt.getWebhook()).isEqualTo("crm");
                numbers.add(attempt.getNumber());
              });
      before = page.next().orElse(-1);
    }
    assertThat(numbers)
        .isEqualTo(IntStream.range(0, ATTEMPTS).map(i -> ATTEMPTS - 1 - i).boxed().toList());
  }

  @Test
  void find_ofSomebody_skipsAllOthers() {
    write(ATTEMPTS);
    AttemptLog.Page page = log.find("crm", Set.of("p0", "nobody"), 2, Long.MAX_VALUE);
    assertThat(page.attempts()).extracting(Attempt::getNumber).containsExactly(4_000, 3_000);
    AttemptLog.Page rest = log.find("crm", Set.of("p0"), 10, page.next().orElseThrow());
    assertThat(rest.attempts()).extracting(Attempt::getNumber).containsExactly(2_000, 1_000, 0);
  }

  @Test
  void find_ofAWebhookWithoutAttempts_isEmpty() {
    assertThat(log.find("crm", Set.of(), 10, Long.MAX_VALUE).attempts()).isEmpty();
    write(3);
    assertThat(log.find("other", Set.of(), 10, Long.MAX_VALUE).attempts()).isEmpty();
    assertThat(log.find("crm", Set.of(), 10, 0).attempts()).isEmpty();
  }

  private void write(int attempts) {
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            KafkaClients.transactionalProducerProperties(
                kafka, "test", "test-" + UUID.randomUUID()))) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int i = 0; i < attempts; i++) {
        if (i % 100 == 99) {
          producer.commitTransaction();
          producer.beginTransaction();
        }
        write(producer, "crm", i);
        write(producer, "ads", i);
      }
      producer.commitTransaction();
    }
  }

  // Everything is in a transaction: its end says whether it was written.
  @SuppressWarnings("FutureReturnValueIgnored")
  private void write(Producer<byte[], byte[]> producer, String webhook, int number) {
    Attempt attempt =
        Attempt.newBuilder()
            .setWebhook(webhook)
            .setProfileId("p" + number % 1_000)
            .setNumber(number)
            .build();
    producer.send(
        new ProducerRecord<>(
            kafka.topics().attempts(), webhook.getBytes(UTF_8), attempt.toByteArray()));
  }
}
