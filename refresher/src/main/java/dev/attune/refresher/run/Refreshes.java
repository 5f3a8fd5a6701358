package dev.attune.refresher.run;

import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.refresher.snapshot.CheckOutcome;
import dev.attune.refresher.snapshot.Differences;
import dev.attune.refresher.snapshot.Progress;
import dev.attune.refresher.snapshot.RefreshOutcome;
import dev.attune.refresher.snapshot.Refresher;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs: one a model at a time, and one DuckDB at a time, so that memory stays bounded; a run
 * that waits for another one's end is {@code planned}. The last {@value #HISTORY_MAX} are kept in
 * the state directory.
 *
 * <p>A run that the process did not live to end is gone on with by the next one ({@link #start()}),
 * at its checkpoint; a paused one stays paused. After {@value #STARTS_MAX} starts it has failed:
 * what kills the process each time must not do so for ever.
 *
 * <p>Metrics: {@code attune.refresh.runs} by model and outcome (worry about {@code failed}, ask the
 * analyst about {@code refused}), {@code attune.refresh.rows.written} and {@code
 * attune.refresh.rows.bad} by model, {@code attune.refresh.duration} by model.
 */
public final class Refreshes implements AutoCloseable {
  /** Runs that are remembered. */
  public static final int HISTORY_MAX = 200;

  /** How often a run is begun or gone on with. */
  public static final int STARTS_MAX = 20;

  // Together less than a client waits for an answer.
  private static final Duration CHECK_WAIT = Duration.ofSeconds(5);
  private static final Duration CHECK_MAX = Duration.ofSeconds(40);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);
  private static final String CANCELLED = "it was cancelled; the next run takes up what is missing";
  private static final Logger LOG = LoggerFactory.getLogger(Refreshes.class);

  /** What somebody wants of a run under way. */
  private enum Wish {
    NONE,
    PAUSE,
    CANCEL,
    /** The process ends: the run goes on in the next one. */
    LEAVE
  }

  /** A run under way. */
  private static final class Active {
    private final Thread thread;
    private volatile Wish wish = Wish.NONE;

    // Guarded by the runs' lock: when it began to write, and how much was written by then.
    private Optional<Instant> writingSince = Optional.empty();
    private long writtenBefore;
    private String slowed = "";

    Active(Thread thread) {
      this.thread = thread;
    }
  }

  private final DefinitionsSource definitions;
  private final Refresher refresher;
  private final RunFiles files;
  private final InstantSource clock;
  private final MeterRegistry metrics;
  private final Semaphore database = new Semaphore(1, true);
  // Beside a run, which may take hours: at most two databases are in memory.
  private final Semaphore checks = new Semaphore(1, true);

  // All guarded by this.
  private final LinkedHashMap<String, Run> runs = new LinkedHashMap<>();
  private final Map<String, Active> active = new HashMap<>();
  private long lastId;
  private boolean closed;

  /** Loads the runs that are kept; none is gone on with before {@link #start()}. */
  public Refreshes(
      DefinitionsSource definitions,
      Refresher refresher,
      RunFiles files,
      InstantSource clock,
      MeterRegistry metrics) {
    this.definitions = definitions;
    this.refresher = refresher;
    this.files = files;
    this.clock = clock;
    this.metrics = metrics;
    files.load().forEach(run -> runs.put(run.id(), run));
    for (Run run : runs.values()) {
      lastId = Math.max(lastId, run.startedAt().toEpochMilli());
    }
  }

  /** Goes on with the runs that the last process did not live to end. */
  public synchronized void start() {
    for (Run run : List.copyOf(runs.values())) {
      if (!run.state().ended() && run.state() != Run.State.PAUSED) {
        LOG.info("The run {} was interrupted while {} and goes on", run.id(), run.state().label());
        launch(run.startedAgain());
      }
    }
  }

  /** Starts a run that brings a model up to date. */
  public StartResult start(String model) {
    return start(Request.of(model));
  }

  /** Starts a run on a thread of its own. */
  public synchronized StartResult start(Request request) {
    if (closed) {
      throw new IllegalStateException("refreshes are closed");
    }
    Optional<Run> known = byKey(request.key());
    if (known.isPresent()) {
      if (!known.get().request().equals(request)) {
        return new StartResult.KeyReused(known.get());
      }
      // One that was refused or failed did not do what was asked: asking again is a new try.
      if (known.get().state() == Run.State.DONE || !known.get().state().ended()) {
        return new StartResult.Known(known.get());
      }
    }
    Definitions current = definitions.current();
    ModelDefinition definition = current.models().get(request.model());
    if (definition == null) {
      return new StartResult.UnknownModel(unknown(request.model(), current));
    }
    Optional<Run> running =
        runs.values().stream()
            .filter(run -> run.model().equals(request.model()) && !run.state().ended())
            .findFirst();
    if (running.isPresent()) {
      return new StartResult.AlreadyRunning(running.get());
    }
    Instant now = clock.instant();
    lastId = Math.max(lastId + 1, now.toEpochMilli());
    Run run =
        Run.planned(
            request.model() + "-" + Long.toString(lastId, 36), request, definition.kind(), now);
    Run launched = launch(run);
    forgetOldest();
    return new StartResult.Started(launched);
  }

  private static String unknown(String model, Definitions current) {
    return "there is no model of that name" + Nearest.hint(model, current.models().keySet());
  }

  /**
   * Looks whether a run of a model could begin; blocks for up to a minute. It is no run: nothing of
   * it is remembered, and it neither waits for one nor delays it.
   */
  public CheckResult check(String model) throws InterruptedException {
    Definitions current = definitions.current();
    ModelDefinition definition = current.models().get(model);
    if (definition == null) {
      return new CheckResult.UnknownModel(unknown(model, current));
    }
    if (!checks.tryAcquire(CHECK_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
      return new CheckResult.Failed("another check is under way (allowed: one at a time)");
    }
    try {
      return switch (refresher.check(definition, current.catalog(), CHECK_MAX)) {
        case CheckOutcome.Ready ready -> new CheckResult.Ready(ready.origin(), ready.columns());
        case CheckOutcome.Refused refused -> new CheckResult.Refused(refused.reason());
        case CheckOutcome.TooLong _ ->
            new CheckResult.Failed(
                "its source did not answer within " + CHECK_MAX.toSeconds() + " seconds");
      };
    } catch (IllegalStateException e) {
      return new CheckResult.Failed(String.valueOf(e.getMessage()));
    } finally {
      checks.release();
    }
  }

  private Optional<Run> byKey(String key) {
    return key.isEmpty()
        ? Optional.empty()
        : list().stream().filter(run -> run.request().key().equals(key)).findFirst();
  }

  // Called with the lock held.
  private Run launch(Run run) {
    keep(run);
    ModelDefinition definition = definitions.current().models().get(run.model());
    if (definition == null) {
      return end(run.id(), Run.State.FAILED, "there is no model of that name any more");
    }
    if (run.starts() > STARTS_MAX) {
      return end(
          run.id(), Run.State.FAILED, "it was begun " + STARTS_MAX + " times and never ended");
    }
    // Not a virtual thread: DuckDB's calls are native and long, and would hold a carrier.
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("refresh-" + run.id())
            .unstarted(() -> execute(run, definition));
    active.put(run.id(), new Active(thread));
    thread.start();
    return run;
  }

  private synchronized void keep(Run run) {
    files.keep(run);
    runs.put(run.id(), run);
  }

  // What has happened has happened: the next process, if it does not know, goes on with the run and
  // comes to the same.
  private synchronized void keepAtLeastHere(Run run) {
    runs.put(run.id(), run);
    try {
      files.keep(run);
    } catch (UncheckedIOException e) {
      LOG.error("That the run {} is {} cannot be kept", run.id(), run.state().label(), e);
    }
  }

  private void forgetOldest() {
    var oldest = runs.values().iterator();
    while (runs.size() > HISTORY_MAX && oldest.hasNext()) {
      Run run = oldest.next();
      if (run.state().ended()) {
        oldest.remove();
        files.forget(run.id());
      }
    }
  }

  private void execute(Run run, ModelDefinition model) {
    String id = run.id();
    Instant started = clock.instant();
    Active self = self(id);
    try {
      database.acquire();
      try {
        RefreshOutcome outcome =
            refresher.refresh(
                model,
                definitions.current().catalog(),
                id,
                run.request().options(),
                new RunProgress(id, self));
        took(id, self, outcome);
      } finally {
        database.release();
      }
    } catch (InterruptedException e) {
      stopped(id, self);
    } catch (RuntimeException e) {
      if (self.wish == Wish.NONE) {
        LOG.error("The run {} failed", id, e);
        end(id, Run.State.FAILED, String.valueOf(e.getMessage()));
      } else {
        stopped(id, self);
      }
    } finally {
      metrics
          .timer("attune.refresh.duration", "model", run.model())
          .record(Duration.between(started, clock.instant()));
      synchronized (this) {
        active.remove(id, self);
      }
    }
  }

  private synchronized Active self(String id) {
    return Objects.requireNonNull(active.get(id), "the run is registered before its thread starts");
  }

  private void took(String id, Active self, RefreshOutcome outcome) {
    switch (outcome) {
      case RefreshOutcome.Done done -> {
        change(
            id,
            run ->
                run.counted(
                    new Run.Figures(
                        done.rows(),
                        done.written(),
                        done.written(),
                        done.badRows(),
                        run.figures().kinds())));
        end(id, Run.State.DONE, "");
      }
      case RefreshOutcome.Compared compared -> {
        Differences.Rows kinds = compared.differences().rows();
        long total = kinds.added() + kinds.changed() + kinds.removed() + kinds.again();
        change(
            id,
            run ->
                run.counted(new Run.Figures(compared.rows(), total, 0, compared.badRows(), kinds))
                    .compared(compared.differences()));
        end(id, Run.State.DONE, "");
      }
      case RefreshOutcome.Refused refused -> end(id, Run.State.REFUSED, refused.reason());
      case RefreshOutcome.Stopped _ -> stopped(id, self);
    }
  }

  private synchronized void stopped(String id, Active self) {
    switch (self.wish) {
      case PAUSE -> {
        keepAtLeastHere(get(id).orElseThrow().in(Run.State.PAUSED));
        // From here on it can be resumed.
        active.remove(id, self);
      }
      case CANCEL -> end(id, Run.State.FAILED, CANCELLED);
      case LEAVE -> LOG.info("The run {} goes on when the process starts again", id);
      case NONE -> end(id, Run.State.FAILED, "it was interrupted");
    }
  }

  private synchronized void change(String id, UnaryOperator<Run> change) {
    runs.computeIfPresent(id, (_, run) -> change.apply(run));
  }

  private Run end(String id, Run.State state, String message) {
    Run ended;
    synchronized (this) {
      ended = get(id).orElseThrow().ended(state, clock.instant(), message);
      keepAtLeastHere(ended);
    }
    String model = ended.model();
    metrics
        .counter("attune.refresh.rows.written", "model", model)
        .increment((double) ended.written());
    metrics.counter("attune.refresh.rows.bad", "model", model).increment((double) ended.badRows());
    metrics.counter("attune.refresh.runs", "model", model, "outcome", state.label()).increment();
    LOG.info("The run {} is {} {}", id, state.label(), message);
    return ended;
  }

  /**
   * Stops a run, to be resumed: at once while it reads and compares, which it then does anew, or
   * after the chunk that it writes.
   */
  public synchronized SteerResult pause(String id) {
    return stop(id, Wish.PAUSE);
  }

  /** Ends a run or a paused one; it has failed then, and the next one takes up what is missing. */
  public synchronized SteerResult cancel(String id) {
    Optional<Run> run = get(id);
    if (run.isPresent() && run.get().state() == Run.State.PAUSED && !active.containsKey(id)) {
      return new SteerResult.Taken(end(id, Run.State.FAILED, CANCELLED));
    }
    return stop(id, Wish.CANCEL);
  }

  // Called with the lock held.
  private SteerResult stop(String id, Wish wish) {
    Optional<Run> run = get(id);
    if (run.isEmpty()) {
      return new SteerResult.Unknown();
    }
    Active running = active.get(id);
    if (running == null || run.get().state().ended() || closed) {
      return run.get().state() == Run.State.PAUSED && wish == Wish.PAUSE
          ? new SteerResult.Taken(run.get())
          : new SteerResult.NotNow(run.get());
    }
    if (running.wish == Wish.NONE || wish == Wish.CANCEL) {
      running.wish = wish;
    }
    switch (run.get().state()) {
      case READING, DIFFING -> {
        refresher.cancel();
        running.thread.interrupt();
      }
      case PLANNED -> running.thread.interrupt();
      case WRITING, PAUSED, DONE, REFUSED, FAILED -> {
        // The chunk is written to its end.
      }
    }
    return new SteerResult.Taken(run.get());
  }

  /** Goes on with a paused run at its checkpoint. */
  public synchronized SteerResult resume(String id) {
    Optional<Run> run = get(id);
    if (run.isEmpty()) {
      return new SteerResult.Unknown();
    }
    if (run.get().state() != Run.State.PAUSED || active.containsKey(id) || closed) {
      return new SteerResult.NotNow(run.get());
    }
    return new SteerResult.Taken(launch(run.get().startedAgain()));
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

  /** How fast a run writes; empty while it does not. */
  synchronized Optional<Pace> pace(String id) {
    Active running = active.get(id);
    Run run = runs.get(id);
    return running == null || run == null || run.state() != Run.State.WRITING
        ? Optional.empty()
        : running.writingSince.flatMap(
            since -> Pace.of(since, running.writtenBefore, run.figures(), clock.instant()));
  }

  /** Why a run writes slower than it could; empty: it does not. */
  synchronized String slowed(String id) {
    Active running = active.get(id);
    return running == null ? "" : running.slowed;
  }

  /** All runs that are remembered, the newest first. */
  public synchronized List<Run> list() {
    return new ArrayList<>(runs.values()).reversed();
  }

  /**
   * Waits for a run to end or to pause. Answers it as it stands then, or as it stands when the time
   * is over.
   */
  public Optional<Run> await(String id, Duration timeout) throws InterruptedException {
    Active running;
    synchronized (this) {
      running = active.get(id);
    }
    if (running != null) {
      boolean _ = running.thread.join(timeout);
    }
    return get(id);
  }

  /** Stops the runs under way, which go on when the process starts again. */
  @Override
  public void close() {
    List<Active> running;
    synchronized (this) {
      closed = true;
      running = List.copyOf(active.values());
      for (Active each : running) {
        if (each.wish == Wish.NONE) {
          each.wish = Wish.LEAVE;
        }
      }
    }
    refresher.cancel();
    running.forEach(each -> each.thread.interrupt());
    for (Active each : running) {
      try {
        if (!each.thread.join(CLOSE_WAIT)) {
          LOG.warn("A refresh did not end within {}", CLOSE_WAIT);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Keeps each state on disk as it begins, and the figures with it. */
  private final class RunProgress implements Progress {
    private final String id;
    private final Active self;

    RunProgress(String id, Active self) {
      this.id = id;
      this.self = self;
    }

    @Override
    public void phase(Phase phase) {
      Run.State state =
          switch (phase) {
            case READING -> Run.State.READING;
            case DIFFING -> Run.State.DIFFING;
            case WRITING -> Run.State.WRITING;
          };
      synchronized (Refreshes.this) {
        Run run = get(id).orElseThrow();
        keep(run.in(state));
        if (phase == Phase.WRITING) {
          self.writtenBefore = run.written();
          self.writingSince = Optional.of(clock.instant());
        }
      }
    }

    private void count(UnaryOperator<Run.Figures> count) {
      change(id, run -> run.counted(count.apply(run.figures())));
    }

    @Override
    public void rowsRead(long rows) {
      count(figures -> figures.withRows(rows));
    }

    @Override
    public void toWrite(long total) {
      count(figures -> figures.withTotal(total));
    }

    @Override
    public void written(long rows) {
      count(figures -> figures.withWritten(rows));
    }

    @Override
    public void badRows(long rows) {
      count(figures -> figures.withBadRows(rows));
    }

    @Override
    public void compared(Differences.Rows rows) {
      synchronized (Refreshes.this) {
        keep(get(id).map(run -> run.counted(run.figures().withKinds(rows))).orElseThrow());
      }
    }

    @Override
    public void overruled(String guard) {
      change(id, run -> run.overruled(guard));
    }

    @Override
    public void slowed(String reason) {
      synchronized (Refreshes.this) {
        if (self.slowed.isEmpty() && !reason.isEmpty()) {
          LOG.info("The run {} writes slower: {}", id, reason);
        }
        self.slowed = reason;
      }
    }

    @Override
    public boolean stopping() {
      return self.wish != Wish.NONE;
    }
  }
}
