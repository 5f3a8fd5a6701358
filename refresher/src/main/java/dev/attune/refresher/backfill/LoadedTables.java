package dev.attune.refresher.backfill;

import java.time.Instant;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The tables of the warehouse that bring events of the past. */
public interface LoadedTables {
  /** Whether a model's table has been loaded, by a run that began at an instant or later. */
  boolean isLoadedSince(String model, Instant since);

  /**
   * Loads the tables of models once more, whole; blocks until the log of events has them.
   *
   * @return the models whose table was loaded; the others cannot be now
   */
  Set<String> loadAgain(Set<String> models, BooleanSupplier stopping) throws InterruptedException;
}
