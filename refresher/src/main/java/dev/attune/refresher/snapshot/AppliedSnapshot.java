package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What a model has said so far: a row for each key that ever was, each cell with its stamp, in a
 * Parquet file of the state directory. Rows that are gone stay in it, with the stamps of their
 * removal: if one comes back, its cells must be newer than that.
 *
 * <p>Two files make a run that is killed anywhere harmless, and no checkpoints are needed yet:
 *
 * <ol>
 *   <li>{@code next} is written aside, forced to disk and renamed before the first row is written
 *       to a profile;
 *   <li>it is renamed to {@code applied} after the last one.
 * </ol>
 *
 * <p>So a {@code next} that a run finds is the work of one that did not end, some of which was
 * written and some not: the run takes it for what was applied, and writes again every row in which
 * the two differ.
 */
final class AppliedSnapshot {
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
   * What the columns of a file are.
   *
   * @param mapping digest of the mapping that it was made with
   * @param identifiers of the columns {@code i0, i1, ...}, with stamps {@code si0, si1, ...}
   * @param traits of the columns {@code t0, t1, ...}, with stamps {@code st0, st1, ...} and, where
   *     {@link #tellsSnapshots}, the numbers of the snapshots that brought them {@code nt0, nt1,
   *     ...}
   * @param snapshots by number; the newest {@value #NAMED_MAX}
   */
  record Meta(
      int format,
      String mapping,
      List<String> identifiers,
      List<String> traits,
      List<Named> snapshots) {
    Meta {
      identifiers = List.copyOf(identifiers);
      traits = List.copyOf(traits);
      // Not there in the first format.
      snapshots = snapshots == null ? List.of() : List.copyOf(snapshots);
    }

    static Meta of(
        String mapping, List<String> identifiers, List<String> traits, List<Named> snapshots) {
      int from = Math.max(0, snapshots.size() - NAMED_MAX);
      return new Meta(
          FORMAT, mapping, identifiers, traits, snapshots.subList(from, snapshots.size()));
    }

    boolean tellsSnapshots() {
      return format > FORMAT_1;
    }

    static final Meta EMPTY = of("", List.of(), List.of(), List.of());
  }

  private final Path directory;
  private final Path applied;
  private final Path next;
  private final Path part;

  /**
   * @param directory of the model; created when it is not there
   */
  AppliedSnapshot(Path directory) {
    this.directory = directory;
    this.applied = directory.resolve("applied.parquet");
    this.next = directory.resolve("next.parquet");
    this.part = directory.resolve("next.parquet.part");
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be written", e);
    }
  }

  /** The file that {@link #offer} takes. */
  Path part() {
    return part;
  }

  /** Whether a run did not end. */
  boolean hasNext() {
    return Files.exists(next);
  }

  /** Loads what was applied into a table; empty when nothing was. */
  Optional<Meta> loadApplied(DuckDb db, String table) throws SQLException {
    return load(db, applied, table);
  }

  /** Loads what a run that did not end was applying into a table; empty when there is none. */
  Optional<Meta> loadNext(DuckDb db, String table) throws SQLException {
    return load(db, next, table);
  }

  private static Optional<Meta> load(DuckDb db, Path file, String table) throws SQLException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String literal = Sql.literal(file.toString());
    db.execute("create table " + table + " as select * from read_parquet(" + literal + ")");
    String meta =
        db.texts(
                "select decode(value) from parquet_kv_metadata("
                    + literal
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

  /** Writes the result of a query aside and makes it {@code next}, safe against a loss of power. */
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
      Files.move(part, next, StandardCopyOption.ATOMIC_MOVE);
      force(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the next snapshot cannot be kept in " + directory, e);
    }
  }

  /** Makes {@code next}, all of which has been written to profiles, what was applied. */
  void promote() {
    try {
      Files.move(next, applied, StandardCopyOption.ATOMIC_MOVE);
      force(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the applied snapshot cannot be kept in " + directory, e);
    }
  }

  private static void force(Path path) throws IOException {
    var option = Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, option)) {
      channel.force(true);
    }
  }
}
