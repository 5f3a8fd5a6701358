package dev.attune.load.audience;

import dev.attune.load.audience.AudienceFigures.Name;
import dev.attune.load.report.Series;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.time.Duration;

/** Runs the parts of this bench one after the other. */
final class AudienceBench {
  private static final int MANY = 1_000;

  private final Terminal terminal;
  private final int blocks;
  private final Duration length;
  private final AudienceFigures figures;

  /**
   * @param blocks of each kind, in turn
   * @param length of each
   */
  AudienceBench(Terminal terminal, int blocks, Duration length, AudienceFigures figures) {
    this.terminal = terminal;
    this.blocks = blocks;
    this.length = length;
    this.figures = figures;
  }

  void run() {
    figures.measured(
        Name.STATE,
        StateSize.bytes(),
        (long) StateSize.MATCHERS * StateSize.RING,
        "as it is stored: %d names of %d events each at times within 30 days, of one identifier"
            .formatted(StateSize.MATCHERS, StateSize.RING));
    engine();
  }

  private void engine() {
    var many = new EngineRun(MANY);
    var few = new EngineRun(1);
    var ofMany = new Series();
    var ofFew = new Series();
    try (Progress progress = terminal.progress("The engine alone", blocks + 1L, "blocks")) {
      // The first is for the compiler.
      many.block(length);
      few.block(length);
      for (int block = 1; block <= blocks; block++) {
        progress.at(block);
        ofMany.add(many.block(length));
        ofFew.add(few.block(length));
      }
    }
    long[] first = many.verify();
    long[] second = few.verify();
    String verified =
        "%d answers counted anew, %d wrong".formatted(first[0] + second[0], first[1] + second[1]);
    if (first[1] + second[1] > 0 || many.affected() != few.affected()) {
      figures.notMeasured(Name.ENGINE, verified);
      figures.notMeasured(Name.COST, verified);
      return;
    }
    figures.measured(
        Name.ENGINE,
        ofMany.median(),
        blocks,
        "%s/s over %d blocks of %d s, %d audiences, %.1f asked for each event, %.0f %% yes; %s"
            .formatted(
                ofMany,
                blocks,
                length.toSeconds(),
                many.audiences(),
                many.affected(),
                100 * many.shareOfMembers(),
                verified));
    // Time for an event is the other way round.
    Series cost = Series.ratio(ofFew, ofMany);
    figures.measured(
        Name.COST,
        cost.median(),
        blocks,
        "%s; with %d audiences %s/s".formatted(cost, few.audiences(), ofFew));
  }
}
