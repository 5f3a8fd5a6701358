package dev.attune.refresher.run;

import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.refresher.lease.Attempt;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.Leases;
import dev.attune.refresher.snapshot.Differences;
import dev.attune.refresher.snapshot.Progress;
import dev.attune.refresher.snapshot.RefreshOutcome;
import dev.attune.refresher.snapshot.Refresher;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs: one a model at a time in all processes on a state directory, for each holds its model's
 * {@link Lease}; and one DuckDB at a time in this process, so that memory stays bounded. A run that
 * waits for another one's end is {@code planned}. The last {@value #HISTORY_MAX} are kept in the
 * state directory.
 *
 * <p>A run that its process did not live to end is gone on with by the next one ({@link #start()}),
 * or by another one that finds its lease free, at its checkpoint; a paused one stays paused. After
 * {@value #STARTS_MAX} starts it has failed: what kills the process each time must not do so for
 * ever.
 *
 * <p>Metrics: {@code attune.refresh.runs} by model and outcome (worry about {@code failed}, ask the
 * analyst about {@code refused}, and about the machine or its storage if any is {@code overtaken}),
 * {@code attune.refresh.rows.written} and {@code attune.refresh.rows.bad} by model, {@code
 * attune.refresh.duration} by model.
 */
public final class Refreshes implements AutoCloseable {
  /** Runs that are remembered. */
  public static final int HISTORY_MAX = 200;

  /** How often a run is begun or gone on with. */
  public static final int STARTS_MAX = 20;

  // Together less than a client waits for an answer.
  private static final Duration CHECK_WAIT = Duration.ofSeconds(5);
  private static final Duration CHECK_MAX = Duration.ofSeconds(40);

  private static final int TAKE_OVER_SECONDS = 5;
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
    private final Lease lease;
    private volatile Wish wish = Wish.NONE;

    // Guarded by the runs' lock: when it began to write, and how much was written by then.
    private Optional<Instant> writingSince = Optional.empty();
    private long writtenBefore;
    private String slowed = "";
    private double shareRead;

    Active(Thread thread, Lease lease) {
      this.thread = thread;
      this.lease = lease;
    }
  }

  private final DefinitionsSource definitions;
  private final Refresher refresher;
  private final Leases leases;
  private final InstantSource clock;
  private final MeterRegistry metrics;
  private final Semaphore database = new Semaphore(1, true);
  private final Checks checks;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("refresh-takeovers").factory());

  // All guarded by this.
  private final RunHistory history;
  private final Map<String, Active> active = new HashMap<>();
  // Models whose lease somebody wanted here and another process had: that it is dead is found out
  // by looking again and again.
  private final Set<String> wanted = new HashSet<>();
  private boolean closed;

  /**
   * Loads the runs that are kept; none is gone on with before {@link #start()}.
   *
   * @param leases closed with this
   */
  public Refreshes(
      DefinitionsSource definitions,
      Refresher refresher,
      RunFiles files,
      Leases leases,
      InstantSource clock,
      MeterRegistry metrics) {
    this.definitions = definitions;
    this.refresher = refresher;
    this.leases = leases;
    this.clock = clock;
    this.metrics = metrics;
    this.checks = new Checks(refresher, CHECK_WAIT, CHECK_MAX);
    this.history = new RunHistory(files);
    history.look();
  }

  /**
   * Goes on with the runs that their processes did not live to end: now with those whose lease is
   * free, and from now on with those whose lease becomes so.
   */
  public void start() {
    takeOver();
    var _ =
        timer.scheduleWithFixedDelay(
            () -> {
              try {
                takeOver();
              } catch (RuntimeException e) {
                // The next look must take place.
                LOG.error("Runs of other processes cannot be looked at for the moment", e);
              }
            },
            TAKE_OVER_SECONDS,
            TAKE_OVER_SECONDS,
            TimeUnit.SECONDS);
  }

  /** Goes on with the runs that have not ended and whose lease is free. */
  synchronized void takeOver() {
    if (closed) {
      return;
    }
    history.look();
    Set<String> models = new TreeSet<>(wanted);
    for (Run run : history.unended()) {
      if (run.state() != Run.State.PAUSED && !active.containsKey(run.id())) {
        models.add(run.model());
      }
    }
    for (String model : models) {
      try {
        takeOver(model);
      } catch (RuntimeException e) {
        // Those of other models must not wait for it.
        LOG.error("Runs of the model {} cannot be looked at for the moment", model, e);
      }
    }
  }

  // Called with the lock held.
  private void takeOver(String model) {
    switch (leases.acquire(model)) {
      case Attempt.Acquired acquired -> {
        wanted.remove(model);
        goOn(model, acquired.lease());
      }
      case Attempt.Held _ -> {
        // It is alive, or not known to be dead yet.
      }
    }
  }

  // What was known of the runs was read before the lease was taken. Called with the lock held.
  private Optional<Run> goOn(String model, Lease lease) {
    try {
      history.look();
      Optional<Run> unended = history.unended(model).filter(run -> run.state() != Run.State.PAUSED);
      if (unended.isPresent()) {
        Run run = unended.get();
        LOG.info("The run {} was interrupted while {} and goes on", run.id(), run.state().label());
        return Optional.of(launch(run.startedAgain(), lease));
      }
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
    lease.close();
    return Optional.empty();
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
    history.look();
    Optional<StartResult> known = known(request);
    if (known.isPresent()) {
      return known.get();
    }
    Definitions current = definitions.current();
    ModelDefinition definition = current.models().get(request.model());
    if (definition == null) {
      return new StartResult.UnknownModel(unknown(request.model(), current));
    }
    Optional<Run> running = history.unended(request.model());
    if (running.isPresent() && active.containsKey(running.get().id())) {
      return new StartResult.AlreadyRunning(running.get());
    }
    return switch (leases.acquire(request.model())) {
      case Attempt.Held held -> {
        wanted.add(request.model());
        yield new StartResult.Held(held, running);
      }
      case Attempt.Acquired acquired -> start(request, definition, acquired.lease());
    };
  }

  // Called with the lock held.
  private StartResult start(Request request, ModelDefinition definition, Lease lease) {
    boolean launched = false;
    try {
      // What was known was read before the lease was taken.
      history.look();
      Optional<StartResult> known = known(request);
      Optional<Run> unended = history.unended(request.model());
      if (unended.isPresent() && unended.get().state() != Run.State.PAUSED) {
        // Its process is dead: it comes first.
        launched = true;
        Optional<Run> left = goOn(request.model(), lease).filter(run -> !run.state().ended());
        return left.isPresent()
            ? known.orElseGet(() -> new StartResult.AlreadyRunning(left.get()))
            : start(request);
      }
      if (known.isPresent()) {
        return known.get();
      }
      if (unended.isPresent()) {
        return new StartResult.AlreadyRunning(unended.get());
      }
      Instant now = clock.instant();
      Run run = Run.planned(history.nextId(request.model(), now), request, definition.kind(), now);
      launched = true;
      Run begun = launch(run, lease);
      history.forgetOldest(HISTORY_MAX);
      return new StartResult.Started(begun);
    } finally {
      if (!launched) {
        lease.close();
      }
    }
  }

  // Called with the lock held.
  private Optional<StartResult> known(Request request) {
    Optional<Run> known = history.byKey(request.key());
    if (known.isEmpty()) {
      return Optional.empty();
    }
    if (!known.get().request().equals(request)) {
      return Optional.of(new StartResult.KeyReused(known.get()));
    }
    // One that was refused or failed did not do what was asked: asking again is a new try.
    return known.get().state() == Run.State.DONE || !known.get().state().ended()
        ? Optional.of(new StartResult.Known(known.get()))
        : Optional.empty();
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
    return definition == null
        ? new CheckResult.UnknownModel(unknown(model, current))
        : checks.check(definition, current.catalog());
  }

  // Called with the lock held; the lease is closed when the run ends, whatever happens.
  private Run launch(Run run, Lease lease) {
    try {
      history.keep(run, lease.epoch());
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
    ModelDefinition definition = definitions.current().models().get(run.model());
    if (definition == null) {
      return end(run.id(), lease, Run.State.FAILED, "there is no model of that name any more");
    }
    if (run.starts() > STARTS_MAX) {
      return end(
          run.id(),
          lease,
          Run.State.FAILED,
          "it was begun " + STARTS_MAX + " times and never ended");
    }
    // Not a virtual thread: DuckDB's calls are native and long, and would hold a carrier.
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("refresh-" + run.id())
            .unstarted(() -> execute(run, definition));
    active.put(run.id(), new Active(thread, lease));
    thread.start();
    return run;
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
                new RunProgress(id, self),
                self.lease);
        took(id, self, outcome);
      } finally {
        database.release();
      }
    } catch (InterruptedException e) {
      stopped(id, self);
    } catch (RuntimeException e) {
      if (self.wish == Wish.NONE) {
        LOG.error("The run {} failed", id, e);
        end(id, self.lease, Run.State.FAILED, String.valueOf(e.getMessage()));
      } else {
        stopped(id, self);
      }
    } finally {
      metrics
          .timer("attune.refresh.duration", "model", run.model())
          .record(Duration.between(started, clock.instant()));
      synchronized (this) {
        self.lease.close();
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
        end(id, self.lease, Run.State.DONE, "");
      }
      case RefreshOutcome.Compared compared -> {
        Differences.Rows kinds = compared.differences().rows();
        long total = kinds.added() + kinds.changed() + kinds.removed() + kinds.again();
        change(
            id,
            run ->
                run.counted(new Run.Figures(compared.rows(), total, 0, compared.badRows(), kinds))
                    .compared(compared.differences()));
        end(id, self.lease, Run.State.DONE, "");
      }
      case RefreshOutcome.Refused refused ->
          end(id, self.lease, Run.State.REFUSED, refused.reason());
      case RefreshOutcome.Stopped _ -> stopped(id, self);
      case RefreshOutcome.Overtaken overtaken -> overtaken(id, self, overtaken.message());
    }
  }

  // The run is another process's: what it says of it counts.
  private synchronized void overtaken(String id, Active self, String message) {
    LOG.warn("The run {} stops here: {}", id, message);
    metrics
        .counter("attune.refresh.runs", "model", self.lease.model(), "outcome", "overtaken")
        .increment();
    history.leave(id);
    active.remove(id, self);
  }

  private synchronized void stopped(String id, Active self) {
    switch (self.wish) {
      case PAUSE -> {
        Run paused = history.get(id).orElseThrow().in(Run.State.PAUSED);
        history.keepAtLeastHere(paused, self.lease.epoch());
        // From here on it can be resumed, here or elsewhere.
        self.lease.close();
        active.remove(id, self);
      }
      case CANCEL -> end(id, self.lease, Run.State.FAILED, CANCELLED);
      case LEAVE -> LOG.info("The run {} goes on in the next process", id);
      case NONE -> end(id, self.lease, Run.State.FAILED, "it was interrupted");
    }
  }

  private synchronized void change(String id, UnaryOperator<Run> change) {
    history.change(id, change);
  }

  private Run end(String id, Lease lease, Run.State state, String message) {
    Run ended;
    synchronized (this) {
      ended = history.get(id).orElseThrow().ended(state, clock.instant(), message);
      history.keepAtLeastHere(ended, lease.epoch());
      // Whoever sees that it has ended may start the next one.
      lease.close();
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
    Optional<Run> run = known(id);
    if (run.isEmpty() || run.get().state() != Run.State.PAUSED || active.containsKey(id)) {
      return stop(id, Wish.CANCEL);
    }
    return withPaused(
        run.get(), (paused, lease) -> end(paused.id(), lease, Run.State.FAILED, CANCELLED));
  }

  // Called with the lock held. What is done ends with the lease given back, or held by a run.
  private SteerResult withPaused(Run run, BiFunction<Run, Lease, Run> act) {
    return switch (leases.acquire(run.model())) {
      case Attempt.Held held -> new SteerResult.Elsewhere(run, held);
      case Attempt.Acquired acquired -> withPaused(run.id(), acquired.lease(), act);
    };
  }

  private SteerResult withPaused(String id, Lease lease, BiFunction<Run, Lease, Run> act) {
    boolean acted = false;
    try {
      // What was known was read before the lease was taken.
      history.look();
      Optional<Run> run = history.get(id);
      if (run.isPresent() && run.get().state() == Run.State.PAUSED) {
        acted = true;
        return new SteerResult.Taken(act.apply(run.get(), lease));
      }
      return run.<SteerResult>map(SteerResult.NotNow::new).orElseGet(SteerResult.Unknown::new);
    } finally {
      if (!acted) {
        lease.close();
      }
    }
  }

  // Called with the lock held.
  private SteerResult stop(String id, Wish wish) {
    Optional<Run> run = known(id);
    if (run.isEmpty()) {
      return new SteerResult.Unknown();
    }
    Active running = active.get(id);
    if (running == null || run.get().state().ended() || closed) {
      if (run.get().state() == Run.State.PAUSED && wish == Wish.PAUSE) {
        return new SteerResult.Taken(run.get());
      }
      return running == null && !run.get().state().ended()
          ? elsewhere(run.get())
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

  private SteerResult elsewhere(Run run) {
    return leases
        .holder(run.model())
        .<SteerResult>map(holder -> new SteerResult.Elsewhere(run, holder))
        .orElseGet(() -> new SteerResult.NotNow(run));
  }

  /** Goes on with a paused run at its checkpoint. */
  public synchronized SteerResult resume(String id) {
    Optional<Run> run = known(id);
    if (run.isEmpty()) {
      return new SteerResult.Unknown();
    }
    if (run.get().state() != Run.State.PAUSED || active.containsKey(id) || closed) {
      return new SteerResult.NotNow(run.get());
    }
    return withPaused(run.get(), (paused, lease) -> launch(paused.startedAgain(), lease));
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
    return known(id);
  }

  // Called with the lock held.
  private Optional<Run> known(String id) {
    if (!active.containsKey(id)) {
      look();
    }
    return history.get(id);
  }

  private void look() {
    try {
      history.look();
    } catch (UncheckedIOException e) {
      LOG.warn("What other processes say of their runs cannot be read at the moment", e);
    }
  }

  /** How fast a run writes; empty while it does not. */
  synchronized Optional<Pace> pace(String id) {
    Active running = active.get(id);
    Run run = history.get(id).orElse(null);
    return running == null || run == null || run.state() != Run.State.WRITING
        ? Optional.empty()
        : running.writingSince.flatMap(
            since -> Pace.of(since, running.writtenBefore, run.figures(), clock.instant()));
  }

  /** How much of its files a run has read, of 100; empty while it reads none, or cannot tell. */
  synchronized OptionalInt percentRead(String id) {
    Active running = active.get(id);
    return running != null
            && running.shareRead > 0
            && history.get(id).filter(run -> run.state() == Run.State.READING).isPresent()
        ? OptionalInt.of((int) (running.shareRead * 100))
        : OptionalInt.empty();
  }

  /** Why a run writes slower than it could; empty: it does not. */
  synchronized String slowed(String id) {
    Active running = active.get(id);
    return running == null ? "" : running.slowed;
  }

  /** All runs that are remembered, the newest first. */
  public synchronized List<Run> list() {
    look();
    return history.list();
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
    timer.shutdownNow();
    refresher.cancel();
    running.forEach(each -> each.thread.interrupt());
    for (Active each : running) {
      try {
        if (!each.thread.join(CLOSE_WAIT)) {
          LOG.warn("A refresh did not end within {}", CLOSE_WAIT);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    leases.close();
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
        Run run = history.get(id).orElseThrow();
        if (phase == Phase.READING) {
          // One that was paused while it read begins anew.
          run = run.counted(run.figures().withRows(0));
        }
        history.keep(run.in(state), self.lease.epoch());
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
    public void shareRead(double share) {
      synchronized (Refreshes.this) {
        self.shareRead = share;
      }
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
        Run run = history.get(id).orElseThrow();
        history.keep(run.counted(run.figures().withKinds(rows)), self.lease.epoch());
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
