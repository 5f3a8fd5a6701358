package dev.attune.dispatcher.delivery;

import dev.attune.core.webhook.FlipLimit;
import dev.attune.core.webhook.WebhookState;
import dev.attune.core.webhook.WebhookStates;
import dev.attune.dispatcher.guard.Holds;
import dev.attune.platform.definition.DefinitionsSource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether each webhook is delivered to: not while it is paused, disabled or held. It is disabled
 * when its endpoint says that it has gone, and when it did nothing but fail for 5 days, in any
 * process; it is held when one run moved too much of an audience.
 *
 * <p>The states stand beside the definitions, which every process follows. That a webhook fails is
 * told there once it has lasted for an hour, and taken back by the first success of any process: so
 * the 5 days go on through restarts, and one partition whose deliveries all fail disables nothing
 * that others deliver to.
 */
public final class Gates implements Holds {
  static final Duration FAILING_MAX = Duration.ofDays(5);
  static final Duration TOLD_AFTER = Duration.ofHours(1);
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(Gates.class);

  private final DefinitionsSource definitions;
  private final WebhookStates states;
  private final DispatcherMetrics metrics;
  private final Disablings disablings;
  private final Executor beside;
  private final FlipLimit otherwise;
  private final InstantSource clock;

  /** Since when this process has seen nothing but failure. */
  private final ConcurrentHashMap<String, Streak> streaks = new ConcurrentHashMap<>();

  /** Shut here already, and not in the definitions yet. */
  private final ConcurrentHashMap<String, Shutting> shutting = new ConcurrentHashMap<>();

  /** Webhooks of which something is being told: one thing at a time. */
  private final Set<String> telling = ConcurrentHashMap.newKeySet();

  /**
   * All are as the definitions say.
   *
   * @param disablings told of each webhook that this process has disabled
   * @param beside runs what waits for Kafka
   * @param otherwise when webhooks are held whose definition does not say
   */
  public Gates(
      DefinitionsSource definitions,
      WebhookStates states,
      DispatcherMetrics metrics,
      Disablings disablings,
      Executor beside,
      FlipLimit otherwise,
      InstantSource clock) {
    this.definitions = definitions;
    this.states = states;
    this.metrics = metrics;
    this.disablings = disablings;
    this.beside = beside;
    this.otherwise = otherwise;
    this.clock = clock;
  }

  /** Whether deliveries to the webhook may be sent now. */
  boolean isOpen(String webhook) {
    Shutting one = shutting.get(webhook);
    if (one != null) {
      shut(webhook, one);
      return false;
    }
    return state(webhook).isActive();
  }

  /** An attempt was taken. */
  void delivered(String webhook) {
    streaks.remove(webhook);
    if (state(webhook).isFailing()) {
      tell(webhook, WebhookState::well, () -> {});
    }
  }

  /**
   * An attempt failed.
   *
   * @param words how, without personal values
   * @param startedAt when the attempt began
   */
  void failed(String webhook, String words, Instant startedAt) {
    WebhookState state = state(webhook);
    if (startedAt.isBefore(state.since())) {
      // It was resumed meanwhile: what happened before does not count any more.
      return;
    }
    Instant now = clock.instant();
    if (state.isFailing()) {
      streaks.put(webhook, new Streak(state.failingSince(), true));
      if (!now.isBefore(state.failingSince().plus(FAILING_MAX))) {
        disable(
            webhook,
            "nothing but failure since "
                + state.failingSince().truncatedTo(ChronoUnit.SECONDS)
                + ", the last: "
                + words,
            startedAt);
      }
      return;
    }
    Streak streak =
        streaks.compute(
            webhook,
            // One that was told and is not known any more ended with a success elsewhere.
            (_, s) -> s == null || s.told ? new Streak(startedAt, false) : s);
    if (!now.isBefore(streak.since.plus(TOLD_AFTER))) {
      tell(
          webhook,
          known -> known.failing(streak.since),
          () -> streaks.replace(webhook, streak, new Streak(streak.since, true)));
    }
  }

  /** The endpoint says that it is there no more. */
  void gone(String webhook, Instant startedAt) {
    if (!startedAt.isBefore(state(webhook).since())) {
      disable(webhook, "the endpoint has gone (HTTP 410)", startedAt);
    }
  }

  @Override
  public FlipLimit otherwise() {
    return otherwise;
  }

  @Override
  public void hold(String webhook, String run, String reason) {
    if (!state(webhook).run().equals(run)) {
      begin(webhook, new Shutting(reason, run, clock.instant()));
    }
  }

  /** How many defined webhooks are so. */
  public long count(WebhookState.Status status) {
    var current = definitions.current();
    return current.webhooks().keySet().stream()
        .filter(webhook -> current.webhookState(webhook).status() == status)
        .count();
  }

  private void disable(String webhook, String reason, Instant startedAt) {
    begin(webhook, new Shutting(reason, "", startedAt));
  }

  // Shut here at once.
  private void begin(String webhook, Shutting one) {
    if (state(webhook).isActive() && shutting.putIfAbsent(webhook, one) == null) {
      shut(webhook, one);
    }
  }

  // It stays shut here until it is kept for all, however long Kafka is away.
  private void shut(String webhook, Shutting one) {
    Instant now = clock.instant();
    if (now.isBefore(one.again)) {
      return;
    }
    one.again = now.plus(AGAIN);
    tell(
        webhook,
        // An attempt from before it was resumed is no reason.
        state -> one.startedAt.isBefore(state.since()) ? state : one.change(state, now),
        () -> {
          shutting.remove(webhook);
          streaks.remove(webhook);
          WebhookState state = state(webhook);
          if (!state.isActive() && state.since().equals(now)) {
            metrics.shut(webhook, state.status());
            if (state.status() == WebhookState.Status.DISABLED) {
              disablings.disabled(webhook, state);
            }
            LOG.error(
                "webhook {} is {}: {}; its deliveries wait until it is {}",
                webhook,
                state.status().label(),
                one.reason,
                state.status() == WebhookState.Status.HELD ? "released" : "resumed");
          }
        });
  }

  private void tell(String webhook, UnaryOperator<WebhookState> change, Runnable told) {
    if (!telling.add(webhook)) {
      return;
    }
    try {
      beside.execute(() -> change(webhook, change, told));
    } catch (RejectedExecutionException e) {
      // The dispatcher is closing.
      telling.remove(webhook);
    }
  }

  private void change(String webhook, UnaryOperator<WebhookState> change, Runnable told) {
    try {
      var _ = states.change(webhook, change);
      told.run();
    } catch (RuntimeException e) {
      LOG.warn("the state of webhook {} could not be kept; it will be tried again", webhook, e);
    } finally {
      telling.remove(webhook);
    }
  }

  private WebhookState state(String webhook) {
    return definitions.current().webhookState(webhook);
  }

  /**
   * A run of failures.
   *
   * @param told whether all processes know it
   */
  private record Streak(Instant since, boolean told) {}

  private static final class Shutting {
    private final String reason;
    private final String run;
    private final Instant startedAt;
    private volatile Instant again = Instant.MIN;

    /**
     * @param run because of which it is held; empty: it is disabled
     */
    Shutting(String reason, String run, Instant startedAt) {
      this.reason = reason;
      this.run = run;
      this.startedAt = startedAt;
    }

    WebhookState change(WebhookState state, Instant now) {
      return run.isEmpty() ? state.disabled(reason, now) : state.held(run, reason, now);
    }
  }
}
