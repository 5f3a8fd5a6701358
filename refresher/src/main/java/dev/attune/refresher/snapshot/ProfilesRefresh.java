package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.identity.Links;
import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.core.model.ProfilesModel;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.TraitFit;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.RowCause;
import dev.attune.proto.v1.Snapshot;
import dev.attune.refresher.snapshot.AppliedSnapshot.Named;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One run of a profiles model, from its files to the profiles' facts. */
final class ProfilesRefresh {
  private static final int FIRST_IDENTIFIER = 5;

  private final DuckDb db;
  private final ProfilesModel model;
  private final Catalog catalog;
  private final RefreshSettings settings;
  private final Progress progress;
  private final String source;
  private final Map<Integer, Snapshot> snapshots = new HashMap<>();

  ProfilesRefresh(
      DuckDb db,
      ProfilesModel model,
      Catalog catalog,
      RefreshSettings settings,
      Progress progress) {
    this.db = db;
    this.model = model;
    this.catalog = catalog;
    this.settings = settings;
    this.progress = progress;
    this.source = "model:" + model.name();
  }

  /**
   * Reads, compares and writes.
   *
   * @param runId told in the cause of each change, and kept with each cell that is new
   * @throws RefusedException before anything was changed
   */
  RefreshOutcome.Done run(
      AppliedSnapshot state, ProfileInputs inputs, RowLetters letters, String runId)
      throws SQLException {
    progress.phase(Progress.Phase.READING);
    SourceFiles files = SourceFiles.find(model.source(), settings.dataRoot());
    long dataTime = model.dataTime().map(TraitFit::micros).orElseGet(files::newestMicros);
    var reader = new SourceReader(db, model.source(), files, mappedColumns());
    reader.load(wantedTypes());
    SnapshotDiff diff = SnapshotDiff.load(db, state, model, dataTime, runId);
    db.lock(state.part());
    List<DuckDb.Column> columns = reader.stage();
    long rows = new CurrentTable(db, model, catalog, reader, columns).create(dataTime);
    progress.rowsRead(rows);
    if (rows == 0 && diff.rowsBefore() > 0) {
      throw new RefusedException(
          "the snapshot is empty, and the last one had %d rows".formatted(diff.rowsBefore()));
    }

    progress.phase(Progress.Phase.DIFFING);
    long changed = diff.merge(model.traits().size());
    diff.named().forEach(named -> snapshots.put(named.number(), snapshot(named)));
    var bad = new BadRows(rows, settings);
    db.forEach(
        selectChanged(diff) + " where emit and not gone",
        row -> {
          try {
            input(row, diff, runId);
          } catch (IllegalArgumentException e) {
            bad.add(row.getLong(1), String.valueOf(e.getMessage()));
          }
        });
    bad.check();
    progress.badRows(bad.count());
    if (bad.count() > 0) {
      bad.store(db);
      BadRows.send(db, "merged", letters);
    }
    long toWrite = bad.count() > 0 ? diff.keepBad() : changed;
    progress.toWrite(toWrite);
    if (toWrite > 0) {
      diff.offer();
      progress.phase(Progress.Phase.WRITING);
      write(diff, inputs, runId);
    }
    if (state.hasNext()) {
      state.promote();
    }
    return new RefreshOutcome.Done(rows, toWrite, bad.count());
  }

  private List<String> mappedColumns() {
    List<String> mapped = new ArrayList<>(model.identifierColumns());
    mapped.addAll(model.traits().values());
    mapped.add(model.updatedAt());
    return mapped;
  }

  // What a format without types might take for something else: 00042 for a number, a time with an
  // offset for a text.
  private Map<String, ColumnType> wantedTypes() {
    Map<String, ColumnType> wanted = new HashMap<>();
    model
        .traits()
        .forEach(
            (trait, column) -> {
              TraitType declared = catalog.trait(trait).map(TraitDeclaration::type).orElse(null);
              if (declared == TraitType.STRING) {
                wanted.put(column, ColumnType.STRING);
              } else if (declared == TraitType.TIMESTAMP) {
                wanted.put(column, ColumnType.TIMESTAMP);
              }
            });
    if (!model.updatedAt().isEmpty()) {
      wanted.put(model.updatedAt(), ColumnType.TIMESTAMP);
    }
    model.identifierColumns().forEach(column -> wanted.put(column, ColumnType.STRING));
    return wanted;
  }

