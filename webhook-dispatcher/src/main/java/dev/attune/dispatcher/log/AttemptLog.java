package dev.attune.dispatcher.log;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.Attempt;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * The attempts of a webhook, newest first, read from the end of their topic: nothing of it is kept
 * in memory. All of a webhook's attempts are in one partition.
 */
public final class AttemptLog {
  /** Records that one question looks at; the page says where to go on. */
  static final int SCANNED_MAX = 50_000;

  private static final int CHUNK = 2_000;
  private static final int QUESTIONS_MAX = 4;
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);
  private static final Duration TAKEN_MAX = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaSettings settings;
  private final Semaphore questions = new Semaphore(QUESTIONS_MAX);

  /** Reads when it is asked; performs no I/O before. */
  public AttemptLog(KafkaSettings settings) {
    this.settings = settings;
  }

  /**
   * A part of the log.
   *
   * @param attempts newest first
   * @param next what to give as {@code before} to go on; empty at the beginning of the log
   */
  record Page(List<Attempt> attempts, OptionalLong next) {}

  /**
   * Attempts of a webhook.
   *
   * @param profiles only about these; about all when empty
   * @param limit most attempts in the page
   * @param before only what stands before that place in the log
   * @throws KafkaUnavailableException when the log could not be read in time, or too many ask
   */
  Page find(String webhook, Set<String> profiles, int limit, long before) {
    if (!questions.tryAcquire()) {
      throw new KafkaUnavailableException(
          "more than " + QUESTIONS_MAX + " ask for the delivery log at once");
    }
    try (Consumer<byte[], byte[]> consumer =
        KafkaClients.consumer(settings, "attune-attempt-log")) {
      return find(consumer, webhook, profiles, limit, before);
    } catch (KafkaException e) {
      throw new KafkaUnavailableException("the delivery log could not be read", e);
    } finally {
      questions.release();
    }
  }

  /**
   * Which deliveries of a webhook its endpoint has taken since a time: their ids, each with a
   * number that is the greater, the later it was taken last.
   *
   * @param max most of them
   * @return empty when there are more
   * @throws KafkaUnavailableException when the log could not be read in time, or too many ask
   */
  public Optional<Map<String, Long>> taken(String webhook, Instant since, int max) {
    if (!questions.tryAcquire()) {
      throw new KafkaUnavailableException(
          "more than " + QUESTIONS_MAX + " ask for the delivery log at once");
    }
    try (Consumer<byte[], byte[]> consumer =
        KafkaClients.consumer(settings, "attune-attempt-log")) {
      return taken(consumer, webhook, since, max);
    } catch (KafkaException e) {
      throw new KafkaUnavailableException("the delivery log could not be read", e);
    } finally {
      questions.release();
    }
  }

  private Optional<Map<String, Long>> taken(
      Consumer<byte[], byte[]> consumer, String webhook, Instant since, int max) {
    long deadlineNanos = System.nanoTime() + TAKEN_MAX.toNanos();
    byte[] key = webhook.getBytes(StandardCharsets.UTF_8);
    TopicPartition partition = partition(consumer, key);
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    long end = consumer.endOffsets(one, ANSWER_MAX).getOrDefault(partition, 0L);
    OffsetAndTimestamp first =
        consumer
            .offsetsForTimes(Map.of(partition, Math.max(0, since.toEpochMilli())), ANSWER_MAX)
            .get(partition);
    consumer.seek(partition, first == null ? end : first.offset());
    Map<String, Long> taken = new HashMap<>();
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : poll(consumer, deadlineNanos, TAKEN_MAX)) {
        if (Arrays.equals(record.key(), key)) {
          Attempt attempt = parse(record.value());
          if (attempt.getNumber() > 0 && attempt.getOutcome().equals(Outcome.Delivered.WORDS)) {
            taken.put(attempt.getWebhookId(), record.offset());
          }
        }
      }
      if (taken.size() > max) {
        return Optional.empty();
      }
    }
    return Optional.of(taken);
  }

  // As the producer places a record by its key.
  private TopicPartition partition(Consumer<byte[], byte[]> consumer, byte[] key) {
    String topic = settings.topics().attempts();
    int partitions = consumer.partitionsFor(topic, ANSWER_MAX).size();
    return new TopicPartition(topic, Utils.toPositive(Utils.murmur2(key)) % partitions);
  }

  private Page find(
      Consumer<byte[], byte[]> consumer,
      String webhook,
      Set<String> profiles,
      int limit,
      long before) {
    long deadlineNanos = System.nanoTime() + ANSWER_MAX.toNanos();
    byte[] key = webhook.getBytes(StandardCharsets.UTF_8);
    TopicPartition partition = partition(consumer, key);
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    long begin = consumer.beginningOffsets(one, ANSWER_MAX).getOrDefault(partition, 0L);
    long end =
        Math.min(before, consumer.endOffsets(one, ANSWER_MAX).getOrDefault(partition, begin));
    long oldest = Math.max(begin, end - SCANNED_MAX);
    List<Attempt> attempts = new ArrayList<>();
    while (end > oldest) {
      long from = Math.max(oldest, end - CHUNK);
      List<ConsumerRecord<byte[], byte[]>> chunk =
          read(consumer, partition, from, end, deadlineNanos);
      for (ConsumerRecord<byte[], byte[]> record : chunk.reversed()) {
        if (!Arrays.equals(record.key(), key)) {
          continue;
        }
        Attempt attempt = parse(record.value());
        if (profiles.isEmpty() || profiles.contains(attempt.getProfileId())) {
          attempts.add(attempt);
        }
        if (attempts.size() == limit) {
          return new Page(attempts, next(record.offset(), begin));
        }
      }
      end = from;
    }
    return new Page(attempts, next(end, begin));
  }

  private static OptionalLong next(long before, long begin) {
    return before > begin ? OptionalLong.of(before) : OptionalLong.empty();
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(
      Consumer<byte[], byte[]> consumer,
      TopicPartition partition,
      long from,
      long to,
      long deadlineNanos) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    consumer.seek(partition, from);
    // The last offsets may be those of transactions' ends, which are no records.
    while (consumer.position(partition) < to) {
      for (ConsumerRecord<byte[], byte[]> record : poll(consumer, deadlineNanos, ANSWER_MAX)) {
        if (record.offset() < to) {
          records.add(record);
        }
      }
    }
    return records;
  }

  private static ConsumerRecords<byte[], byte[]> poll(
      Consumer<byte[], byte[]> consumer, long deadlineNanos, Duration max) {
    if (System.nanoTime() - deadlineNanos > 0) {
      throw new KafkaUnavailableException(
          "the delivery log was not read within " + max.toSeconds() + " s");
    }
    return consumer.poll(POLL);
  }

  private static Attempt parse(byte[] value) {
    try {
      return Attempt.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an attempt does not parse", e);
    }
  }
}
