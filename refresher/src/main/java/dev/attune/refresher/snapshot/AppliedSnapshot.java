package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.OvertakenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a model has said so far: a row for each key that ever was, each cell with its stamp, in a
 * Parquet file of the state directory. Rows that are gone stay in it, with the stamps of their
 * removal: if one comes back, its cells must be newer than that.
 *
 * <p>Two names make a run that is killed anywhere harmless; which files they stand for is part of
 * the model's state in its {@link Lease}:
 *
 * <ol>
 *   <li>{@code next} is written aside, forced to disk and named before the first row is written to
 *       a profile; it says of which run it is, and numbers the rows that are to be written;
 *   <li>it becomes {@code applied} after the last one.
 * </ol>
 *
 * <p>The run whose {@code next} it is goes on at its {@link Checkpoint}, in this process or in the
 * one that took over the lease. To any other run it is the work of one that did not end, some of
 * which was written and some not: that run takes it for what was applied, and writes again every
 * row in which the two differ.
 *
 * <p>So it does not matter either when somebody who was overtaken writes rows late, even after
 * others ran: nobody writes a row of a {@code next} that is not known to all who come after, hence
 * it is a row that the run which was interrupted might have written before. Those who came after
 * wrote that row as it was, or with later stamps, which win in any order.
 *
 * <p>What a run replaced is kept as {@code before/<run>} for the last {@value #BEFORE_MAX} of them;
 * of the first run, that it replaced nothing.
 */
final class AppliedSnapshot {
  /** Replaced snapshots that are kept. */
  static final int BEFORE_MAX = 3;

  private static final int FORMAT = 2;

  /** Without the snapshots of cells. */
  private static final int FORMAT_1 = 1;

  /** Most snapshots that are named; the profiles remember the older ones themselves. */
  private static final int NAMED_MAX = 1_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A snapshot of which something was applied.
   *
   * @param number what cells call it
   */
  record Named(int number, String runId, long dataTimeMicros) {}

  /**
   * What a run had to do.
   *
   * @param written rows to be written
   */
  record Figures(long rows, long written, long badRows) {
    static final Figures NONE = new Figures(0, 0, 0);
  }

  /**
   * What the columns of a file are.
   *
   * @param mapping digest of the mapping that it was made with
   * @param identifiers of the columns {@code i0, i1, ...}, with stamps {@code si0, si1, ...}
   * @param traits of the columns {@code t0, t1, ...}, with stamps {@code st0, st1, ...} and, where
   *     {@link #tellsSnapshots}, the numbers of the snapshots that brought them {@code nt0, nt1,
   *     ...}
   * @param snapshots by number; the newest {@value #NAMED_MAX}
   * @param run that wrote it; with one, there are the columns n and seq (the row's place among
   *     those to be written, from 0; NULL: not to be written)
   * @param types what columns hold, see {@link ColumnKinds}
   */
  record Meta(
      int format,
      String mapping,
      List<String> identifiers,
      List<String> traits,
      List<Named> snapshots,
      String run,
      Map<String, String> types,
      Figures figures) {
    // Older files lack some of the last four.
    Meta(
        int format,
        String mapping,
        List<String> identifiers,
        List<String> traits,
        @Nullable List<Named> snapshots,
        @Nullable String run,
        @Nullable Map<String, String> types,
        @Nullable Figures figures) {
      this.format = format;
      this.mapping = mapping;
      this.identifiers = List.copyOf(identifiers);
      this.traits = List.copyOf(traits);
      this.snapshots = snapshots == null ? List.of() : List.copyOf(snapshots);
      this.run = run == null ? "" : run;
      this.types = types == null ? Map.of() : Map.copyOf(types);
      this.figures = figures == null ? Figures.NONE : figures;
    }

    static Meta of(
        String mapping,
        List<String> identifiers,
        List<String> traits,
        List<Named> snapshots,
        String run,
        Map<String, String> types,
        Figures figures) {
      int from = Math.max(0, snapshots.size() - NAMED_MAX);
      return new Meta(
          FORMAT,
          mapping,
          identifiers,
          traits,
          snapshots.subList(from, snapshots.size()),
          run,
          types,
          figures);
    }

    boolean tellsSnapshots() {
      return format > FORMAT_1;
    }

    static final Meta EMPTY = of("", List.of(), List.of(), List.of(), "", Map.of(), Figures.NONE);
  }

  private final Path directory;
  private final Lease lease;
  private final StateFiles files;
  private final Path part;
  private final Checkpoint checkpoint;

  /**
   * @param directory of the model; created when it is not there
   */
  AppliedSnapshot(Path directory, Lease lease) {
    this(directory, lease, "rows/");
  }

  /**
   * @param area of the model's state, e.g. {@code rows/}
   */
  AppliedSnapshot(Path directory, Lease lease, String area) {
    this.directory = directory;
    this.lease = lease;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be written", e);
    }
    this.files = StateFiles.of(directory, lease, area);
    this.part = files.ownFile();
    this.checkpoint = new Checkpoint(directory, lease.epoch());
  }

  /** The file that {@link #offer} takes: of this holder of the lease alone. */
  Path part() {
    return part;
  }

  /** Whether a run did not end. */
  boolean hasNext() {
    return files.next().isPresent();
  }

  /**
   * Returns while nobody took over the model.
   *
   * @throws OvertakenException when somebody did
   */
  void checkHeld() {
    lease.check();
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** What was applied, without its rows; empty when nothing was. */
  Optional<Meta> appliedMeta(DuckDb db) throws SQLException {
    return meta(db, files.applied().orElse(null));
  }

  /** What a run that did not end was applying, without its rows; empty when there is none. */
  Optional<Meta> nextMeta(DuckDb db) throws SQLException {
    return meta(db, files.next().orElse(null));
  }

  /** How the rows of a file get into a database. */
  enum Reach {
    /** They are copied: an analyst's query must not be able to name their file. */
    COPY,
    /** They are read where they are, each time: {@link #files} have to stay within reach. */
    FILE
  }

  /** The files that {@link Reach#FILE} reads. */
  List<Path> files() {
    return Stream.of(files.applied(), files.next()).flatMap(Optional::stream).toList();
  }

  /** Shows what was applied as a table; empty when nothing was. */
  Optional<Meta> loadApplied(DuckDb db, String table, Reach reach) throws SQLException {
    return load(db, files.applied().orElse(null), table, reach);
  }

  /** Shows what a run that did not end was applying as a table; empty when there is none. */
  Optional<Meta> loadNext(DuckDb db, String table, Reach reach) throws SQLException {
    return load(db, files.next().orElse(null), table, reach);
  }

  /**
   * Loads what was applied before a run into a table. {@link Meta#EMPTY}, and no table, when
   * nothing was; empty when it is no longer kept.
   */
  Optional<Meta> loadBefore(DuckDb db, String runId, String table) throws SQLException {
    // Of a run that did not end, what was applied before it still is.
    if (nextMeta(db).map(meta -> meta.run().equals(runId)).orElse(false)) {
      return load(db, files.applied().orElse(null), table, Reach.COPY)
          .or(() -> Optional.of(Meta.EMPTY));
    }
    return files.isNothingBefore(runId)
        ? Optional.of(Meta.EMPTY)
        : load(db, files.before(runId).orElse(null), table, Reach.COPY);
  }

  /**
   * Loads the rows that a run has to write still, with their columns n and seq.
   *
   * @param written rows that are not needed. Whoever counts on from it passes what it read once: a
   *     holder that was overtaken may end a last chunk, and count it, at any moment
   */
  Meta loadRest(DuckDb db, long written, String table) throws SQLException {
    Meta meta = nextMeta(db).orElseThrow();
    db.execute(
        "create table %s as select * from read_parquet(%s) where seq >= %d"
            .formatted(table, Sql.literal(files.next().orElseThrow().toString()), written));
    return meta;
  }

  private static Optional<Meta> load(DuckDb db, @Nullable Path file, String table, Reach reach)
      throws SQLException {
    Optional<Meta> meta = meta(db, file);
    if (file != null && meta.isPresent()) {
      db.execute(
          "create %s %s as select %s from read_parquet(%s)"
              .formatted(
                  reach == Reach.COPY ? "table" : "view",
                  table,
                  meta.get().run().isEmpty() ? "*" : "* exclude (n, seq)",
                  Sql.literal(file.toString())));
    }
    return meta;
  }

  private static Optional<Meta> meta(DuckDb db, @Nullable Path file) throws SQLException {
    if (file == null) {
      return Optional.empty();
    }
    String meta =
        db.texts(
                "select decode(value) from parquet_kv_metadata("
                    + Sql.literal(file.toString())
                    + ") where decode(key) = 'attune'")
            .getFirst();
    try {
      Meta read = JSON.readValue(meta, Meta.class);
      if (read.format() < FORMAT_1 || read.format() > FORMAT) {
        throw new IllegalStateException(
            file
                + " is of format "
                + read.format()
                + " (known: "
                + FORMAT_1
                + " to "
                + FORMAT
                + ")");
      }
      return Optional.of(read);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(file + " is damaged: its description is not JSON", e);
    }
  }

  /**
   * Writes the result of a query aside and makes it {@code next}, safe against a loss of power.
   *
   * @throws OvertakenException when somebody took over the model, who need not see it
   */
  void offer(DuckDb db, String query, Meta meta) throws SQLException {
    try {
      db.execute(
          "copy ("
              + query
              + ") to "
              + Sql.literal(part.toString())
              + " (format parquet, compression zstd, use_tmp_file false, kv_metadata {attune: "
              + Sql.literal(JSON.writeValueAsString(meta))
              + "})");
      force(part);
      force(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the next snapshot cannot be kept in " + directory, e);
    }
    files.offer(part);
  }

  /**
   * Makes {@code next}, all of which has been written to profiles, what was applied.
   *
   * @param runId whose {@code next} it is; what it replaces is kept under that name
   * @throws OvertakenException when somebody took over the model
   */
  void promote(String runId) {
    files.promote(runId);
  }

  /** The runs that can be rolled back, the oldest first. */
  List<String> beforeRuns() {
    return files.beforeRuns();
  }

  /**
   * Forgets what a run was applying, all of which was.
   *
   * @param words that are kept in the model's state in the same moment, by name
   * @throws OvertakenException when somebody took over the model
   */
  void forgetNext(Map<String, String> words) {
    files.forgetNext(words);
  }

  /** A word of {@link #forgetNext}. */
  Optional<String> word(String name) {
    return files.word(name);
  }

  private static void force(Path path) throws IOException {
    var option = Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, option)) {
      channel.force(true);
    }
  }
}
