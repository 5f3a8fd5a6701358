package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.model.EventsModel;
import dev.attune.refresher.lease.OvertakenException;
import dev.attune.refresher.pace.Pacer;
import dev.attune.refresher.snapshot.AppliedSnapshot.Figures;
import dev.attune.refresher.snapshot.AppliedSnapshot.Meta;
import dev.attune.refresher.snapshot.EventsState.Loaded;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One run of an events model, from its files to the log. Files and a mapping that were sent last
 * are not sent again, unless all is asked for.
 */
final class EventsRefresh {
  private final DuckDb db;
  private final EventsModel model;
  private final RefreshSettings settings;
  private final Origins origins;
  private final RefreshOptions options;
  private final Progress progress;
  private final Pacer pacer;
  private final String runId;
  private final EventsBackfill backfill;
  private final Patience patience;

  /** Under which run it is kept how much has been sent. */
  private String checkpointRun;

  EventsRefresh(
      DuckDb db,
      EventsModel model,
      Catalog catalog,
      RefreshSettings settings,
      Origins origins,
      RefreshOptions options,
      Progress progress,
      Pacer pacer,
      String runId,
      ForbiddenCells forbidden) {
    this.db = db;
    this.model = model;
    this.settings = settings;
    this.origins = origins;
    this.options = options;
    this.progress = progress;
    this.pacer = pacer;
    this.runId = runId;
    this.checkpointRun = runId;
    this.patience = new Patience(settings.patience());
    this.backfill = new EventsBackfill(db, model, catalog, settings, progress, forbidden);
  }

  /**
   * Reads, checks and sends; or goes on where a run of the same id was interrupted, or another one
   * that was sending the very same events.
   *
   * @throws RefusedException before anything was sent
   * @throws StoppedException between two chunks
   * @throws OvertakenException when somebody took over the model
   */
  RefreshOutcome run(EventsState state, HistoricalEvents events, RowLetters letters)
      throws SQLException {
    if (options.isRollback()) {
      throw new RefusedException(
          "an events model sends its events once and has nothing to go back to (allowed: rollbacks of"
              + " models of another kind)");
    }
    Optional<Meta> unended = state.unended(db);
    if (unended.filter(meta -> meta.run().equals(runId)).isPresent()) {
      return goOn(unended.get(), state, events);
    }
    Loaded loaded = state.loaded();
    if (loaded.run().equals(runId)) {
      // It was killed between its last act and the word of it.
      return done(loaded.figures());
    }
    return begin(loaded, unended, state, events, letters);
  }

  private RefreshOutcome begin(
      Loaded loaded,
      Optional<Meta> unended,
      EventsState state,
      HistoricalEvents events,
      RowLetters letters)
      throws SQLException {
    progress.phase(Progress.Phase.READING);
    SourceReader reader = backfill.open(origins);
    String fingerprint = model.mappingDigest() + "-" + reader.contentDigest();
    if (!options.full() && loaded.fingerprint().equals(fingerprint)) {
      return options.dryRun() ? compared(0, 0, 0, List.of()) : done(Figures.NONE);
    }
    Optional<Meta> same = unended.filter(meta -> EventsState.fingerprint(meta).equals(fingerprint));
    if (same.isPresent() && !options.full() && !options.dryRun()) {
      return goOn(same.get(), state, events);
    }
    reader.load();
    long rows = backfill.read(reader, state.part(), null);
    progress.rowsRead(rows);
    RowGuard.check(model.guards(), reader.originLabel(), rows, loaded.figures().rows())
        .ifPresent(this::refuse);
    ColumnKinds.changed(reader.originLabel(), loaded.types(), backfill.types())
        .ifPresent(this::refuse);

    progress.phase(Progress.Phase.DIFFING);
    BadRows bad = backfill.badRows(reader.originLabel(), rows, options.force());
    bad.tooMany().ifPresent(this::refuse);
    progress.badRows(bad.count());
    long toSend = rows - bad.count();
    if (options.dryRun()) {
      return compared(rows, bad.count(), toSend, samples());
    }
    if (bad.count() > 0) {
      BadRows.send(db, "events", letters);
    }
    progress.toWrite(toSend);
    progress.compared(new Differences.Rows(toSend, 0, 0, 0));
    var figures = new Figures(rows, toSend, bad.count());
    state.offer(db, model.mappingDigest(), fingerprint, backfill.types(), runId, figures);
    progress.phase(Progress.Phase.WRITING);
    send(EventsBackfill.GOOD, 0, state, events);
    state.finish(new Loaded(fingerprint, runId, figures, backfill.types()));
    return done(figures);
  }

