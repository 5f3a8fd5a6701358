package dev.attune.refresher.run;

import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.model.ProfilesModel;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.refresher.snapshot.Progress;
import dev.attune.refresher.snapshot.RefreshOutcome;
import dev.attune.refresher.snapshot.Refresher;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of this process: one a model at a time, and one DuckDB at a time, so that memory stays
 * bounded; a run that waits for another one's end is {@code reading} with no rows. The last {@value
 * #HISTORY_MAX} runs are remembered, until the process ends.
 *
 * <p>Metrics: {@code attune.refresh.runs} by model and outcome (worry about {@code failed}, ask the
 * analyst about {@code refused}), {@code attune.refresh.rows.written} and {@code
 * attune.refresh.rows.bad} by model, {@code attune.refresh.duration} by model.
 */
public final class Refreshes implements AutoCloseable {
  /** Runs that are remembered. */
  public static final int HISTORY_MAX = 200;

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(Refreshes.class);

  private final DefinitionsSource definitions;
  private final Refresher refresher;
  private final InstantSource clock;
  private final MeterRegistry metrics;
  private final Semaphore database = new Semaphore(1, true);

  // All guarded by this.
  private final LinkedHashMap<String, Run> runs = new LinkedHashMap<>();
  private final Map<String, Thread> threads = new HashMap<>();
  private long lastId;
  private boolean closed;

  public Refreshes(
      DefinitionsSource definitions,
      Refresher refresher,
      InstantSource clock,
      MeterRegistry metrics) {
    this.definitions = definitions;
    this.refresher = refresher;
    this.clock = clock;
    this.metrics = metrics;
  }

  /** Starts a run on a thread of its own. */
  public synchronized StartResult start(String model) {
    if (closed) {
      throw new IllegalStateException("refreshes are closed");
    }
    Definitions current = definitions.current();
    ModelDefinition definition = current.models().get(model);
    if (definition == null) {
      return new StartResult.UnknownModel(
          "there is no model of that name" + Nearest.hint(model, current.models().keySet()));
    }
    Optional<Run> running =
        runs.values().stream()
            .filter(run -> run.model().equals(model) && !run.state().ended())
            .findFirst();
    if (running.isPresent()) {
      return new StartResult.AlreadyRunning(running.get());
    }
    Instant now = clock.instant();
    lastId = Math.max(lastId + 1, now.toEpochMilli());
    Run run = Run.begin(model + "-" + Long.toString(lastId, 36), model, kind(definition), now);
    runs.put(run.id(), run);
    forgetOldest();
    threads.put(
        run.id(),
        // Not a virtual thread: DuckDB's calls are native and long, and would hold a carrier.
        Thread.ofPlatform()
            .daemon()
            .name("refresh-" + run.id())
            .start(() -> execute(run.id(), definition, current)));
    return new StartResult.Started(run);
  }

  private static String kind(ModelDefinition definition) {
    return switch (definition) {
      case ProfilesModel _ -> "profiles";
      case EventsModel _ -> "events";
    };
  }

  private void forgetOldest() {
    var oldest = runs.values().iterator();
    while (runs.size() > HISTORY_MAX && oldest.hasNext()) {
      if (oldest.next().state().ended()) {
        oldest.remove();
      }
    }
  }

  private void execute(String id, ModelDefinition model, Definitions current) {
    Instant started = clock.instant();
    try {
      database.acquire();
      try {
        switch (refresher.refresh(model, current.catalog(), id, new RunProgress(id))) {
          case RefreshOutcome.Done done -> {
            update(
                id,
                run -> run.counted(done.rows(), done.written(), done.written(), done.badRows()));
            end(id, model.name(), Run.State.DONE, "");
          }
          case RefreshOutcome.Refused refused ->
              end(id, model.name(), Run.State.REFUSED, refused.reason());
        }
      } finally {
        database.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(id, model.name(), Run.State.FAILED, "the process is shutting down");
    } catch (RuntimeException e) {
      LOG.error("The run {} failed", id, e);
      end(id, model.name(), Run.State.FAILED, String.valueOf(e.getMessage()));
    } finally {
      metrics
          .timer("attune.refresh.duration", "model", model.name())
          .record(Duration.between(started, clock.instant()));
      synchronized (this) {
        threads.remove(id);
      }
    }
  }

  private synchronized void update(String id, UnaryOperator<Run> change) {
    runs.computeIfPresent(id, (_, run) -> change.apply(run));
  }

  private void end(String id, String model, Run.State state, String message) {
    Instant now = clock.instant();
    synchronized (this) {
      Run run = runs.get(id);
      if (run == null) {
        return;
      }
      metrics
          .counter("attune.refresh.rows.written", "model", model)
          .increment((double) run.written());
      metrics.counter("attune.refresh.rows.bad", "model", model).increment((double) run.badRows());
      runs.put(id, run.ended(state, now, message));
    }
    metrics.counter("attune.refresh.runs", "model", model, "outcome", state.label()).increment();
    LOG.info("The run {} is {} {}", id, state.label(), message);
  }

  /**
   * Loads an events model into a job that runs on the events' time; blocks until the log has all of
   * it. It is no run: nothing of it is remembered.
   *
   * @param until events later than this are left out; the last tick
   */
  public RefreshOutcome backfill(EventsModel model, Instant until) throws InterruptedException {
    database.acquire();
    try {
      return refresher.loadUntil(model, definitions.current().catalog(), until, Progress.NONE);
    } finally {
      database.release();
    }
  }

  /** A run, if it is remembered. */
  public synchronized Optional<Run> get(String id) {
    return Optional.ofNullable(runs.get(id));
  }

  /** All runs that are remembered, the newest first. */
  public synchronized List<Run> list() {
    return new ArrayList<>(runs.values()).reversed();
  }

  /**
   * Waits for a run to end. Answers it as it stands then, or as it stands when the time is over.
   */
  public Optional<Run> await(String id, Duration timeout) throws InterruptedException {
    Thread thread;
    synchronized (this) {
      thread = threads.get(id);
    }
    if (thread != null) {
      boolean _ = thread.join(timeout);
    }
    return get(id);
  }

  /** Ends the runs under way; they are safe to end anywhere. */
  @Override
  public void close() {
    List<Thread> running;
    synchronized (this) {
      closed = true;
      running = List.copyOf(threads.values());
    }
    refresher.cancel();
    running.forEach(Thread::interrupt);
    for (Thread thread : running) {
      try {
        if (!thread.join(CLOSE_WAIT)) {
          LOG.warn("A refresh did not end within {}", CLOSE_WAIT);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private final class RunProgress implements Progress {
    private final String id;

    RunProgress(String id) {
      this.id = id;
    }

    @Override
    public void phase(Phase phase) {
      Run.State state =
          switch (phase) {
            case READING -> Run.State.READING;
            case DIFFING -> Run.State.DIFFING;
            case WRITING -> Run.State.WRITING;
          };
      update(id, run -> run.in(state));
    }

    @Override
    public void rowsRead(long rows) {
      update(id, run -> run.counted(rows, run.total(), run.written(), run.badRows()));
    }

    @Override
    public void toWrite(long total) {
      update(id, run -> run.counted(run.rows(), total, run.written(), run.badRows()));
    }

    @Override
    public void written(long rows) {
      update(id, run -> run.counted(run.rows(), run.total(), rows, run.badRows()));
    }

    @Override
    public void badRows(long rows) {
      update(id, run -> run.counted(run.rows(), run.total(), run.written(), rows));
    }
  }
}