  private String selectChanged(SnapshotDiff diff) {
    List<String> select = new ArrayList<>(List.of("n", "ns", "k", "gone"));
    for (int i = 0; i < model.identifiers().size(); i++) {
      select.add("i" + i);
      select.add("si" + i);
    }
    for (int t = 0; t < diff.traits().size(); t++) {
      select.add("t" + t);
      select.add("st" + t);
      select.add("nt" + t);
    }
    return "select " + String.join(", ", select) + " from merged";
  }

  private void write(SnapshotDiff diff, ProfileInputs inputs, String runId) throws SQLException {
    List<ProfileInput> chunk = new ArrayList<>();
    long[] written = {0};
    db.forEach(
        selectChanged(diff) + " where emit order by n nulls first, k",
        row -> {
          chunk.add(input(row, diff, runId));
          if (chunk.size() >= settings.chunkRows()) {
            flush(chunk, inputs, written);
          }
        });
    flush(chunk, inputs, written);
  }

  private void flush(List<ProfileInput> chunk, ProfileInputs inputs, long[] written) {
    if (Thread.currentThread().isInterrupted()) {
      throw new IllegalStateException("interrupted between chunks; the next run goes on");
    }
    if (!chunk.isEmpty()) {
      inputs.write(List.copyOf(chunk));
      written[0] += chunk.size();
      chunk.clear();
      progress.written(written[0]);
    }
  }

  private ProfileInput input(ResultSet row, SnapshotDiff diff, String runId) throws SQLException {
    boolean kept = row.getObject(1) == null;
    boolean gone = row.getBoolean(4);
    Identifier via =
        kept
            ? known(row.getString(2), row.getString(3))
            : identifier(model.key().column(), row.getString(2), row.getString(3));
    List<Link> links = new ArrayList<>();
    int column = FIRST_IDENTIFIER;
    for (var further : model.identifiers()) {
      String value = row.getString(column);
      if (value != null && !gone && (!kept || taken(further.namespace(), value))) {
        Identifier other = identifier(further.column(), further.namespace(), value);
        if (!other.equals(via)) {
          links.add(Links.link(via, other, row.getLong(column + 1), source));
        }
      }
      column += 2;
    }
    List<Fact> facts = new ArrayList<>();
    for (String trait : diff.traits()) {
      String cell = row.getString(column);
      long stamp = row.getLong(column + 1);
      // Without a stamp the model never said anything of it: there is nothing to remove.
      if (!row.wasNull()) {
        // Of a cell without a number it is not known; 0 is nobody's.
        Snapshot snapshot = snapshots.get(row.getInt(column + 2));
        Fact fact = fact(trait, via, stamp, cell);
        facts.add(snapshot == null ? fact : fact.toBuilder().setSnapshot(snapshot).build());
      }
      column += 3;
    }
    Cause cause =
        Cause.newBuilder()
            .setRow(RowCause.newBuilder().setModel(model.name()).setRunId(runId))
            .build();
    return new ProfileInput(via, facts, links, cause);
  }

  private static Snapshot snapshot(Named named) {
    return Snapshot.newBuilder()
        .setRunId(named.runId())
        .setDataTimeMicros(named.dataTimeMicros())
        .build();
  }

  private Fact fact(String trait, Identifier via, long stamp, @Nullable String cell) {
    if (cell == null) {
      return FactSet.fact(trait, source, via, stamp, Optional.empty(), "");
    }
    try {
      return FactSet.fact(trait, source, via, stamp, Optional.of(Cells.value(cell)), "");
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("trait \"" + trait + "\": " + e.getMessage(), e);
    }
  }

  private Identifier identifier(String column, String namespace, String value) {
    try {
      return catalog.identifier(namespace, value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("column \"" + column + "\": " + e.getMessage(), e);
    }
  }

  // A link that was said once and that a newer catalog does not take is not said again.
  private boolean taken(String namespace, String value) {
    try {
      return !catalog.identifier(namespace, value).value().isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  // It was taken once; a catalog that would no longer take it must not keep the row from being
  // removed or completed.
  private Identifier known(String namespace, String value) {
    try {
      return catalog.identifier(namespace, value);
    } catch (IllegalArgumentException e) {
      return new Identifier(namespace, value);
    }
  }
}
