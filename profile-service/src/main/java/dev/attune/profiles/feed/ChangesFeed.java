package dev.attune.profiles.feed;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.ProfileCache;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.ProfileChange;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows every partition of {@code attune.profile-changes} from where it ends now, on a thread of
 * its own, and tells a cache. Each process follows all of it: any of them may be asked for anybody.
 *
 * <p>Nothing rests on it: what it misses, while the broker is away or before it has begun, the
 * cache reads again when it reaches its bound.
 */
public final class ChangesFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChangesFeed.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final long PAUSE_MILLIS = 500;

  private final KafkaSettings settings;
  private final String topic;
  private final ProfileCache cache;
  private final InstantSource clock;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final long startedMillis;

  /** Of each partition, when the newest record that was heard had been appended. */
  private final Map<TopicPartition, Long> heardMillis = new ConcurrentHashMap<>();

  private volatile boolean following;

  private ChangesFeed(KafkaSettings settings, ProfileCache cache, InstantSource clock) {
    this.settings = settings;
    this.topic = settings.topics().profileChanges();
    this.cache = cache;
    this.clock = clock;
    this.startedMillis = clock.millis();
    this.thread = Thread.ofPlatform().name("near-cache-feed").daemon().unstarted(this::run);
  }

  /** Starts to follow. */
  public static ChangesFeed start(KafkaSettings settings, ProfileCache cache, InstantSource clock) {
    ChangesFeed feed = new ChangesFeed(settings, cache, clock);
    feed.thread.start();
    return feed;
  }

  /**
   * How old the newest record is that was heard, in the partition where it is oldest. The refresher
   * marks each partition four times a second, changes or not.
   */
  public Duration age() {
    long oldest =
        heardMillis.values().stream().mapToLong(Long::longValue).min().orElse(startedMillis);
    return Duration.ofMillis(Math.max(0, clock.millis() - oldest));
  }

  /** Whether it knows where each partition ended, so that it misses nothing from now on. */
  public boolean isFollowing() {
    return following;
  }

  private void run() {
    while (stopped.getCount() > 0) {
      try (Consumer<byte[], byte[]> consumer = consumer()) {
        follow(consumer);
      } catch (RuntimeException e) {
        LOG.warn("following {} failed and begins again at its end", topic, e);
      }
      following = false;
      pause();
    }
  }

  private Consumer<byte[], byte[]> consumer() {
    var properties = KafkaClients.consumerProperties(settings, "near-cache-feed");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    return new KafkaConsumer<>(properties);
  }

  private void follow(Consumer<byte[], byte[]> consumer) {
    Collection<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      return; // The topic is not there yet.
    }
    consumer.assign(partitions);
    consumer.seekToEnd(List.of());
    partitions.forEach(consumer::position);
    long now = clock.millis();
    partitions.forEach(partition -> heardMillis.put(partition, now));
    following = true;
    while (stopped.getCount() > 0) {
      consumer.poll(POLL).forEach(this::hear);
    }
  }

  private void hear(ConsumerRecord<byte[], byte[]> record) {
    byte[] value = record.value();
    if (value != null) {
      try {
        ProfileChange change = ProfileChange.parseFrom(value);
        if (change.hasChanged()) {
          cache.changed(change.getChanged());
        }
      } catch (InvalidProtocolBufferException | RuntimeException e) {
        // Without the cause: its message may be about bytes of somebody's record.
        LOG.warn(
            "{}-{} at {} is no change of a profile and is passed over ({})",
            record.topic(),
            record.partition(),
            record.offset(),
            e.getClass().getSimpleName());
      }
    }
    heardMillis.put(new TopicPartition(record.topic(), record.partition()), record.timestamp());
  }

  private void pause() {
    try {
      stopped.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped.countDown();
    }
  }

  @Override
  public void close() {
    stopped.countDown();
    try {
      if (!thread.join(CLOSE)) {
        LOG.warn("following {} did not end within {} s", topic, CLOSE.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
