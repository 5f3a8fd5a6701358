package dev.attune.dispatcher;

import dev.attune.core.profile.ProfileStore;
import dev.attune.core.webhook.Deletions;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookStates;
import dev.attune.dispatcher.api.WebhooksHttp;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.dispatcher.consent.ConsentedSender;
import dev.attune.dispatcher.consent.StoredConsents;
import dev.attune.dispatcher.deletion.DeletedSender;
import dev.attune.dispatcher.delivery.Backlog;
import dev.attune.dispatcher.delivery.Delivering;
import dev.attune.dispatcher.delivery.DeliveryOwner;
import dev.attune.dispatcher.delivery.DispatcherMetrics;
import dev.attune.dispatcher.delivery.Gates;
import dev.attune.dispatcher.delivery.Health;
import dev.attune.dispatcher.delivery.Slots;
import dev.attune.dispatcher.fields.MaskedSender;
import dev.attune.dispatcher.keys.PublicKeysHttp;
import dev.attune.dispatcher.log.AttemptLog;
import dev.attune.dispatcher.log.AttemptsHttp;
import dev.attune.dispatcher.operational.OwnerNews;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.replay.Replays;
import dev.attune.dispatcher.replay.ReplaysHttp;
import dev.attune.dispatcher.sample.SamplesHttp;
import dev.attune.dispatcher.send.AddressPolicy;
import dev.attune.dispatcher.send.GeneratedSecrets;
import dev.attune.dispatcher.send.HttpSender;
import dev.attune.dispatcher.send.LocalSecrets;
import dev.attune.dispatcher.send.SealingKeys;
import dev.attune.dispatcher.send.Secrets;
import dev.attune.dispatcher.send.Sender;
import dev.attune.dispatcher.send.Signatures;
import dev.attune.platform.deadletter.DeadLetterReplay;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.Readiness;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The webhook dispatcher as a part of a process. */
public final class DispatcherPart implements Part {
  private static final Logger LOG = LoggerFactory.getLogger(DispatcherPart.class);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(3);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(10);
  private static final int STATUS_MAX = 30;

