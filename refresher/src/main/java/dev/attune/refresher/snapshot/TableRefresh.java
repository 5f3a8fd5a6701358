package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.identity.Links;
import dev.attune.core.model.AudienceModel;
import dev.attune.core.model.ConsentModel;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.IdentityModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.core.model.ProfilesModel;
import dev.attune.core.model.TableModel;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.TraitFit;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.RowCause;
import dev.attune.proto.v1.Snapshot;
import dev.attune.refresher.lease.OvertakenException;
import dev.attune.refresher.pace.Pacer;
import dev.attune.refresher.snapshot.AppliedSnapshot.Figures;
import dev.attune.refresher.snapshot.AppliedSnapshot.Meta;
import dev.attune.refresher.snapshot.AppliedSnapshot.Named;
import dev.attune.refresher.snapshot.AppliedSnapshot.Reach;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One run of a model of profiles, an audience or consents, from its source to the profiles' facts;
 * or of an identity model, to the links between identifiers.
 */
final class TableRefresh {
  private static final int TAKEN = 5;
  private static final int FIRST_IDENTIFIER = 6;

  private final DuckDb db;
  private final TableModel model;
  private final boolean takesBack;
  private final String namespaceColumn;
  private final Catalog catalog;
  private final RefreshSettings settings;
  private final Origins origins;
  private final RefreshOptions options;
  private final Progress progress;
  private final Pacer pacer;
  private final String runId;
  private final String source;
  private final Cause cause;
  private final ForbiddenCells forbidden;
  private final Map<Integer, Snapshot> snapshots = new HashMap<>();

  /**
   * @param runId told in the cause of each change, and kept with each cell that is new
   * @param forbidden masks what must not be stored
   */
  TableRefresh(
      DuckDb db,
      ModelDefinition model,
      Catalog catalog,
      RefreshSettings settings,
      Origins origins,
      RefreshOptions options,
      Progress progress,
      Pacer pacer,
      String runId,
      ForbiddenCells forbidden) {
    this.db = db;
    switch (model) {
      case TableModel table -> {
        this.model = table;
        this.takesBack = false;
        this.namespaceColumn = "";
      }
      case IdentityModel identity -> {
        this.model = identity.table();
        this.takesBack = true;
        this.namespaceColumn = identity.namespaceColumn();
      }
      case EventsModel _ -> throw new IllegalArgumentException("model: of events (expected: rows)");
    }
    this.catalog = catalog;
    this.settings = settings;
    this.origins = origins;
    this.options = options;
    this.progress = progress;
    this.pacer = pacer;
    this.runId = runId;
    this.source = "model:" + model.name();
    this.cause =
        Cause.newBuilder()
            .setRow(RowCause.newBuilder().setModel(model.name()).setRunId(runId))
            .build();
    this.forbidden = forbidden;
  }

  /**
   * The snapshot that is wanted, as the table {@code current}.
   *
   * @param label how messages call it
   * @param types what columns hold, see {@link ColumnKinds}
   */
  private record Wanted(String label, long rows, Map<String, String> types) {}

  /**
   * Reads, compares and writes; or goes on where a run of the same id was interrupted.
   *
   * @throws RefusedException before anything was changed
   * @throws StoppedException between two chunks
   * @throws OvertakenException when somebody took over the model
   */
  RefreshOutcome run(AppliedSnapshot state, ProfileInputs inputs, RowLetters letters)
      throws SQLException {
    Optional<Meta> next = state.nextMeta(db).filter(meta -> meta.run().equals(runId));
    if (next.isPresent()) {
      return goOn(state, inputs);
    }
    Optional<Meta> applied = state.appliedMeta(db).filter(meta -> meta.run().equals(runId));
    if (applied.isPresent()) {
      // It was killed between its last act and the word of it.
      return done(applied.get().figures());
    }
    return begin(state, inputs, letters);
  }

