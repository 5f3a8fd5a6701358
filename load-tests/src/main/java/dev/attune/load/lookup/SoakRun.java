package dev.attune.load.lookup;

import dev.attune.load.lookup.LookupFigures.Name;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * As many lookups as go, for a long while, about more people than the near-cache holds.
 *
 * @param station whose server has {@link #CACHE_BYTES}
 */
record SoakRun(Station station, Duration length) {
  static final long CACHE_BYTES = 128L << 20;

  /**
   * A server that refuses its load keeps its memory flat without deserving it. Some it will refuse,
   * since there is always more: 7 of 100 on a machine that others used, too.
   */
  private static final double FAILED_MAX = 0.1;

  /** Returns what came of the lookups. */
  Tally run(int people, LookupFigures figures) throws IOException {
    Soak soak = Soak.start(station.server());
    Tally tally;
    try (soak) {
      tally = station.saturate(Duration.ZERO, length).tally();
    }
    String note =
        "%d uniform lookups in %d min over %d profiles, -Xmx512m"
            .formatted(tally.verified(), length.toMinutes(), people);
    if (tally.failures() > tally.verified() * FAILED_MAX) {
      String why = "%d lookups failed: %s".formatted(tally.failures(), note);
      for (Name name : List.of(Name.SOAK_CACHE, Name.SOAK_MEMORY, Name.SOAK_HEAP)) {
        figures.notMeasured(name, why);
      }
    } else {
      soak.readings().tell(figures, CACHE_BYTES, length, note);
    }
    return tally;
  }
}
