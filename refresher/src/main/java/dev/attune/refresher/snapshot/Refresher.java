package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.model.AudienceModel;
import dev.attune.core.model.ConsentModel;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.IdentityModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.model.ProfilesModel;
import dev.attune.core.model.TableModel;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.forbidden.Masking;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.Leases;
import dev.attune.refresher.pace.Follower;
import dev.attune.refresher.pace.Pacer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Brings models up to date with their sources. Blocking; safe for use by many threads and, as each
 * run has its model's lease, by many processes on one state directory.
 */
public final class Refresher {
  /** Rows that a check looks at. */
  public static final int CHECK_ROWS = 1_000;

  private final ProfileInputs inputs;
  private final HistoricalEvents events;
  private final DeadLetters letters;
  private final RefreshSettings settings;
  private final Origins origins;
  private final InstantSource clock;
  private final List<Follower> followers;
  private final Masking masking;
  private final TemporaryFolders temporary;
  private final Set<DuckDb> open = ConcurrentHashMap.newKeySet();

  /**
   * @param followers who has to keep up with what is written: runs slow down when they do not
   */
  public Refresher(
      ProfileInputs inputs,
      HistoricalEvents events,
      DeadLetters letters,
      RefreshSettings settings,
      InstantSource clock,
      List<Follower> followers,
      Masking masking) {
    this(inputs, events, letters, settings, System::getenv, clock, followers, masking);
  }

  /**
   * @param environment where variables are looked up
   */
  Refresher(
      ProfileInputs inputs,
      HistoricalEvents events,
      DeadLetters letters,
      RefreshSettings settings,
      Credentials.Environment environment,
      InstantSource clock,
      List<Follower> followers,
      Masking masking) {
    var patience = new Patience(settings.patience());
    this.inputs = chunk -> patience.write(() -> inputs.write(chunk));
    this.events = events;
    this.letters = letters;
    this.settings = settings;
    this.origins = new Origins(settings, environment, clock);
    this.clock = clock;
    this.followers = List.copyOf(followers);
    this.masking = masking;
    this.temporary = new TemporaryFolders(settings.stateDir().toAbsolutePath().resolve("tmp"));
  }

  /**
   * Refreshes a model.
   *
   * @param runId unique; a run that was stopped or killed is called again with the same one, and
   *     goes on at its checkpoint
   * @param lease of the model; stays open
   * @throws IllegalStateException when a store, the log or the database did not do its work; the
   *     next run takes up what is missing
   */
  public RefreshOutcome refresh(
      ModelDefinition model,
      Catalog catalog,
      String runId,
      RefreshOptions options,
      Progress progress,
      Lease lease) {
    // Whoever takes over deletes what this run works on, which ends it in many ways.
    try {
      RefreshOutcome outcome = run(model, catalog, runId, options, progress, lease);
      return outcome instanceof RefreshOutcome.Refused
          ? lease.overtaking().<RefreshOutcome>map(RefreshOutcome.Overtaken::new).orElse(outcome)
          : outcome;
    } catch (RuntimeException e) {
      return lease.overtaking().map(RefreshOutcome.Overtaken::new).orElseThrow(() -> e);
    }
  }

  private RefreshOutcome run(
      ModelDefinition model,
      Catalog catalog,
      String runId,
      RefreshOptions options,
      Progress progress,
      Lease lease) {
    Path directory = settings.stateDir().toAbsolutePath().resolve("models").resolve(model.name());
    var pacer = new Pacer(Pacer.Manner.BUSY, followers, progress::slowed, progress::stopping);
    return inDatabase(
        temporary.ofRun(lease),
        progress,
        db ->
            switch (model) {
              case TableModel _, IdentityModel _ ->
                  new TableRefresh(
                          db,
                          model,
                          catalog,
                          settings,
                          origins,
                          options,
                          progress,
                          pacer,
                          runId,
                          forbidden(model, catalog))
                      .run(new AppliedSnapshot(directory, lease), inputs, letters(model, catalog));
              case EventsModel history ->
                  new EventsRefresh(
                          db,
                          history,
                          catalog,
                          settings,
                          origins,
                          options,
                          progress,
                          pacer,
                          runId,
                          forbidden(model, catalog))
                      .run(new EventsState(directory, lease), events, letters(model, catalog));
            });
  }