  private RefreshOutcome begin(AppliedSnapshot state, ProfileInputs inputs, RowLetters letters)
      throws SQLException {
    progress.phase(Progress.Phase.READING);
    SnapshotDiff diff;
    Wanted wanted;
    if (options.isRollback()) {
      diff = SnapshotDiff.load(db, state, model, takesBack, 0, runId, Reach.FILE);
      long rows = diff.currentFromBefore(options.rollback());
      wanted = new Wanted("the snapshot before " + options.rollback(), rows, diff.typesBefore());
      lock(state, Reach.FILE);
    } else {
      SourceReader reader = open();
      reader.load();
      long dataTime = model.dataTime().map(TraitFit::micros).orElseGet(reader::dataTimeMicros);
      Reach reach = reader.isQueried() ? Reach.COPY : Reach.FILE;
      diff = SnapshotDiff.load(db, state, model, takesBack, dataTime, runId, reach);
      lock(state, reach);
      var current = new CurrentTable(db, model, namespaceColumn, catalog, reader, reader.stage());
      long rows = current.create(dataTime);
      wanted = new Wanted(reader.originLabel(), rows, current.types());
    }
    progress.rowsRead(wanted.rows());
    forbidden.mask(db, model);
    if (!options.isRollback()) {
      guard(wanted, diff);
    }

    progress.phase(Progress.Phase.DIFFING);
    long changed = diff.merge(model.facts().size(), options);
    name(diff.named());
    BadRows bad = badRows(diff, wanted);
    progress.badRows(bad.count());
    if (bad.count() > 0) {
      bad.store(db);
    }
    if (options.dryRun()) {
      return new RefreshOutcome.Compared(wanted.rows(), bad.count(), diff.differences());
    }
    if (bad.count() > 0) {
      BadRows.send(db, "merged", letters);
    }
    long toWrite = bad.count() > 0 ? diff.keepBad() : changed;
    progress.toWrite(toWrite);
    progress.compared(diff.counts());
    var figures = new Figures(wanted.rows(), toWrite, bad.count());
    if (toWrite > 0) {
      diff.offer(wanted.types(), figures);
      progress.phase(Progress.Phase.WRITING);
      write(selectChanged(diff.traits(), SnapshotDiff.PLACE), diff.traits(), state, 0, inputs);
      state.promote(runId);
    } else if (state.hasNext()) {
      // What a run that did not end was applying turned out to be what was applied.
      state.promote("");
    }
    return done(figures);
  }

  private void lock(AppliedSnapshot state, Reach reach) throws SQLException {
    db.lock(state.part(), reach == Reach.FILE ? state.files() : List.of());
  }

  private SourceReader open() {
    return origins.open(db, model.source(), mappedColumns(), wantedTypes(), progress);
  }

  /**
   * Looks at the first rows as {@link #run} would at all of them.
   *
   * @throws RefusedException where it would be refused for them
   */
  CheckOutcome.Ready check(Path writable, long rowsMax) throws SQLException {
    SourceReader reader = open();
    reader.load(rowsMax);
    db.lock(writable, List.of());
    new CurrentTable(db, model, namespaceColumn, catalog, reader, reader.stage()).create(0);
    return new CheckOutcome.Ready(reader.originLabel(), mapped());
  }

  private int mapped() {
    return (int) mappedColumns().stream().filter(name -> !name.isEmpty()).distinct().count();
  }

