package dev.attune.refresher.consume;

import dev.attune.core.profile.StoreException;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic as a member of a group, one batch after the other, on a thread of its own. An
 * offset is committed after what it covers was handled, so that a crash repeats records and loses
 * none.
 *
 * <p>While the store or Kafka is away a batch is tried again without end, and the member stays in
 * its group meanwhile.
 */
public final class BatchConsumer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchConsumer.class);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration CLOSE = Duration.ofSeconds(10);
  private static final Duration COMMIT_INTERVAL = Duration.ofMillis(250);
  private static final long RETRY_MILLIS_MAX = 2_000;

  /** Most records in one batch. */
  private static final int BATCH_MAX = 500;

  /** What is done with a batch, on the consumer's thread. */
  public interface Handler {
    /**
     * Handles a batch to its end.
     *
     * @throws RuntimeException and the same batch comes again
     */
    void handle(ConsumerRecords<byte[], byte[]> records);

    /** After every poll, once its records are handled; there may have been none. */
    default void polled(Consumer<byte[], byte[]> consumer) {}
  }

  private final KafkaSettings settings;
  private final String topic;
  private final String group;
  private final String name;
  private final Handler handler;
  private final int fetchBytesMax;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean assigned;
  private volatile String trouble = "";
  private volatile long lag = -1;
  // Touched by the consumer's thread alone.
  private boolean uncommitted;
  private long committedNanos;

  /**
   * A consumer that has not started.
   *
   * @param name of its thread and client
   */
  public BatchConsumer(
      KafkaSettings settings, String topic, String group, String name, Handler handler) {
    this(settings, topic, group, name, handler, KafkaClients.FETCH_BYTES_MAX);
  }

  /**
   * As the other, with less memory.
   *
   * @param fetchBytesMax most that is fetched at a time, in bytes; a larger record comes alone
   */
  public BatchConsumer(
      KafkaSettings settings,
      String topic,
      String group,
      String name,
      Handler handler,
      int fetchBytesMax) {
    this.settings = settings;
    this.topic = topic;
    this.group = group;
    this.name = name;
    this.handler = handler;
    this.fetchBytesMax = fetchBytesMax;
    this.thread = Thread.ofPlatform().name(name).unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** Whether it has joined its group. */
  public boolean isAssigned() {
    return assigned && thread.isAlive();
  }

  /** What keeps it from going on, in a few words; empty when nothing does. */
  public String trouble() {
    return trouble;
  }

  /** Records that wait in its partitions, as of the last poll; -1 when not known yet. */
  public long lag() {
    return lag;
  }

  private void run() {
    while (stop.getCount() > 0) {
      try (Consumer<byte[], byte[]> consumer = consumer()) {
        consume(consumer);
      } catch (RuntimeException e) {
        trouble = e.getClass().getSimpleName();
        assigned = false;
        LOG.warn("{} begins again: {}", name, e.getClass().getSimpleName(), e);
      }
      pause(500);
    }
  }

  private Consumer<byte[], byte[]> consumer() {
    var properties = KafkaClients.consumerProperties(settings, name, group);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, BATCH_MAX);
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, fetchBytesMax);
    return new KafkaConsumer<>(properties);
  }

  private void consume(Consumer<byte[], byte[]> consumer) {
    consumer.subscribe(List.of(topic), new Membership());
    while (stop.getCount() > 0) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      if (!records.isEmpty()) {
        handle(consumer, records);
        if (stop.getCount() == 0 && !trouble.isEmpty()) {
          return;
        }
        uncommitted = true;
      }
      commitNowAndThen(consumer);
      handler.polled(consumer);
      lag = lag(consumer);
      if (assigned) {
        trouble = "";
      }
    }
    consumer.commitSync(CLOSE);
  }

  // Without waiting: the next commit covers this one, and a repeated record does no harm. Not after
  // every batch: a commit costs the broker as much as a batch does.
  private void commitNowAndThen(Consumer<byte[], byte[]> consumer) {
    long now = System.nanoTime();
    if (uncommitted && now - committedNanos >= COMMIT_INTERVAL.toNanos()) {
      consumer.commitAsync();
      uncommitted = false;
      committedNanos = now;
    }
  }

  private void handle(Consumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> records) {
    for (int attempt = 0; stop.getCount() > 0 || attempt == 0; attempt++) {
      try {
        handler.handle(records);
        if (!trouble.isEmpty()) {
          LOG.info("{} goes on", name);
          trouble = "";
        }
        return;
      } catch (RuntimeException e) {
        if (trouble.isEmpty()) {
          LOG.warn("{} waits and tries again: {}", name, why(e));
          LOG.debug("the failure", e);
        }
        trouble = why(e);
        pause(Math.min(RETRY_MILLIS_MAX, 20L << Math.min(attempt, 10)));
        stayMember(consumer);
      }
    }
  }

  // A poll that takes nothing keeps the membership alive. What it brings nevertheless, from
  // partitions that were assigned just now, is put back.
  private static void stayMember(Consumer<byte[], byte[]> consumer) {
    consumer.pause(consumer.assignment());
    ConsumerRecords<byte[], byte[]> unwanted = consumer.poll(Duration.ZERO);
    for (TopicPartition partition : unwanted.partitions()) {
      consumer.seek(partition, unwanted.records(partition).getFirst().offset());
    }
    consumer.resume(consumer.assignment());
  }

  private static String why(RuntimeException e) {
    return switch (e) {
      case StoreException store -> "the store is " + store.kind();
      case WaitingException waiting -> String.valueOf(waiting.getMessage());
      default -> e.getClass().getSimpleName();
    };
  }

  private static long lag(Consumer<byte[], byte[]> consumer) {
    long lag = 0;
    for (TopicPartition partition : consumer.assignment()) {
      lag += consumer.currentLag(partition).orElse(0);
    }
    return lag;
  }

  private void pause(long millis) {
    try {
      stop.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop.countDown();
    }
  }

  /** Stops after the batch at hand. */
  @Override
  public void close() {
    stop.countDown();
    try {
      if (thread.isAlive() && !thread.join(CLOSE)) {
        LOG.warn("{} did not end within {} s", name, CLOSE.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Membership implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      assigned = true;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      assigned = false;
    }
  }
}
