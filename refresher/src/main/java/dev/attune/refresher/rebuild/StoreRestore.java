package dev.attune.refresher.rebuild;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.ProfileRestore;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.IdentityChange;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Transition;
import dev.attune.refresher.event.KafkaChanges;
import dev.attune.refresher.log.LogReader;
import dev.attune.refresher.log.LogSpan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a span of the log back into the store, some partitions at once, one span after the other:
 * {@code attune.profile-changes}, and then of {@code attune.audience-transitions} what came while
 * its profile was not there. While the store or Kafka is away it waits and tries again, for some
 * minutes. A record that does not parse, or that the store or the limits refuse, is skipped and
 * counted.
 */
final class StoreRestore implements AutoCloseable {
  private static final int WORKERS = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final long RETRY_MILLIS_MAX = 2_000;

  /** Whoever takes the transitions may be behind by this when the store loses what it had. */
  private static final Duration TRANSITIONS_LAG_MAX = Duration.ofMinutes(15);

  private static final Logger LOG = LoggerFactory.getLogger(StoreRestore.class);

  private final KafkaSettings settings;
  private final ProfileStore store;
  private final ProfileWriter writer;
  private final Supplier<Catalog> catalog;
  private final Duration timeout;
  private final Semaphore one = new Semaphore(1, true);
  private final CountDownLatch stop = new CountDownLatch(1);

  StoreRestore(
      KafkaSettings settings,
      ProfileStore store,
      ProfileWriter writer,
      Supplier<Catalog> catalog,
      Duration timeout) {
    this.settings = settings;
    this.store = store;
    this.writer = writer;
    this.catalog = catalog;
    this.timeout = timeout;
  }

  /**
   * What came of it.
   *
   * @param written profiles that were written as they were
   * @param merged profiles and identifiers to which something was added, since somebody had written
   *     them meanwhile
   * @param skipped records that could not be read or written
   */
  record Outcome(long written, long merged, long skipped) {}

  /** Hears how far it is; called by several threads. */
  interface Progress {
    /** So many offsets there are to pass; the log is read twice. */
    void total(long offsets);

    /** So many are passed. */
    void passed(long offsets);
  }

  /**
   * Brings it back; blocks until all of it is there.
   *
   * @param since what was told before is there; {@link Instant#EPOCH}: nothing may be
   * @throws StoreException when the store stays away
   * @throws KafkaException when the log stays away
   * @throws InterruptedException also when it is closed meanwhile
   */
  Outcome run(Instant since, Progress progress) throws InterruptedException {
    one.acquire();
    try {
      return new Run(since, progress).run();
    } finally {
      one.release();
    }
  }

  private <T> T patiently(Supplier<T> work) throws InterruptedException {
    long givenUp = System.nanoTime() + PATIENCE.toNanos();
    for (int attempt = 0; ; attempt++) {
      try {
        return work.get();
      } catch (StoreException | KafkaException | KafkaUnavailableException e) {
        if (isCorrupt(e) || System.nanoTime() > givenUp) {
          throw e;
        }
        LOG.debug("bringing back waits", e);
      }
      if (stop.await(
          Math.min(RETRY_MILLIS_MAX, 50L << Math.min(attempt, 10)), TimeUnit.MILLISECONDS)) {
        throw new InterruptedException("closed");
      }
    }
  }

  private static boolean isCorrupt(RuntimeException e) {
    return e instanceof StoreException store && store.kind() == StoreException.Kind.CORRUPT;
  }

  /** Ends what is under way; repeating it is safe. */
  @Override
  public void close() {
    stop.countDown();
  }

  /** One span on its way. */
  private final class Run {
    private final Instant since;
    private final LogSpan changes;
    private final Progress progress;
    private final Map<TopicPartition, ProfileRestore> restores = new LinkedHashMap<>();
    private final AtomicLong passed = new AtomicLong();
    private final AtomicLong skipped = new AtomicLong();

    Run(Instant since, Progress progress) throws InterruptedException {
      this.since = since;
      this.progress = progress;
      changes = patiently(() -> LogSpan.of(settings, settings.topics().profileChanges(), since));
      progress.total(2 * changes.length() + transitions().length());
    }

    private LogSpan transitions() throws InterruptedException {
      Instant told = since.equals(Instant.EPOCH) ? since : since.minus(TRANSITIONS_LAG_MAX);
      return patiently(() -> LogSpan.of(settings, settings.topics().audienceTransitions(), told));
    }

