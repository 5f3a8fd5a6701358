package dev.attune.dispatcher.replay;

import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.dispatcher.log.AttemptLog;
import dev.attune.platform.deadletter.DeadLetterReplay;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSends;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.Attempt;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts deliveries back into their queues as they were, with their ids and bodies, or what is true
 * by now in their place; marked as replays. What is asked at every attempt is asked of them too:
 * consent, field rules, deletion.
 *
 * <p>One runs at a time in a process. What was asked for, when, and how much it was stands in the
 * webhook's delivery log, as an attempt without a number.
 */
public final class Replays implements AutoCloseable {
  /** Most deliveries in one replay. */
  public static final int DELIVERIES_MAX = 100_000;

  static final long BYTES_MAX = 64L << 20;
  private static final int LETTERS_AT_ONCE = DeadLetterReplay.LETTERS_MAX;
  private static final Duration SEND_MAX = Duration.ofSeconds(30);
  private static final Logger LOG = LoggerFactory.getLogger(Replays.class);

  private final DeliveryScan scan;
  private final NowReplay now;
  private final String deliveries;
  private final String attempts;
  private final InstantSource clock;
  private final Semaphore running = new Semaphore(1);
  private final Supplier<Producer<byte[], byte[]>> open;
  private Optional<Producer<byte[], byte[]>> producer = Optional.empty();

  /**
   * Performs no I/O before it is asked to.
   *
   * @param store says what is true now; it stays the caller's
   */
  public Replays(
      KafkaSettings settings,
      DefinitionsSource definitions,
      ProfileStore store,
      AttemptLog log,
      InstantSource clock) {
    scan = new DeliveryScan(settings);
    now = new NowReplay(scan, definitions, store, log, clock);
    deliveries = settings.topics().deliveries();
    attempts = settings.topics().attempts();
    this.clock = clock;
    open = () -> KafkaClients.producer(settings, "attune-webhook-replay");
  }

  /**
   * What a replay found.
   *
   * @param deliveries with different ids; when they are more than {@link #DELIVERIES_MAX}, one more
   *     than that
   * @param people whom they are about; of events, identifiers that brought them
   * @param skipped of what nothing is sent, by reason; empty as it was
   */
  public record Found(int deliveries, int people, Map<String, Integer> skipped) {
    public Found {
      skipped = Collections.unmodifiableSortedMap(new TreeMap<>(skipped));
    }

    Found(int deliveries, int people) {
      this(deliveries, people, Map.of());
    }
  }

  /** More was found than one replay sends. */
  public static final class TooManyException extends Exception {
    private static final long serialVersionUID = 1L;

    TooManyException(String message) {
      super(message);
    }
  }

  /** Another one runs. */
  public static final class BusyException extends Exception {
    private static final long serialVersionUID = 1L;

    BusyException() {
      super("another replay runs");
    }
  }

  /**
   * Sends one delivery again that its topic still has.
   *
   * @return false when it has none with this id for the webhook
   * @throws KafkaUnavailableException when it could not be read or sent in time
   */
  public boolean resend(String webhook, String webhookId) throws BusyException {
    return alone(
        () -> {
          List<Delivery> found = new ArrayList<>(1);
          scan.scan(
              webhook,
              Instant.EPOCH,
              clock.instant(),
              (delivery, _) -> {
                if (!delivery.getReplay() && delivery.getWebhookId().equals(webhookId)) {
                  found.add(delivery);
                }
                return found.isEmpty();
              });
          if (!found.isEmpty()) {
            send(found, false);
            record(webhook, "resent on request", found.getFirst());
          }
          return !found.isEmpty();
        });
  }

  /** How much was rendered for a webhook in a time; sends nothing. */
  public Found count(String webhook, Instant from, Instant to) throws BusyException {
    return alone(
        () -> {
          Set<String> ids = new HashSet<>();
          Set<String> people = new HashSet<>();
          scan.scan(
              webhook,
              from,
              to,
              (delivery, _) -> {
                if (!delivery.getReplay()) {
                  ids.add(delivery.getWebhookId());
                  people.add(delivery.getProfileId());
                }
                return ids.size() <= DELIVERIES_MAX;
              });
          return new Found(ids.size(), people.size());
        });
  }

  /**
   * Sends again what was rendered for a webhook in a time.
   *
   * @throws TooManyException when it is more than {@link #DELIVERIES_MAX} or 64 MB; nothing was
   *     sent
   * @throws KafkaUnavailableException when it could not be read or sent in time: some may have been
   */
  public Found replay(String webhook, Instant from, Instant to)
      throws BusyException, TooManyException {
    Optional<Found> sent =
        alone(
            () -> {
              Map<String, Delivery> found = new LinkedHashMap<>();
              long[] bytes = {0};
              scan.scan(
                  webhook,
                  from,
                  to,
                  (delivery, _) -> {
                    if (!delivery.getReplay()
                        && found.putIfAbsent(delivery.getWebhookId(), delivery) == null) {
                      bytes[0] += delivery.getSerializedSize();
                    }
                    return found.size() <= DELIVERIES_MAX && bytes[0] <= BYTES_MAX;
                  });
              if (found.size() > DELIVERIES_MAX || bytes[0] > BYTES_MAX) {
                return Optional.empty();
              }
              send(found.values(), true);
              record(
                  webhook,
                  "replayed as-was on request what was rendered from "
                      + from
                      + " to "
                      + to
                      + ": "
                      + found.size()
                      + " deliveries",
                  Delivery.getDefaultInstance());
              return Optional.of(
                  new Found(
                      found.size(),
                      (int)
                          found.values().stream().map(Delivery::getProfileId).distinct().count()));
            });
    return sent.orElseThrow(Replays::tooMany);
  }

