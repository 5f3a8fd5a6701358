package dev.attune.refresher.run;

import dev.attune.core.model.ModelDefinition;
import dev.attune.core.model.Schedule;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.refresher.snapshot.RefreshOptions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the runs of models that have a {@link Schedule}. A time is kept once, also over a restart:
 * the run's key names it. One that was missed while the process was away, or while the run before
 * had not ended, is made up for as soon as it can be, however many were missed; and so is the
 * latest time before a model got its schedule.
 */
public final class Schedules implements AutoCloseable {
  private static final long EVERY_SECONDS = 5;
  private static final Logger LOG = LoggerFactory.getLogger(Schedules.class);

  private final DefinitionsSource definitions;
  private final Refreshes refreshes;
  private final InstantSource clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("refresh-schedules").factory());

  // The latest time that was kept, by model: the runs themselves are forgotten some day. Of the
  // timer's thread alone.
  private final Map<String, Instant> keptTimes = new HashMap<>();
  private final Map<String, Instant> heldTimes = new HashMap<>();

  public Schedules(DefinitionsSource definitions, Refreshes refreshes, InstantSource clock) {
    this.definitions = definitions;
    this.refreshes = refreshes;
    this.clock = clock;
  }

  /** Looks at the clock from now on. */
  public void start() {
    var _ = timer.scheduleWithFixedDelay(this::look, 0, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  private void look() {
    try {
      tick();
    } catch (RuntimeException e) {
      // The next look must take place.
      LOG.error("The schedules of models cannot be kept at the moment", e);
    }
  }

  /** Starts what is due. */
  void tick() {
    Map<String, ModelDefinition> models = definitions.current().models();
    keptTimes.keySet().retainAll(models.keySet());
    heldTimes.keySet().retainAll(models.keySet());
    Instant now = clock.instant();
    models.forEach(
        (name, model) -> model.schedule().ifPresent(schedule -> keep(name, schedule.latest(now))));
  }

  private void keep(String model, Instant due) {
    if (due.equals(keptTimes.get(model))) {
      return;
    }
    switch (refreshes.start(
        new Request(model, RefreshOptions.NONE, "schedule:" + model + "@" + due))) {
      case StartResult.Started started -> {
        keptTimes.put(model, due);
        LOG.info("The run {} starts, due at {}", started.run().id(), due);
      }
      case StartResult.Known _, StartResult.KeyReused _ -> keptTimes.put(model, due);
      case StartResult.Held held -> {
        // Tried again at the next look, and said once.
        if (!due.equals(heldTimes.put(model, due))) {
          LOG.info(
              "The run of {} that is due at {} waits: another process has the lease, {}",
              model,
              due,
              held.holder().told());
        }
      }
      case StartResult.AlreadyRunning _, StartResult.UnknownModel _ -> {
        // Tried again at the next look.
      }
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