    Outcome run() throws InterruptedException {
      try (ExecutorService executor =
          Executors.newFixedThreadPool(
              WORKERS, Thread.ofPlatform().daemon().name("rebuild-", 0).factory())) {
        // Each step by all before the next: people first, then what is known of them.
        each(executor, changes, reading(this::identities));
        each(executor, changes, (_, _, restore) -> settled(restore::mark));
        each(executor, changes, (_, _, restore) -> settled(restore::finishIdentities));
        each(executor, changes, reading(this::profiles));
        each(executor, changes, (_, _, restore) -> settled(restore::mark));
        each(executor, changes, (_, _, restore) -> settled(restore::finishProfiles));
        // Up to the end as of now: whoever takes those behind it finds their profiles.
        each(executor, transitions(), reading(this::memberships));
      }
      long written = restores.values().stream().mapToLong(ProfileRestore::written).sum();
      long merged = restores.values().stream().mapToLong(ProfileRestore::merged).sum();
      return new Outcome(written, merged, skipped.get());
    }

    /** What is done with one partition. */
    private interface Step {
      void take(TopicPartition partition, LogSpan.Range range, ProfileRestore restore)
          throws InterruptedException;
    }

    /** What is done with some records of it. */
    private interface Records {
      void take(ProfileRestore restore, List<ConsumerRecord<byte[], byte[]>> batch)
          throws InterruptedException;
    }

    private void each(ExecutorService executor, LogSpan span, Step step)
        throws InterruptedException {
      List<Callable<Void>> tasks = new ArrayList<>();
      span.ranges()
          .forEach(
              (partition, range) -> {
                ProfileRestore restore =
                    restores.computeIfAbsent(
                        partition, _ -> new ProfileRestore(store, writer, catalog, timeout));
                tasks.add(
                    () -> {
                      step.take(partition, range, restore);
                      return null;
                    });
              });
      for (Future<Void> task : executor.invokeAll(tasks)) {
        try {
          task.get();
        } catch (ExecutionException e) {
          if (e.getCause() instanceof InterruptedException interrupted) {
            throw interrupted;
          }
          if (e.getCause() instanceof RuntimeException failure) {
            throw failure;
          }
          throw new IllegalStateException(e.getCause());
        }
      }
      if (stop.getCount() == 0) {
        throw new InterruptedException("closed");
      }
    }

    private Step reading(Records records) {
      return (partition, range, restore) -> {
        long[] before = {0};
        new LogReader(settings, () -> stop.getCount() == 0)
            .read(
                partition,
                range,
                batch -> records.take(restore, batch),
                done -> {
                  progress.passed(passed.addAndGet(done - before[0]));
                  before[0] = done;
                });
      };
    }

    private void identities(ProfileRestore restore, List<ConsumerRecord<byte[], byte[]>> batch)
        throws InterruptedException {
      List<IdentityChange> changes = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> record : batch) {
        if (key(record).startsWith(KafkaChanges.IDENTITY_KEY)) {
          ProfileChange change = parsed(record);
          if (change.hasIdentity()) {
            changes.add(change.getIdentity());
          }
        }
      }
      take(changes, restore::identities);
    }

    private void profiles(ProfileRestore restore, List<ConsumerRecord<byte[], byte[]>> batch)
        throws InterruptedException {
      List<ProfileRecord> records = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> record : batch) {
        if (!key(record).startsWith("~")) {
          ProfileChange change = parsed(record);
          if (change.hasChanged()) {
            records.add(change.getChanged().getRecord());
          }
        }
      }
      take(records, restore::profiles);
    }

    private void memberships(ProfileRestore restore, List<ConsumerRecord<byte[], byte[]>> batch)
        throws InterruptedException {
      List<Transition> transitions = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> record : batch) {
        try {
          transitions.add(
              record.value() == null
                  ? Transition.getDefaultInstance()
                  : Transition.parseFrom(record.value()));
        } catch (InvalidProtocolBufferException e) {
          // Whoever took it the first time told the dead letters.
          skipped.incrementAndGet();
        }
      }
      take(transitions, restore::memberships);
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
      return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    }

    private ProfileChange parsed(ConsumerRecord<byte[], byte[]> record) {
      try {
        return record.value() == null
            ? ProfileChange.getDefaultInstance()
            : ProfileChange.parseFrom(record.value());
      } catch (InvalidProtocolBufferException e) {
        LOG.warn("a record of the log does not parse: {}-{}", record.partition(), record.offset());
        skipped.incrementAndGet();
        return ProfileChange.getDefaultInstance();
      }
    }

    private <T> void take(List<T> items, Consumer<List<T>> work) throws InterruptedException {
      if (items.isEmpty()) {
        return;
      }
      try {
        patiently(
            () -> {
              work.accept(items);
              return true;
            });
      } catch (StoreException | IllegalArgumentException | IllegalStateException e) {
        if (e instanceof StoreException && !isCorrupt(e)) {
          throw e;
        }
        if (items.size() == 1) {
          LOG.warn("a record of the log is skipped: {}", e.getClass().getSimpleName());
          skipped.incrementAndGet();
          return;
        }
        // One of them is at fault: alone, each goes its own way.
        for (T item : items) {
          take(List.of(item), work);
        }
      }
    }

    private void settled(Runnable work) throws InterruptedException {
      patiently(
          () -> {
            work.run();
            return true;
          });
    }
  }
}
