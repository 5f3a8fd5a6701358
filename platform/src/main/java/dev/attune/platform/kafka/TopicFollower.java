package dev.attune.platform.kafka;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads partition 0 of a topic from its beginning, for ever, on a thread of its own. Only committed
 * records are seen. When the broker is away it tries again; when the position is lost, e.g. because
 * the topic was made anew, it starts from the beginning and tells the reader.
 */
public final class TopicFollower implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TopicFollower.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  /** What is done with the records, on the follower's thread. */
  public interface Reader {
    /** Reading begins, or begins again: forget everything. */
    void restart();

    /** The next record. */
    void record(ConsumerRecord<byte[], byte[]> record);

    /** All that was committed has been read; called after the first catch-up, then after news. */
    void caughtUp(long position);

    /** The end has moved, and nothing more was committed before it. */
    default void moved(long position) {}
  }

  private final KafkaSettings settings;
  private final String topic;
  private final Reader reader;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Object progress = new Object();

  /** All before it was read and told to the reader since it (re)started; guarded by progress. */
  private long caughtUpTo = -1;

  private TopicFollower(KafkaSettings settings, String topic, Reader reader) {
    this.settings = settings;
    this.topic = topic;
    this.reader = reader;
    this.thread = Thread.ofPlatform().name("follow-" + topic).daemon().unstarted(this::run);
  }

  /** Starts to follow. */
  public static TopicFollower start(KafkaSettings settings, String topic, Reader reader) {
    TopicFollower follower = new TopicFollower(settings, topic, reader);
    follower.thread.start();
    return follower;
  }

  /**
   * Waits until everything committed before an offset has been read.
   *
   * @return false when it took longer than the timeout
   */
  public boolean awaitOffset(long offset, Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    synchronized (progress) {
      while (caughtUpTo < offset) {
        long left = deadline - System.nanoTime();
        if (left <= 0 || stopped.getCount() == 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(progress, left);
      }
      return true;
    }
  }

  private void run() {
    while (stopped.getCount() > 0) {
      try (Consumer<byte[], byte[]> consumer = consumer()) {
        follow(consumer);
      } catch (RuntimeException e) {
        LOG.error("following {} failed and begins again", topic, e);
      }
      pause();
    }
  }

  private Consumer<byte[], byte[]> consumer() {
    var properties = KafkaClients.consumerProperties(settings, "follow-" + topic);
    // A lost position is an error here: the consumer itself would jump without telling the reader,
    // which would keep what is no longer in the topic.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    return new KafkaConsumer<>(properties);
  }

  private void follow(Consumer<byte[], byte[]> consumer) {
    TopicPartition partition = new TopicPartition(topic, 0);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    synchronized (progress) {
      caughtUpTo = -1;
    }
    reader.restart();
    boolean news = true;
    while (stopped.getCount() > 0) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      records.forEach(reader::record);
      news |= !records.isEmpty();
      long position = consumer.position(partition);
      boolean moved = position != position();
      // The end is asked for after the records were taken: a transaction that began to show is
      // shown to its end before the reader is told.
      if ((news || moved) && position >= end(consumer, partition)) {
        if (news) {
          reader.caughtUp(position);
          news = false;
        } else {
          reader.moved(position);
        }
        synchronized (progress) {
          caughtUpTo = position;
          progress.notifyAll();
        }
      }
    }
  }

  private static long end(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
    Long end = consumer.endOffsets(List.of(partition)).get(partition);
    return end == null ? Long.MAX_VALUE : end;
  }

  private long position() {
    synchronized (progress) {
      return caughtUpTo;
    }
  }

  private void pause() {
    try {
      stopped.await(500, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped.countDown();
    }
  }

  @Override
  public void close() {
    stopped.countDown();
    synchronized (progress) {
      progress.notifyAll();
    }
    try {
      if (!thread.join(CLOSE)) {
        LOG.warn("following {} did not end within {} s", topic, CLOSE.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
