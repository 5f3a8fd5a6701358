package dev.attune.load.faults;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A cell of a table as a model has applied it, by the documented rule: one that did not change
 * keeps its stamp, one that did gets that of its row, or of the snapshot when the row is gone, and
 * in any case a greater one than before.
 *
 * @param value null: there is none
 * @param stamp microseconds
 */
record Cell(@Nullable Object value, long stamp) {
  /**
   * What becomes of it.
   *
   * @param before null: the row was never there
   * @param rowStamp of the row, or of the snapshot when it is gone, in microseconds
   */
  static Cell next(@Nullable Cell before, @Nullable Object now, long rowStamp) {
    if (before == null) {
      return new Cell(now, rowStamp);
    }
    return Objects.equals(before.value(), now)
        ? before
        : new Cell(now, Math.max(rowStamp, before.stamp() + 1));
  }
}
