package dev.attune.platform.definition;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.webhook.WebhookState;
import dev.attune.core.webhook.WebhookStates;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.Definition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a folder of definitions: checks the set that results, then writes all of it in one
 * transaction, or nothing. Never removes unless told to prune.
 */
public final class DefinitionsPublisher
    implements DefinitionsPreview, DefinitionEdits, WebhookStates {
  /** Longest wait for the broker and for the own feed, each. */
  private static final Duration WAIT = Duration.ofSeconds(20);

  private final KafkaSettings settings;
  private final DefinitionsFeed feed;
  private final InstantSource clock;
  private final ReentrantLock one = new ReentrantLock();

  public DefinitionsPublisher(KafkaSettings settings, DefinitionsFeed feed, InstantSource clock) {
    this.settings = settings;
    this.feed = feed;
    this.clock = clock;
  }

  /**
   * Applies, or says what applying would do. Returns once the own feed has the new set.
   *
   * @param prune removes what is stored and not among the files
   * @param dryRun changes nothing
   * @throws DefinitionException for the first definition that cannot be taken; nothing was
   *     published
   * @throws KafkaUnavailableException when Kafka did not do it in time; applying again is safe
   */
  public Applied apply(Collection<DefinitionFile> files, boolean prune, boolean dryRun) {
    return alone(
        () -> {
          if (dryRun) {
            awaitEnd();
            return dryRun(files, prune);
          }
          return publish(files, prune);
        });
  }

  /**
   * Pauses an audience, or ends its pause. Returns once the own feed has it; false when there is no
   * such audience.
   *
   * @throws KafkaUnavailableException as {@link #apply}
   */
  public boolean pause(String audience, boolean paused) {
    return alone(
        () -> {
          try (Producer<byte[], byte[]> producer = producer()) {
            producer.initTransactions();
            awaitEnd();
            if (!feed.current().audiences().containsKey(audience)) {
              return false;
            }
            if (feed.current().paused().contains(audience) != paused) {
              String key = Definitions.PAUSE + "/" + audience;
              Definition pause =
                  Definition.newBuilder()
                      .setKind(Definitions.PAUSE)
                      .setId(audience)
                      .setVersion(nextVersion(feed.stored()))
                      .build();
              long last =
                  paused
                      ? write(producer, Map.of(key, pause), List.of())
                      : write(producer, Map.of(), List.of(key));
              feed.awaitOffset(last + 1, WAIT);
            }
            return true;
          }
        });
  }

  /**
   * {@inheritDoc}
   *
   * @throws KafkaUnavailableException as {@link #apply}
   */
  @Override
  public Optional<WebhookState> change(String webhook, UnaryOperator<WebhookState> change) {
    return alone(
        () -> {
          try (Producer<byte[], byte[]> producer = producer()) {
            producer.initTransactions();
            awaitEnd();
            if (!feed.current().webhooks().containsKey(webhook)) {
              return Optional.empty();
            }
            WebhookState before = feed.current().webhookState(webhook);
            WebhookState after = change.apply(before);
            if (!after.equals(before)) {
              String key = Definitions.WEBHOOK_STATE + "/" + webhook;
              Definition state =
                  Definition.newBuilder()
                      .setKind(Definitions.WEBHOOK_STATE)
                      .setId(webhook)
                      .setVersion(nextVersion(feed.stored()))
                      .setPath(key)
                      .setYaml(after.yaml())
                      .build();
              long last = write(producer, Map.of(key, state), List.of());
              feed.awaitOffset(last + 1, WAIT);
            }
            return Optional.of(after);
          }
        });
  }

  @Override
  public Optional<Definition> stored(String key) {
    return Optional.ofNullable(feed.stored().get(key));
  }

  @Override
  public <T> T edit(Change<T> change) {
    return alone(
        () -> {
          try (Producer<byte[], byte[]> producer = producer()) {
            producer.initTransactions();
            awaitEnd();
            Map<String, Definition> stored = feed.stored();
            Edit<T> edit = change.of(stored, nextVersion(stored));
            if (!edit.write().isEmpty() || !edit.remove().isEmpty()) {
              Map<String, Definition> result = new TreeMap<>(stored);
              result.putAll(edit.write());
              result.keySet().removeAll(edit.remove());
              Map<String, String> outdated = Definitions.ofStored(result.values()).outdated();
              for (String key : edit.write().keySet()) {
                String why = outdated.get(key);
                if (why != null) {
                  throw new DefinitionException(why);
                }
              }
              long last = write(producer, edit.write(), List.copyOf(edit.remove()));
              feed.awaitOffset(last + 1, WAIT);
            }
            return edit.result();
          }
        });
  }

  private interface Publishing<T> {
    T run() throws InterruptedException, ExecutionException, TimeoutException;
  }

  private <T> T alone(Publishing<T> work) {
    one.lock();
    try {
      return work.run();
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw new KafkaUnavailableException("the definitions could not be published", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted while publishing definitions", e);
    } finally {
      one.unlock();
    }
  }

  /** Of what the own feed has heard by now: a look need not wait for the log's end. */
  @Override
  public Previewed with(Collection<DefinitionFile> files, boolean prune) {
    Map<String, Definition> stored = feed.stored();
    DefinitionsPlan plan =
        DefinitionsPlan.of(stored, files, nextVersion(stored), prune, settings.topics());
    return new Previewed(plan.result(), plan.warnings());
  }

  private Applied dryRun(Collection<DefinitionFile> files, boolean prune) {
    Map<String, Definition> stored = feed.stored();
    DefinitionsPlan plan =
        DefinitionsPlan.of(stored, files, nextVersion(stored), prune, settings.topics());
    return new Applied(
        newest(stored),
        plan.added(),
        plan.changed(),
        plan.unchanged(),
        List.of(),
        plan.missing(),
        plan.warnings());
  }

  private Applied publish(Collection<DefinitionFile> files, boolean prune)
      throws InterruptedException, ExecutionException, TimeoutException {
    try (Producer<byte[], byte[]> producer = producer()) {
      // Fences a publisher elsewhere and ends what it left open; what it committed is read first,
      // so that the plan is made against what is really stored.
      producer.initTransactions();
      awaitEnd();
      Map<String, Definition> stored = feed.stored();
      long version = nextVersion(stored);
      DefinitionsPlan plan = DefinitionsPlan.of(stored, files, version, prune, settings.topics());
      List<String> removed = prune ? plan.missing() : List.of();
      if (!plan.write().isEmpty() || !removed.isEmpty()) {
        feed.awaitOffset(
            write(producer, plan.write(), withStates(removed, stored, plan.result())) + 1, WAIT);
        feed.lastProblem()
            .ifPresent(
                problem -> {
                  throw new DefinitionException(problem);
                });
      }
      return new Applied(
          newest(feed.stored()),
          plan.added(),
          plan.changed(),
          plan.unchanged(),
          removed,
          prune ? List.of() : plan.missing(),
          plan.warnings());
    }
  }

  // Whoever defines such an audience or webhook again later does not find it paused, and signs with
  // a new secret.
  private static List<String> withStates(
      List<String> removed, Map<String, Definition> stored, Definitions result) {
    List<String> all = new ArrayList<>(removed);
    for (String key : removed) {
      String name = key.substring(key.indexOf('/') + 1);
      String pause = Definitions.PAUSE + "/" + name;
      if (stored.containsKey(pause) && !result.audiences().containsKey(name)) {
        all.add(pause);
      }
      String state = Definitions.WEBHOOK_STATE + "/" + name;
      String secrets = Definitions.WEBHOOK_SECRET + "/" + name;
      if (key.startsWith("webhook/")) {
        Stream.of(state, secrets).filter(stored::containsKey).forEach(all::add);
      }
    }
    return all;
  }

  /** Returns the last written offset. */
  private long write(
      Producer<byte[], byte[]> producer, Map<String, Definition> write, List<String> removed)
      throws InterruptedException, ExecutionException, TimeoutException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    producer.beginTransaction();
    try {
      write.forEach(
          (key, definition) -> sent.add(producer.send(toRecord(key, definition.toByteArray()))));
      removed.forEach(key -> sent.add(producer.send(toRecord(key, null))));
      producer.commitTransaction();
    } catch (KafkaException e) {
      producer.abortTransaction();
      throw e;
    }
    long last = -1;
    for (Future<RecordMetadata> one : sent) {
      last = Math.max(last, one.get(WAIT.toMillis(), TimeUnit.MILLISECONDS).offset());
    }
    return last;
  }

  private ProducerRecord<byte[], byte[]> toRecord(String key, byte @Nullable [] value) {
    return new ProducerRecord<>(
        settings.topics().definitions(), 0, key.getBytes(StandardCharsets.UTF_8), value);
  }

  private Producer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        KafkaClients.transactionalProducerProperties(
            settings,
            "attune-definitions-publisher",
            settings.topics().group("definitions-publisher")));
  }

  private void awaitEnd() throws InterruptedException, ExecutionException, TimeoutException {
    TopicPartition partition = new TopicPartition(settings.topics().definitions(), 0);
    try (Admin admin = KafkaClients.admin(settings, "attune-definitions-end")) {
      long end =
          admin
              .listOffsets(
                  Map.of(partition, OffsetSpec.latest()),
                  new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
              .partitionResult(partition)
              .get(WAIT.toMillis(), TimeUnit.MILLISECONDS)
              .offset();
      feed.awaitOffset(end, WAIT);
    }
  }

  private long nextVersion(Map<String, Definition> stored) {
    return Math.max(newest(stored) + 1, ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()));
  }

  private static long newest(Map<String, Definition> stored) {
    return stored.values().stream().mapToLong(Definition::getVersion).max().orElse(0);
  }
}
