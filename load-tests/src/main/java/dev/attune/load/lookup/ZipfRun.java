package dev.attune.load.lookup;

import dev.attune.load.lookup.LookupFigures.Name;
import dev.attune.load.report.Series;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What callers are like: a few people are asked for all the time, and everybody now and then, so
 * that some answers are in memory and the others are not.
 *
 * @param station whose server has been warmed up
 */
record ZipfRun(Station station, Duration warmUp, Duration length) {
  private static final int ROUNDS = 3;

  /** Returns what came of the lookups. */
  List<Tally> run(int people, double exponent, LookupFigures figures) throws IOException {
    List<Tally> tallies = new ArrayList<>();
    var rate = new Series();
    var cpu = new Series();
    var middle = new Series();
    var tail = new Series();
    long samples = 0;
    for (int i = 0; i < ROUNDS; i++) {
      Station.Run full = station.saturate(warmUp, length);
      Tally half = station.at(full.tally().rate() / 2, warmUp, length).tally();
      tallies.add(full.tally());
      tallies.add(half);
      rate.add(full.tally().rate());
      cpu.add(full.cpuMicrosPerRequest());
      middle.add(half.percentile(50));
      tail.add(half.percentile(99));
      samples += full.tally().verified();
    }
    figures.measured(
        Name.ZIPF,
        rate.median(),
        samples,
        ("%s/s, medians of %d (least-most), over %d people, exponent %.2f; %s us of the server"
                + " process a lookup; at half of that p50 %s p99 %s ms")
            .formatted(rate, ROUNDS, people, exponent, cpu, middle, tail));
    return tallies;
  }
}
