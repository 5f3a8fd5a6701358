package dev.attune.load.lookup;

import java.util.TreeMap;

/** The verdict on every answer of a run. */
final class Answers {
  private final TreeMap<Integer, Long> failed = new TreeMap<>();
  private long verified;
  private long wrong;
  private long stale;

  void count(Tally tally) {
    verified += tally.verified();
    wrong += tally.wrong();
    stale += tally.stale();
    tally.failed().forEach((status, count) -> failed.merge(status, count, Long::sum));
  }

  void tell(LookupFigures figures) {
    if (verified > 0) {
      figures.measured(
          LookupFigures.Name.WRONG,
          (double) (wrong + stale),
          verified + wrong + stale,
          "wrong %d, older than %d s after a write's acknowledgement %d; id, version and checksum of"
                  .formatted(wrong, WriteLedger.STALENESS_MAX.toSeconds(), stale)
              + " each; calls that brought no answer, by status: "
              + failed);
    }
  }
}