  /**
   * Loads an events model for a job that runs on the events' time: those up to an instant, ordered,
   * with a tick at each midnight (UTC) between them and one at the end. Every event is acknowledged
   * before the tick that follows it. Takes no notice of what was loaded before.
   */
  public RefreshOutcome loadUntil(
      EventsModel model, Catalog catalog, Instant until, Progress progress) {
    // No model is called that: a job does not meddle with a refresh of the same model.
    Path folder = temporary.ofThisProcess(model.name() + "~until");
    return inDatabase(
        folder,
        progress,
        db -> {
          var backfill =
              new EventsBackfill(db, model, catalog, settings, progress, forbidden(model, catalog));
          return backfill.run(
              backfill.open(origins),
              folder.resolve("scratch"),
              events,
              letters(model, catalog),
              until);
        });
  }

  private ForbiddenCells forbidden(ModelDefinition model, Catalog catalog) {
    // Whole rows are kept as dead letters, and there a trait has the name of its column.
    return new ForbiddenCells(
        masking,
        catalog
            .forbidden()
            .from(
                switch (model) {
                  case ProfilesModel profiles -> profiles.traits();
                  case EventsModel history -> history.properties();
                  case AudienceModel _, ConsentModel _, IdentityModel _ -> Map.of();
                }));
  }

  private RowLetters letters(ModelDefinition model, Catalog catalog) {
    return new RowLetters(letters, model.name(), settings, clock, forbidden(model, catalog));
  }

  /**
   * Looks whether a refresh could read its source and map its columns: files and their markers,
   * connection, permissions, types. Of the rows it reads the first {@value #CHECK_ROWS}; it writes
   * nothing, and keeps apart from a run of the same model.
   *
   * @throws IllegalStateException as of {@link #refresh}
   */
  public CheckOutcome check(ModelDefinition model, Catalog catalog, Duration timeout) {
    Path folder = temporary.ofThisProcess(model.name() + "~check");
    Path scratch = folder.resolve("scratch");
    Origins hasty = origins.hasty();
    long began = System.nanoTime();
    try (DuckDb db = DuckDb.open(settings, folder)) {
      CompletableFuture.delayedExecutor(timeout.toNanos(), TimeUnit.NANOSECONDS)
          .execute(db::cancel);
      return switch (model) {
        case TableModel _, IdentityModel _ ->
            new TableRefresh(
                    db,
                    model,
                    catalog,
                    settings,
                    hasty,
                    RefreshOptions.NONE,
                    Progress.NONE,
                    new Pacer(
                        Pacer.Manner.BUSY,
                        List.of(),
                        Progress.NONE::slowed,
                        Progress.NONE::stopping),
                    "check",
                    forbidden(model, catalog))
                .check(scratch, CHECK_ROWS);
        case EventsModel history ->
            new EventsBackfill(
                    db, history, catalog, settings, Progress.NONE, forbidden(model, catalog))
                .check(hasty, scratch, CHECK_ROWS);
      };
    } catch (RefusedException e) {
      return new CheckOutcome.Refused(String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      if (System.nanoTime() - began >= timeout.toNanos()) {
        return new CheckOutcome.TooLong();
      }
      throw failed("check", e);
    }
  }

  /**
   * Deletes what runs and checks of processes that are gone have left: rows of people. Only while
   * this process has none under way.
   */
  public void deleteLeftovers(Leases leases) {
    temporary.deleteLeftovers(leases);
  }

  /** Ends the database work of the runs under way; they may be called again. */
  public void cancel() {
    open.forEach(DuckDb::cancel);
  }

  private interface Work {
    RefreshOutcome in(DuckDb db) throws SQLException;
  }

  private RefreshOutcome inDatabase(Path folder, Progress progress, Work work) {
    try (DuckDb db = DuckDb.open(settings, folder)) {
      open.add(db);
      try {
        return work.in(db);
      } finally {
        open.remove(db);
      }
    } catch (RefusedException e) {
      return new RefreshOutcome.Refused(String.valueOf(e.getMessage()));
    } catch (StoppedException e) {
      return new RefreshOutcome.Stopped();
    } catch (SQLException e) {
      if (progress.stopping()) {
        return new RefreshOutcome.Stopped();
      }
      throw failed("run", e);
    }
  }

  // Neither the message nor the cause: both may quote people's data.
  private static IllegalStateException failed(String what, SQLException e) {
    return new IllegalStateException(
        DuckDb.isDiskFull(e)
            ? "the disk of the state directory is full; the next run takes up what is missing"
            : "the database of the " + what + " failed (" + DuckDb.errorKind(e) + " error)");
  }
}