  private final DefinitionsSource definitions;
  private final Signatures signatures;
  private final Sender sender;
  private final Sender aboutNobody;
  private final Slots slots;
  private final Backlog backlog;
  private final WebhooksHttp webhooks;
  private final AttemptLog attempts;
  private final Replays replays;
  private final OwnerNews news;
  private final DispatcherMetrics metrics;
  private final ExecutorService beside =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("webhook-states-", 0).factory());
  private final AtomicBoolean draining = new AtomicBoolean();
  private final InstantSource clock;
  private final KafkaStreams streams;

  /**
   * A dispatcher that is not started; performs no I/O but that of its state directory.
   *
   * @param states where it keeps that a webhook is disabled
   * @param store says who consents, and what is true now; it stays the caller's
   * @param deletions says who has been deleted
   * @throws IllegalArgumentException for a setting that cannot be
   */
  public static DispatcherPart create(
      KafkaSettings kafka,
      DefinitionsSource definitions,
      WebhookStates states,
      ProfileStore store,
      Deletions deletions,
      DeadLetters deadLetters,
      DispatcherConfig config,
      MeterRegistry registry) {
    Secrets secrets =
        new GeneratedSecrets(LocalSecrets.ofProcess(), definitions, SealingKeys.ofProcess());
    Signatures signatures = new Signatures(secrets);
    Sender http =
        HttpSender.create(
            signatures,
            AddressPolicy.of(config.allow()),
            config.proxy(),
            config.version(),
            config.attemptsMax() + Slots.BEYOND_MAX);
    // What is asked about a person comes before what is done with the body: deletion, consent,
    // field rules, signature, address. Every attempt goes through all of it, a replay's too.
    Sender masked = new MaskedSender(http, secrets);
    Sender sender =
        new DeletedSender(new ConsentedSender(masked, new StoredConsents(store)), deletions);
    return new DispatcherPart(
        kafka,
        definitions,
        states,
        deadLetters,
        config,
        registry,
        signatures,
        store,
        sender,
        masked,
        InstantSource.system());
  }

  DispatcherPart(
      KafkaSettings kafka,
      DefinitionsSource definitions,
      WebhookStates states,
      DeadLetters deadLetters,
      DispatcherConfig config,
      MeterRegistry registry,
      Signatures signatures,
      ProfileStore store,
      Sender sender,
      Sender aboutNobody,
      InstantSource clock) {
    this.definitions = definitions;
    this.signatures = signatures;
    this.sender = sender;
    this.aboutNobody = aboutNobody;
    this.clock = clock;
    slots = new Slots(config.attemptsMax(), config.attemptsPerWebhookMax());
    attempts = new AttemptLog(kafka);
    replays = new Replays(kafka, definitions, store, attempts, clock);
    backlog = new Backlog();
    Health health = new Health(clock);
    webhooks = new WebhooksHttp(definitions, backlog, health, slots, signatures, clock);
    metrics = new DispatcherMetrics(registry, backlog, clock);
    news = new OwnerNews(definitions, kafka);
    Gates gates = new Gates(definitions, states, metrics, news, beside, config.holdAbove(), clock);
    metrics.show(gates);
    metrics.show(slots);
    Delivering delivering =
        new Delivering(
            definitions,
            gates,
            sender,
            slots,
            config.retries(),
            config.pendingMax(),
            deadLetters,
            new Poison(deadLetters, clock),
            backlog,
            health,
            metrics,
            draining,
            clock,
            () -> ThreadLocalRandom.current().nextLong());
    streams =
        new KafkaStreams(
            DispatcherTopology.of(kafka.topics(), delivering, store),
            StreamsSettings.of(kafka, config));
    streams.setUncaughtExceptionHandler(
        error -> {
          LOG.error("a dispatcher thread failed and is replaced", error);
          // What failed once may fail again at once: do not spin.
          LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
          return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
  }

  @Override
  public String name() {
    return "webhook-dispatcher";
  }

  @Override
  public void start() {
    streams.start();
  }

  @Override
  public Readiness readiness() {
    KafkaStreams.State state = streams.state();
    return state == KafkaStreams.State.RUNNING
        ? Readiness.READY
        : Readiness.notReady("the dispatcher's stream is " + state);
  }

  @Override
  public Map<String, Object> status() {
    long pending = 0;
    long oldest = 0;
    int gone = 0;
    for (String webhook : backlog.webhooks()) {
      pending += backlog.pending(webhook);
      oldest = Math.max(oldest, backlog.oldestAgeSeconds(webhook, Clocks.micros(clock)));
      gone += definitions.current().webhooks().containsKey(webhook) ? 0 : 1;
    }
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("state", streams.state().toString());
    status.put("lag", lag());
    status.put("webhooks", definitions.current().webhooks().size());
    status.put("pending", pending);
    status.put("oldest pending, s", oldest);
    status.put("delivered", metrics.delivered());
    status.put("failed attempts", metrics.failed());
    status.put("dead-lettered", metrics.deadLettered());
    if (gone > 0) {
      status.put("webhooks without definition that have deliveries", gone);
    }
    for (WebhookDefinition webhook : definitions.current().webhooks().values()) {
      webhooks
          .trouble(webhook)
          .ifPresent(trouble -> status.put("webhook " + webhook.name(), trouble));
      if (status.size() >= STATUS_MAX) {
        break;
      }
    }
    return status;
  }

  // Records that wait in its partitions, as of each partition's last fetch; commit markers count as
  // records.
  private long lag() {
    return streams.metrics().entrySet().stream()
        .filter(
            entry ->
                entry.getKey().name().equals("records-lag")
                    && entry.getKey().tags().containsKey("partition"))
        .map(entry -> entry.getValue().metricValue())
        .filter(Number.class::isInstance)
        .mapToDouble(value -> ((Number) value).doubleValue())
        .filter(value -> value > 0)
        .mapToLong(value -> (long) value)
        .sum();
  }

  @Override
  public void routes(HttpRouting.Builder http) {
    webhooks.accept(http);
    new AttemptsHttp(definitions, attempts).accept(http);
    new SamplesHttp(definitions, aboutNobody, clock).accept(http);
    new PublicKeysHttp(definitions, signatures, clock).accept(http);
  }

  /** The routes by which operators have something sent again, from dead letters too. */
  public ReplaysHttp replays(DeadLetterReplay letters) {
    return new ReplaysHttp(definitions, replays, letters, clock);
  }

  /** Lets running attempts end for a moment; what does not end is made again after a restart. */
  @Override
  public void close() {
    draining.set(true);
    replays.close();
    if (!slots.awaitNoneUsed(DRAIN_MAX)) {
      LOG.info("attempts are cut off; they are made again after the restart");
    }
    // The owners take the last ends in at their next tick.
    LockSupport.parkNanos(DeliveryOwner.TICK.multipliedBy(5).toNanos());
    streams.close(CLOSE_MAX);
    sender.close();
    beside.shutdownNow();
    news.close();
  }
}
