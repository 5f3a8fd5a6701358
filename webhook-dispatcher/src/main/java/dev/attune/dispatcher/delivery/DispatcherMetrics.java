package dev.attune.dispatcher.delivery;

import dev.attune.core.webhook.WebhookState;
import dev.attune.dispatcher.clock.Clocks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The dispatcher's figures.
 *
 * <ul>
 *   <li>{@code attune.dispatcher.attempts} (webhook, outcome): compare {@code delivered} with
 *       {@code failed}; worry when failed grows faster for longer than an endpoint's deployment
 *       takes. {@code blocked} are deliveries about people who do not consent or have been deleted;
 *       {@code not_sent} wait for a secret, or for who says who consents and who has been deleted;
 *       {@code unsendable} bodies do not parse, so that no field of them can be masked.
 *   <li>{@code attune.dispatcher.latency} (webhook): from the cause until it was delivered; replays
 *       are not in it.
 *   <li>{@code attune.dispatcher.dead.letters} (webhook): each one is a delivery that was given up.
 *   <li>{@code attune.dispatcher.dropped} (webhook, reason): states that nobody needs to be told
 *       of: {@code overtaken} by a newer one before their first attempt, or {@code unchanged} since
 *       what the endpoint was sent last. It grows with what waits, and is no trouble of its own.
 *   <li>{@code attune.dispatcher.disabled} and {@code attune.dispatcher.held} (webhook): how often
 *       it became so since the start, by this process; each one is for its owner. {@code
 *       attune.dispatcher.webhooks} (state: {@code paused}, {@code disabled}, {@code held}): how
 *       many are so; worry when any is disabled or held.
 *   <li>{@code attune.dispatcher.circuits.open}: endpoints to which hardly any attempt is made,
 *       because all of them failed; worry when it is more than a deployment explains.
 *   <li>{@code attune.dispatcher.pending} and {@code attune.dispatcher.oldest.pending.seconds}
 *       (webhook): worry when the age passes what subscribers were promised.
 *   <li>{@code attune.dispatcher.lane.depth} (webhook, lane: {@code live}, {@code bulk}): what of
 *       {@code pending} happened to single people, and what comes of a recompute; worry when {@code
 *       live} grows.
 *   <li>{@code attune.dispatcher.views.failed}: profiles that could not be read for the view of a
 *       template; the renderings wait and are tried again. Worry when it grows.
 *   <li>{@code attune.events.duplicates} (kind): {@code recognised} copies of events were not told
 *       again, counted for each webhook, also those that were emitted again after a crash; {@code
 *       late} events happened so long before their receipt that a first copy may be forgotten.
 * </ul>
 *
 * <p>At most {@value #LABELS_MAX} webhooks have a label of their own; the others share one.
 */
public final class DispatcherMetrics {
  private static final int LABELS_MAX = 200;
  private static final String OTHER = "~other";

  private final MeterRegistry registry;
  private final Backlog backlog;
  private final InstantSource clock;
  private final Set<String> labels = ConcurrentHashMap.newKeySet();
  private final Counter recognised;
  private final Counter late;
  private final Counter viewsFailed;
  private final LongAdder delivered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder deadLettered = new LongAdder();

  /** Registers figures as they come. */
  public DispatcherMetrics(MeterRegistry registry, Backlog backlog, InstantSource clock) {
    this.registry = registry;
    this.backlog = backlog;
    this.clock = clock;
    recognised = duplicates(registry, "recognised");
    late = duplicates(registry, "late");
    viewsFailed = registry.counter("attune.dispatcher.views.failed");
  }

  /** Deliveries that their endpoint took, since the start. */
  public long delivered() {
    return delivered.sum();
  }

  /** Attempts that failed, since the start. */
  public long failed() {
    return failed.sum();
  }

  /** Deliveries that were given up, since the start. */
  public long deadLettered() {
    return deadLettered.sum();
  }

  /** Counts a copy of an event that a webhook is not told again. */
  void recognised() {
    recognised.increment();
  }

  /** Counts an event that came so late that its first copy may be forgotten. */
  public void late() {
    late.increment();
  }

  /** Counts a profile that could not be read for a view; it is read again. */
  public void viewFailed() {
    viewsFailed.increment();
  }

  private static Counter duplicates(MeterRegistry registry, String kind) {
    return Counter.builder("attune.events.duplicates")
        .tag("part", "dispatcher")
        .tag("kind", kind)
        .description("Copies of events that were recognised, or came so late that they may be some")
        .register(registry);
  }

  void delivered(String webhook) {
    delivered.increment();
    attempt(webhook, "delivered");
  }

  void latency(String webhook, long latencyMicros) {
    Timer.builder("attune.dispatcher.latency")
        .tag("webhook", label(webhook))
        .publishPercentileHistogram()
        .register(registry)
        .record(Duration.ofNanos(Math.max(0, latencyMicros) * 1_000));
  }

  void failed(String webhook, String outcome) {
    failed.increment();
    attempt(webhook, outcome);
  }

  void blocked(String webhook) {
    attempt(webhook, "blocked");
  }

  void deadLettered(String webhook) {
    deadLettered.increment();
    registry.counter("attune.dispatcher.dead.letters", "webhook", label(webhook)).increment();
  }

  void dropped(String webhook, String reason) {
    registry
        .counter("attune.dispatcher.dropped", "webhook", label(webhook), "reason", reason)
        .increment();
  }

  void shut(String webhook, WebhookState.Status status) {
    registry.counter("attune.dispatcher." + status.label(), "webhook", label(webhook)).increment();
  }

  /** Shows from now on how many webhooks are not delivered to. */
  public void show(Gates gates) {
    for (WebhookState.Status status :
        List.of(
            WebhookState.Status.PAUSED, WebhookState.Status.DISABLED, WebhookState.Status.HELD)) {
      Gauge.builder("attune.dispatcher.webhooks", gates, g -> g.count(status))
          .tag("state", status.label())
          .register(registry);
    }
  }

  /** Shows from now on how many endpoints do nothing but fail. */
  public void show(Slots slots) {
    Gauge.builder("attune.dispatcher.circuits.open", slots, Slots::broken).register(registry);
  }

  private void attempt(String webhook, String outcome) {
    registry
        .counter("attune.dispatcher.attempts", "webhook", label(webhook), "outcome", outcome)
        .increment();
  }

  /** Shows a webhook's backlog from now on. */
  void show(String webhook) {
    label(webhook);
  }

  private String label(String webhook) {
    if (labels.contains(webhook)) {
      return webhook;
    }
    if (labels.size() >= LABELS_MAX) {
      return OTHER;
    }
    if (labels.add(webhook)) {
      Tags tags = Tags.of("webhook", webhook);
      Gauge.builder("attune.dispatcher.pending", backlog, b -> b.pending(webhook))
          .tags(tags)
          .register(registry);
      Gauge.builder(
              "attune.dispatcher.oldest.pending.seconds",
              backlog,
              b -> b.oldestAgeSeconds(webhook, Clocks.micros(clock)))
          .tags(tags)
          .register(registry);
      for (Urgency urgency : Urgency.values()) {
        Gauge.builder("attune.dispatcher.lane.depth", backlog, b -> b.pending(webhook, urgency))
            .tags(tags.and("lane", urgency.label()))
            .register(registry);
      }
    }
    return webhook;
  }
}
