package dev.attune.refresher.snapshot;

import dev.attune.core.model.Guards;
import java.util.Optional;

/** Compares how many rows a snapshot has with how many the last one had. */
final class RowGuard {
  private RowGuard() {}

  /**
   * Why a run is to be refused, if it is.
   *
   * @param label how messages call the snapshot
   * @param before rows of the last one
   */
  static Optional<String> check(Guards guards, String label, long rows, long before) {
    if (rows == 0 && before > 0) {
      return Optional.of(
          "%s has no rows, and the last snapshot had %d (allowed: none only after none, or with --force)"
              .formatted(label, before));
    }
    double off = before == 0 ? 0 : Math.abs(rows - before) / (double) before;
    if (before >= guards.rowsComparedMin() && off > guards.rowsOff()) {
      return Optional.of(
          "%s has %d rows, and the last snapshot had %d: %s off (allowed: %s by rows_off, or any with --force)"
              .formatted(
                  label, rows, before, Guards.percent(off), Guards.percent(guards.rowsOff())));
    }
    return Optional.empty();
  }
}