  /**
   * Sends what is true now about whatever was rendered for a webhook in a time: of each person and
   * audience whether the person is in it, and the traits that the webhook wants.
   *
   * @param onlyDiff only where the endpoint took something else last, as far as that was since
   *     {@code from}
   * @param dryRun whether it is only counted
   * @throws TooManyException when it is more than {@link #DELIVERIES_MAX} or 64 MB; nothing was
   *     sent
   * @throws KafkaUnavailableException when it could not be read or sent in time: some may have been
   * @throws StoreException when the profiles could not be read: some may have been sent
   */
  public Found replayNow(String webhook, Instant from, Instant to, boolean onlyDiff, boolean dryRun)
      throws BusyException, TooManyException {
    Optional<Found> sent =
        alone(
            () -> {
              Optional<Found> found =
                  now.run(webhook, from, to, onlyDiff, dryRun ? _ -> {} : some -> send(some, true));
              if (!dryRun && found.isPresent()) {
                record(
                    webhook,
                    "sent on request what is true now ("
                        + (onlyDiff ? ReplayMode.ONLY_DIFF : ReplayMode.AS_NOW).label()
                        + ") of what was rendered from "
                        + from
                        + " to "
                        + to
                        + ": "
                        + found.get().deliveries()
                        + " deliveries",
                    Delivery.getDefaultInstance());
              }
              return found;
            });
    return sent.orElseThrow(Replays::tooMany);
  }

  private static TooManyException tooMany() {
    return new TooManyException(
        "these are more than "
            + DELIVERIES_MAX
            + " deliveries or "
            + (BYTES_MAX >> 20)
            + " MB; ask for a shorter time");
  }

  /** How many dead letters of a webhook can be put back; sends nothing. */
  public int countDeadLetters(String webhook, DeadLetterReplay letters) {
    return letters.openIds(ofWebhook(webhook)).size();
  }

  /**
   * Puts the dead letters of a webhook back, the oldest first.
   *
   * @return how many
   * @throws KafkaUnavailableException when it could not be done in time: some may have been
   */
  public int drain(String webhook, DeadLetterReplay letters) throws BusyException {
    return alone(
        () -> {
          List<String> ids = letters.openIds(ofWebhook(webhook));
          int replayed = 0;
          for (int i = 0; i < ids.size(); i += LETTERS_AT_ONCE) {
            List<String> some = ids.subList(i, Math.min(ids.size(), i + LETTERS_AT_ONCE));
            replayed += letters.replay(some).replayed().size();
          }
          record(
              webhook,
              "drained on request: " + replayed + " dead letters",
              Delivery.getDefaultInstance());
          return replayed;
        });
  }

  private Predicate<DeadLetter> ofWebhook(String webhook) {
    return letter ->
        letter.getReplayTopic().equals(deliveries)
            && letter.getKey().toStringUtf8().startsWith(webhook + "/");
  }

  private <T> T alone(Supplier<T> work) throws BusyException {
    if (!running.tryAcquire()) {
      throw new BusyException();
    }
    try {
      return work.get();
    } finally {
      running.release();
    }
  }

  // One person's have one key, and stand in the order in which they are sent. Many give way to what
  // is live.
  private void send(Iterable<Delivery> found, boolean bulk) {
    List<CompletableFuture<?>> sends = new ArrayList<>();
    for (Delivery delivery : found) {
      sends.add(
          write(
              deliveries,
              delivery.getWebhook() + "/" + delivery.getProfileId(),
              delivery.toBuilder()
                  .setReplay(true)
                  .setBulk(bulk || delivery.getBulk())
                  .build()
                  .toByteArray()));
    }
    await(CompletableFuture.allOf(sends.toArray(CompletableFuture[]::new)));
  }

  private void record(String webhook, String what, Delivery about) {
    LOG.info("webhook {}: {}", webhook, what);
    Attempt entry =
        Attempt.newBuilder()
            .setWebhook(webhook)
            .setProfileId(about.getProfileId())
            .setWebhookId(about.getWebhookId())
            .setStartedAtMicros(Clocks.micros(clock))
            .setOutcome(what)
            .build();
    await(write(attempts, webhook, entry.toByteArray()));
  }

  private CompletableFuture<?> write(String topic, String key, byte[] value) {
    return KafkaSends.send(
            producer(), new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value))
        .toCompletableFuture();
  }

  private synchronized Producer<byte[], byte[]> producer() {
    if (producer.isEmpty()) {
      producer = Optional.of(open.get());
    }
    return producer.get();
  }

  private static void await(CompletableFuture<?> sent) {
    try {
      sent.get(SEND_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaUnavailableException("the deliveries could not be sent again", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted while sending deliveries again", e);
    }
  }

  @Override
  public synchronized void close() {
    producer.ifPresent(open -> open.close(Duration.ofSeconds(2)));
    producer = Optional.empty();
  }
}
