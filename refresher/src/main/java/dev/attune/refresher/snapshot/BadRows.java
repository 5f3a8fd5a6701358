package dev.attune.refresher.snapshot;

import dev.attune.core.model.Guards;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Rows that cannot be taken, up to the share at which the whole run is refused. */
final class BadRows {
  private static final int INSERT_ROWS = 500;

  /** A row and the rule that it breaks. */
  record BadRow(long number, String reason) {}

  /** Most that are kept where force lets every share pass: they stand in memory. */
  static final int FORCED_MAX = 250_000;

  private final String label;
  private final long rows;
  private final double shareMax;
  private final boolean forced;
  private final List<BadRow> kept = new ArrayList<>();
  private long count;

  /**
   * @param label how messages call the rows' source
   */
  BadRows(String label, long rows, double shareMax, boolean forced) {
    this.label = label;
    this.rows = rows;
    this.shareMax = shareMax;
    this.forced = forced;
  }

  void add(long number, String reason) {
    count++;
    if (count == 1 || (forced ? count <= FORCED_MAX : count <= rows * shareMax)) {
      kept.add(new BadRow(number, reason.intern()));
    }
  }

  long count() {
    return count;
  }

  /**
   * Why the run is to be refused, when there are too many.
   *
   * @throws RefusedException when there are more than even force takes
   */
  Optional<String> tooMany() {
    if (count <= rows * shareMax) {
      return Optional.empty();
    }
    String sentence =
        "%d of %d rows of %s cannot be taken (allowed: %s by bad_rows, or more with --force); the first is row %d: %s"
            .formatted(
                count,
                rows,
                label,
                Guards.percent(shareMax),
                kept.getFirst().number(),
                kept.getFirst().reason());
    if (forced && count > FORCED_MAX) {
      throw new RefusedException(
          "%d of %d rows of %s cannot be taken (allowed: %d, even with --force)"
              .formatted(count, rows, label, FORCED_MAX));
    }
    return Optional.of(sentence);
  }

  /** Refuses the run when there are too many. */
  void check() {
    tooMany()
        .ifPresent(
            sentence -> {
              throw new RefusedException(sentence);
            });
  }

  /** Puts their numbers and reasons into the table {@code bad}. */
  void store(DuckDb db) throws SQLException {
    for (int from = 0; from < kept.size(); from += INSERT_ROWS) {
      List<String> values =
          kept.subList(from, Math.min(kept.size(), from + INSERT_ROWS)).stream()
              .map(row -> "(" + row.number() + ", " + Sql.literal(row.reason()) + ")")
              .toList();
      db.execute("insert into bad values " + String.join(", ", values));
    }
  }

  /**
   * Sends each of them to the dead letters.
   *
   * @param keyTable has the columns n and k
   */
  static void send(DuckDb db, String keyTable, RowLetters letters) throws SQLException {
    String json =
        db.describe("staged").stream()
            .map(DuckDb.Column::name)
            .filter(name -> !Sql.name(name).equals(SourceReader.ROW))
            .map(name -> Sql.literal(name) + ": staged." + Sql.name(name))
            .collect(Collectors.joining(", ", "to_json({", "})::varchar"));
    db.forEach(
        "select bad.n, coalesce(keys.k, ''), %s, bad.reason from bad join %s keys on keys.n = bad.n"
            .concat(" join staged on staged.%s = bad.n order by bad.n")
            .formatted(json, keyTable, SourceReader.ROW),
        row -> letters.send(row.getLong(1), row.getString(2), row.getString(3), row.getString(4)));
    letters.await();
  }
}
