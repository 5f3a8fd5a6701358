package dev.attune.platform.deadletter;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.ValueEntry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/**
 * Puts dead letters back where they came from. The record is written first and the letter closed
 * after it: a crash in between replays it twice, which its reader sees by its event id.
 */
public final class DeadLetterReplay implements AutoCloseable {
  /** Most letters in one replay. */
  public static final int LETTERS_MAX = 1_000;

  private static final Duration WAIT = Duration.ofSeconds(20);

  private final DeadLetterLog log;
  private final Producer<byte[], byte[]> producer;
  private final String deadLetters;
  private final Set<String> ours;
  private final InstantSource clock;

  private DeadLetterReplay(
      DeadLetterLog log,
      Producer<byte[], byte[]> producer,
      KafkaSettings settings,
      InstantSource clock) {
    this.log = log;
    this.producer = producer;
    this.deadLetters = settings.topics().deadLetters();
    this.ours = Set.copyOf(settings.topics().specs(settings.partitions()).keySet());
    this.clock = clock;
  }

  /** With a producer of its own. */
  public static DeadLetterReplay create(
      KafkaSettings settings, DeadLetterLog log, InstantSource clock) {
    return new DeadLetterReplay(
        log, KafkaClients.producer(settings, "attune-dead-letter-replay"), settings, clock);
  }

  /**
   * What a replay did.
   *
   * @param replayed ids
   * @param skipped id to the sentence that says why
   */
  public record Result(List<String> replayed, Map<String, String> skipped) {
    public Result {
      replayed = List.copyOf(replayed);
      skipped = Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
    }
  }

  /** The ids of the oldest letters that can be replayed, at most {@link #LETTERS_MAX} of them. */
  public List<String> openIds() {
    List<String> ids = openIds(_ -> true);
    return ids.subList(0, Math.min(ids.size(), LETTERS_MAX));
  }

  /** The ids of all letters of a kind that can be replayed, the oldest first. */
  public List<String> openIds(Predicate<DeadLetter> wanted) {
    return log
        .newest(
            DeadLetterLog.LETTERS_MAX, letter -> wanted.test(letter) && problem(letter).isEmpty())
        .reversed()
        .stream()
        .map(DeadLetter::getId)
        .toList();
  }

  /**
   * Replays letters, in the order given. Returns once they are closed.
   *
   * @throws KafkaUnavailableException when Kafka did not do it in time: some may have been replayed
   */
  public Result replay(List<String> ids) {
    List<DeadLetter> letters = new ArrayList<>();
    Map<String, String> skipped = new LinkedHashMap<>();
    for (String id : ids) {
      log.find(id)
          .ifPresentOrElse(
              letter -> {
                String problem = problem(letter);
                if (problem.isEmpty()) {
                  letters.add(letter);
                } else {
                  skipped.put(id, problem);
                }
              },
              () -> skipped.put(id, "there is no such dead letter"));
    }
    try {
      await(letters.stream().map(letter -> producer.send(original(letter))).toList());
      long last = await(letters.stream().map(letter -> producer.send(closing(letter))).toList());
      log.awaitOffset(last + 1, WAIT);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw new KafkaUnavailableException("the dead letters could not be replayed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted while replaying dead letters", e);
    }
    return new Result(letters.stream().map(DeadLetter::getId).toList(), skipped);
  }

  private String problem(DeadLetter letter) {
    if (letter.getReplayed()) {
      return "it was replayed already";
    }
    if (letter.getReplayTopic().isEmpty()) {
      return "it cannot be replayed: it says no topic";
    }
    return ours.contains(letter.getReplayTopic())
        ? ""
        : "it cannot be replayed: its topic is none of this workspace";
  }

  private static ProducerRecord<byte[], byte[]> original(DeadLetter letter) {
    byte[] key = letter.getKey().isEmpty() ? null : letter.getKey().toByteArray();
    var record =
        new ProducerRecord<byte[], byte[]>(
            letter.getReplayTopic(), key, letter.getValue().toByteArray());
    for (ValueEntry header : letter.getHeadersList()) {
      record
          .headers()
          .add(header.getKey(), header.getValue().getText().getBytes(StandardCharsets.UTF_8));
    }
    return record;
  }

  private ProducerRecord<byte[], byte[]> closing(DeadLetter letter) {
    DeadLetter closed =
        letter.toBuilder()
            .clearKey()
            .clearValue()
            .clearHeaders()
            .setReplayed(true)
            .setAtMicros(ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()))
            .build();
    return new ProducerRecord<>(deadLetters, letter.getKey().toByteArray(), closed.toByteArray());
  }

  /** Returns the last offset, -1 when there was nothing to wait for. */
  private static long await(List<Future<RecordMetadata>> sent)
      throws InterruptedException, ExecutionException, TimeoutException {
    long last = -1;
    for (Future<RecordMetadata> one : sent) {
      last = Math.max(last, one.get(WAIT.toMillis(), TimeUnit.MILLISECONDS).offset());
    }
    return last;
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
