package dev.attune.refresher.snapshot;

import dev.attune.core.model.ModelSource.ColumnType;
import java.sql.SQLException;
import java.util.Map;

/** Where a run's rows come from. */
sealed interface Origin permits FileOrigin, S3Origin, DatabaseOrigin {
  /** Every row there is. */
  long ALL = Long.MAX_VALUE;

  /** How messages call it. */
  String label();

  /**
   * Makes the table {@code raw} and over it the view {@code source}. Until it has returned, the
   * origin must be what it was when it began; a second call does nothing.
   *
   * @param wanted where types are to be guessed, and if the columns exist: STRING ones are read as
   *     text, TIMESTAMP ones that were taken for text are converted
   * @param rowsMax the first so many are enough, to look at; {@link #ALL} unless for a check
   * @throws RefusedException when it cannot be taken, and will not be next time either
   * @throws IllegalStateException when infrastructure failed it
   */
  void load(Map<String, ColumnType> wanted, long rowsMax) throws SQLException;

  /** As of when the rows are, in microseconds; known once they are loaded. */
  long dataTimeMicros();

  /**
   * A digest of all rows: equal digests mean equal rows. Loads them if there is no other way.
   *
   * @param wanted as of {@link #load}
   */
  String contentDigest(Map<String, ColumnType> wanted) throws SQLException;

  /** SQL (DuckDB) over the view {@code source}, whose result are the rows; empty: they all are. */
  String query();

  /** Whether the first line of the rows' files names their columns. */
  boolean headed();
}
