package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.IdentityModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.model.ProfilesModel;
import dev.attune.platform.deadletter.DeadLetters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Brings models up to date with their files. Blocking; safe for use by many threads, as long as no
 * two run the same model at a time.
 */
public final class Refresher {
  private final ProfileInputs inputs;
  private final HistoricalEvents events;
  private final DeadLetters letters;
  private final RefreshSettings settings;
  private final InstantSource clock;
  private final Set<DuckDb> open = ConcurrentHashMap.newKeySet();

  public Refresher(
      ProfileInputs inputs,
      HistoricalEvents events,
      DeadLetters letters,
      RefreshSettings settings,
      InstantSource clock) {
    this.inputs = new PatientInputs(inputs, settings.patience());
    this.events = events;
    this.letters = letters;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Refreshes a model. An events model whose files and mapping are those that were loaded last
   * sends nothing, unless all is asked for.
   *
   * @param runId unique; a run that was stopped or killed is called again with the same one, and
   *     goes on at its checkpoint
   * @throws IllegalStateException when a store, the log or the database did not do its work; the
   *     next run takes up what is missing
   */
  public RefreshOutcome refresh(
      ModelDefinition model,
      Catalog catalog,
      String runId,
      RefreshOptions options,
      Progress progress) {
    Path directory = settings.stateDir().toAbsolutePath().resolve("models").resolve(model.name());
    Path temporary = temporary(model.name());
    return inDatabase(
        temporary,
        progress,
        db ->
            switch (model) {
              case ProfilesModel _, IdentityModel _ ->
                  new ProfilesRefresh(db, model, catalog, settings, options, progress, runId)
                      .run(
                          new AppliedSnapshot(directory),
                          inputs,
                          new RowLetters(letters, model.name(), settings, clock));
              case EventsModel history ->
                  load(db, history, catalog, directory, temporary, options, progress);
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
    Path temporary = temporary(model.name() + "~until");
    return inDatabase(
        temporary,
        progress,
        db ->
            new EventsBackfill(db, model, catalog, settings, progress)
                .run(
                    SourceFiles.find(model.source(), settings.dataRoot()),
                    temporary.resolve("scratch"),
                    events,
                    new RowLetters(letters, model.name(), settings, clock),
                    until));
  }

  private RefreshOutcome load(
      DuckDb db,
      EventsModel model,
      Catalog catalog,
      Path directory,
      Path temporary,
      RefreshOptions options,
      Progress progress)
      throws SQLException {
    if (options.dryRun() || options.isRollback()) {
      throw new RefusedException(
          "an events model sends its events once and has nothing to compare with or to go back to"
              + " (allowed: dry runs and rollbacks of profiles and identity models)");
    }
    SourceFiles files = SourceFiles.find(model.source(), settings.dataRoot());
    String fingerprint = model.mappingDigest() + "-" + files.contentDigest();
    Path loaded = directory.resolve("loaded");
    try {
      Files.createDirectories(directory);
      if (!options.full() && Files.exists(loaded) && Files.readString(loaded).equals(fingerprint)) {
        return new RefreshOutcome.Done(0, 0, 0);
      }
      RefreshOutcome.Done done =
          new EventsBackfill(db, model, catalog, settings, progress)
              .run(
                  files,
                  temporary.resolve("scratch"),
                  events,
                  new RowLetters(letters, model.name(), settings, clock),
                  null);
      Path aside = directory.resolve("loaded.part");
      Files.writeString(aside, fingerprint);
      Files.move(aside, loaded, StandardCopyOption.ATOMIC_MOVE);
      return done;
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be written", e);
    }
  }

  private Path temporary(String name) {
    return settings.stateDir().toAbsolutePath().resolve("tmp").resolve(name);
  }

  /** Ends the database work of the runs under way; they may be called again. */
  public void cancel() {
    open.forEach(DuckDb::cancel);
  }

  private interface Work {
    RefreshOutcome in(DuckDb db) throws SQLException;
  }

  private RefreshOutcome inDatabase(Path temporary, Progress progress, Work work) {
    try (DuckDb db = DuckDb.open(settings, temporary)) {
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
      // Neither the message nor the cause: both may quote people's data.
      throw new IllegalStateException(
          "the database of the run failed (" + DuckDb.errorKind(e) + " error)");
    }
  }
}