  private RefreshOutcome goOn(Meta meta, EventsState state, HistoricalEvents events)
      throws SQLException {
    if (!meta.mapping().equals(model.mappingDigest())) {
      throw new IllegalStateException(
          "the mapping of the model changed while the run was interrupted; the next run begins anew");
    }
    checkpointRun = meta.run();
    long before = state.checkpoint().rows(checkpointRun);
    state.loadRest(db, before);
    Figures figures = meta.figures();
    progress.rowsRead(figures.rows());
    progress.badRows(figures.badRows());
    progress.toWrite(figures.written());
    progress.written(before);
    progress.phase(Progress.Phase.WRITING);
    try {
      send("select * from events order by seq", before, state, events);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "the catalog changed while the run was interrupted, and an event no longer fits; the next run"
              + " begins anew",
          e);
    }
    state.finish(
        new Loaded(EventsState.fingerprint(meta), runId, figures, EventsState.types(meta)));
    return done(figures);
  }

  private static RefreshOutcome done(Figures figures) {
    return new RefreshOutcome.Done(figures.rows(), figures.written(), figures.badRows());
  }

  private static RefreshOutcome compared(
      long rows, long bad, long toSend, List<Differences.Sample> samples) {
    return new RefreshOutcome.Compared(
        rows, bad, new Differences(new Differences.Rows(toSend, 0, 0, 0), Map.of(), samples));
  }

  private List<Differences.Sample> samples() throws SQLException {
    List<Differences.Sample> samples = new ArrayList<>();
    db.forEach(
        EventsBackfill.GOOD + " limit " + Differences.SAMPLES_MAX,
        row ->
            samples.add(
                new Differences.Sample(
                    "added", Sha256.hex(row.getString(2)).substring(0, 12), List.of())));
    return samples;
  }

  /** Refuses, unless force was asked for; then that is recorded. */
  private void refuse(String sentence) {
    if (!options.force()) {
      throw new RefusedException(sentence);
    }
    progress.overruled(sentence);
  }

  // In chunks, each acknowledged whole: the checkpoint and the pace need to know.
  private void send(String query, long before, EventsState state, HistoricalEvents events)
      throws SQLException {
    List<EventsBackfill.Outgoing> chunk = new ArrayList<>();
    long[] sent = {before};
    db.forEach(
        query,
        row -> {
          chunk.add(backfill.outgoing(row));
          if (chunk.size() >= settings.inFlightMax()) {
            flush(chunk, sent, state, events);
          }
        });
    flush(chunk, sent, state, events);
  }

  private void flush(
      List<EventsBackfill.Outgoing> chunk,
      long[] sent,
      EventsState state,
      HistoricalEvents events) {
    if (chunk.isEmpty()) {
      return;
    }
    if (progress.stopping()) {
      throw new StoppedException();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new IllegalStateException("interrupted between chunks; the next run goes on");
    }
    state.checkHeld();
    pacer.write(
        "the log",
        chunk.size(),
        // What is sent again has the ids that it had.
        () -> patience.write(() -> send(chunk, events)));
    sent[0] += chunk.size();
    chunk.clear();
    // Only now: what it says was sent is acknowledged.
    state.checkpoint().keep(checkpointRun, sent[0]);
    progress.written(sent[0]);
    pacer.rest();
  }

  private void send(List<EventsBackfill.Outgoing> chunk, HistoricalEvents events) {
    var acknowledgements = new Acknowledgements(settings);
    chunk.forEach(
        event -> acknowledgements.add(events.send(event.userId(), event.json().toByteArray())));
    acknowledgements.awaitAll();
  }
}
