package dev.attune.refresher.snapshot;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a snapshot differs from what was applied: counts and names, never a value.
 *
 * @param rows how many there are of each kind
 * @param cells of changed rows that differ, by trait, or by namespace of a further identifier
 * @param samples some rows of each kind
 */
public record Differences(Rows rows, Map<String, Long> cells, List<Sample> samples) {
  /** Most samples of one kind. */
  public static final int SAMPLES_MAX = 5;

  /** Kinds of rows, as they are called. */
  public static final List<String> KINDS = List.of("added", "changed", "removed", "again");

  /**
   * Rows to be written, by kind.
   *
   * @param again rows without a difference: the mapping changed, a run did not end, or all of them
   *     were asked for
   */
  public record Rows(long added, long changed, long removed, long again) {
    /** Of a run that has not compared yet. */
    public static final Rows NONE = new Rows(0, 0, 0, 0);
  }

  /**
   * One row.
   *
   * @param key the first twelve digits of its digest, as in dead letters
   * @param cells which of them differ: traits, or namespaces
   */
  public record Sample(String kind, String key, List<String> cells) {
    public Sample {
      cells = List.copyOf(cells);
    }
  }

  public Differences {
    cells = new TreeMap<>(cells);
    samples = List.copyOf(samples);
  }
}