  private RefreshOutcome goOn(AppliedSnapshot state, ProfileInputs inputs) throws SQLException {
    long before = state.checkpoint().rows(runId);
    Meta meta = state.loadRest(db, before, "merged");
    if (!meta.mapping().equals(model.mappingDigest())) {
      throw new IllegalStateException(
          "the mapping of the model changed while the run was interrupted; the next run takes up"
              + " what is missing");
    }
    name(meta.snapshots());
    progress.rowsRead(meta.figures().rows());
    progress.badRows(meta.figures().badRows());
    progress.toWrite(meta.figures().written());
    progress.written(before);
    progress.phase(Progress.Phase.WRITING);
    try {
      write(
          selectChanged(meta.traits(), "seq") + " order by seq",
          meta.traits(),
          state,
          before,
          inputs);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "the catalog changed while the run was interrupted, and a row no longer fits; the next run"
              + " takes up what is missing",
          e);
    }
    state.promote(runId);
    return done(meta.figures());
  }

  private static RefreshOutcome done(Figures figures) {
    return new RefreshOutcome.Done(figures.rows(), figures.written(), figures.badRows());
  }

  private void guard(Wanted wanted, SnapshotDiff diff) throws SQLException {
    RowGuard.check(model.guards(), wanted.label(), wanted.rows(), diff.rowsBefore())
        .ifPresent(this::refuse);
    ColumnKinds.changed(wanted.label(), diff.typesBefore(), wanted.types()).ifPresent(this::refuse);
  }

  /** Refuses, unless force was asked for; then that is recorded. */
  private void refuse(String sentence) {
    if (!options.force()) {
      throw new RefusedException(sentence);
    }
    progress.overruled(sentence);
  }

  private BadRows badRows(SnapshotDiff diff, Wanted wanted) throws SQLException {
    double shareMax = model.guards().badRows().orElse(settings.badRowShareMax());
    var bad = new BadRows(wanted.label(), wanted.rows(), shareMax, options.force());
    db.forEach(
        selectChanged(diff.traits(), SnapshotDiff.PLACE)
            + " where not gone and "
            + SuspectRows.condition(model, takesBack, diff.traits().size(), catalog),
        row -> {
          try {
            input(row, diff.traits());
          } catch (IllegalArgumentException e) {
            bad.add(row.getLong(1), String.valueOf(e.getMessage()));
          }
        });
    bad.tooMany().ifPresent(this::refuse);
    return bad;
  }

  private List<String> mappedColumns() {
    List<String> mapped = new ArrayList<>(model.columns());
    mapped.add(namespaceColumn);
    return mapped;
  }

  // What a format without types might take for something else: 00042 for a number, a time with an
  // offset for a text.
  private Map<String, ColumnType> wantedTypes() {
    Map<String, ColumnType> wanted = new HashMap<>();
    switch (model) {
      case ProfilesModel profiles -> wantedTypes(profiles, wanted);
      case AudienceModel audience -> wanted.put(audience.since(), ColumnType.TIMESTAMP);
      case ConsentModel consent -> {
        wanted.put(consent.purposeColumn(), ColumnType.STRING);
        for (ConsentModel.Answer answer : consent.answers().values()) {
          wanted.put(answer.granted(), ColumnType.STRING);
          wanted.put(answer.time(), ColumnType.TIMESTAMP);
        }
      }
    }
    wanted.put(namespaceColumn, ColumnType.STRING);
    wanted.remove("");
    model.identifierColumns().forEach(column -> wanted.put(column, ColumnType.STRING));
    return wanted;
  }

  private void wantedTypes(ProfilesModel profiles, Map<String, ColumnType> wanted) {
    profiles
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
    wanted.put(profiles.updatedAt(), ColumnType.TIMESTAMP);
  }

  // The last column orders the rows.
  private String selectChanged(List<String> traits, String place) {
    List<String> select = new ArrayList<>(List.of("n", "ns", "k", "gone"));
    select.add(takesBack ? "taken" : "null");
    for (int i = 0; i < model.identifiers().size(); i++) {
      select.add("i" + i);
      select.add("si" + i);
    }
    for (int t = 0; t < traits.size(); t++) {
      select.add("t" + t);
      select.add("st" + t);
      select.add("nt" + t);
    }
    select.add(place);
    return "select " + String.join(", ", select) + " from merged";
  }

  /**
   * Writes the rows of a query in chunks.
   *
   * @param before rows that were written before an interruption
   */
  private void write(
      String query, List<String> traits, AppliedSnapshot state, long before, ProfileInputs inputs)
      throws SQLException {
    List<ProfileInput> chunk = new ArrayList<>();
    int placeColumn = FIRST_IDENTIFIER + 2 * model.identifiers().size() + 3 * traits.size();
    long[] read = {before};
    long[] place = {-1};
    try (WriteBehind behind = new WriteBehind()) {
      Runnable flush =
          () -> {
            List<ProfileInput> rows = List.copyOf(chunk);
            read[0] += rows.size();
            long written = read[0];
            chunk.clear();
            behind.write(() -> flush(rows, written, state, inputs));
          };
      db.forEach(
          query,
          row -> {
            if (row.getLong(placeColumn) <= place[0]) {
              // A run that goes on after so many rows would leave others out.
              throw new IllegalStateException("the rows do not come in their order");
            }
            place[0] = row.getLong(placeColumn);
            chunk.add(input(row, traits));
            if (chunk.size() >= settings.chunkRows()) {
              flush.run();
            }
          });
      if (!chunk.isEmpty()) {
        flush.run();
      }
      behind.await();
    }
  }

  /**
   * Writes a chunk.
   *
   * @param written rows that are written after it
   */
  private void flush(
      List<ProfileInput> rows, long written, AppliedSnapshot state, ProfileInputs inputs) {
    if (progress.stopping()) {
      throw new StoppedException();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new IllegalStateException("interrupted between chunks; the next run goes on");
    }
    state.checkHeld();
    pacer.write("the store", rows.size(), () -> inputs.write(rows));
    // Only now: what it says was written is acknowledged.
    state.checkpoint().keep(runId, written);
    progress.written(written);
    pacer.rest();
  }

  private ProfileInput input(ResultSet row, List<String> traits) throws SQLException {
    boolean kept = row.getObject(1) == null;
    boolean gone = row.getBoolean(4);
    Identifier via =
        kept
            ? known(row.getString(2), row.getString(3))
            : identifier(model.key().column(), row.getString(2), row.getString(3));
    if (takesBack && !gone && via.namespace().equals(Namespace.GROUP)) {
      throw new IllegalArgumentException(
          "column \"" + namespaceColumn + "\": groups are no people (allowed: other namespaces)");
    }
    List<Link> links = new ArrayList<>();
    int column = FIRST_IDENTIFIER;
    for (var further : model.identifiers()) {
      String value = row.getString(column);
      if (value != null && !gone && (!kept || taken(further.namespace(), value))) {
        Identifier other = identifier(further.column(), further.namespace(), value);
        if (!other.equals(via)) {
          links.add(link(via, other, row.getLong(column + 1), false));
        }
      }
      column += 2;
    }
    if (takesBack) {
      takeBack(row, via, links);
    }
    var bringing = via.toProto();
    List<Fact> facts = new ArrayList<>(traits.size());
    for (String trait : traits) {
      String cell = row.getString(column);
      long stamp = row.getLong(column + 1);
      // Without a stamp the model never said anything of it: there is nothing to remove.
      if (!row.wasNull()) {
        // Of a cell without a number it is not known; 0 is nobody's.
        Snapshot snapshot = snapshots.get(row.getInt(column + 2));
        Fact.Builder fact = fact(trait, bringing, stamp, cell);
        facts.add((snapshot == null ? fact : fact.setSnapshot(snapshot)).build());
      }
      column += 3;
    }
    return new ProfileInput(via, facts, links, cause);
  }

  private Link link(Identifier via, Identifier other, long stamp, boolean removed) {
    return takesBack
        ? Links.ofModel(via, other, stamp, source, removed)
        : Links.link(via, other, stamp, source);
  }

  // Whom the row named before, and no longer does.
  private void takeBack(ResultSet row, Identifier via, List<Link> links) throws SQLException {
    String taken = row.getString(TAKEN);
    long stamp = row.getLong(FIRST_IDENTIFIER + 1);
    if (taken == null || row.wasNull()) {
      return;
    }
    Set<Identifier> named = new HashSet<>(Set.of(via));
    links.forEach(link -> named.add(Links.partner(link, via)));
    for (String before : taken.split("\n", -1)) {
      int colon = before.indexOf(':');
      Identifier other = known(before.substring(0, colon), before.substring(colon + 1));
      if (named.add(other)) {
        links.add(link(via, other, stamp, true));
      }
    }
  }

  /** What the numbers of cells mean. */
  private void name(List<Named> named) {
    named.forEach(each -> snapshots.put(each.number(), snapshot(each)));
  }

  private static Snapshot snapshot(Named named) {
    return Snapshot.newBuilder()
        .setRunId(named.runId())
        .setDataTimeMicros(named.dataTimeMicros())
        .build();
  }

  private Fact.Builder fact(
      String trait, dev.attune.proto.v1.Identifier via, long stamp, @Nullable String cell) {
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
