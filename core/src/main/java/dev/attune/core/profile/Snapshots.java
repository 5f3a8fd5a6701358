package dev.attune.core.profile;

import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Snapshot;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The snapshots that values of one profile came with. Most values of a profile came with a few of
 * them, so that each is written once and values point to it by its place, counted from 1.
 */
final class Snapshots {
  /**
   * Of two snapshots that brought one cell, the greater is the one that is told: the earlier run. A
   * run's id ends in a number that grows, so that the shorter one is the earlier one, and among
   * equally long ones the smaller. One that is not known is the least. A total order, so that it
   * does not matter in which order facts come.
   */
  static final Comparator<Fact> EARLIEST =
      Comparator.comparing(
          Fact::getSnapshot,
          Comparator.comparing((Snapshot s) -> !s.getRunId().isEmpty())
              .thenComparingInt(s -> -s.getRunId().length())
              .thenComparing(Snapshot::getRunId, Comparator.reverseOrder())
              .thenComparing(Snapshot::getDataTimeMicros, Comparator.reverseOrder()));

  private final Map<Snapshot, Integer> places = new LinkedHashMap<>();

  /** The place of a fact's snapshot, which is added when it is new; 0 when the fact has none. */
  int place(Fact fact) {
    return fact.hasSnapshot()
        ? places.computeIfAbsent(fact.getSnapshot(), _ -> places.size() + 1)
        : 0;
  }

  /** All that were added, by place. */
  Collection<Snapshot> all() {
    return places.keySet();
  }

  /** As stored: facts point to their snapshots. Equal content gives equal bytes. */
  static Facts stored(Facts facts) {
    if (facts.getFactsList().stream().noneMatch(Fact::hasSnapshot)) {
      return facts;
    }
    Snapshots snapshots = new Snapshots();
    Facts.Builder stored = facts.toBuilder().clearFacts().clearSnapshots();
    for (Fact fact : facts.getFactsList()) {
      stored.addFacts(
          fact.hasSnapshot()
              ? fact.toBuilder().clearSnapshot().setStoredSnapshot(snapshots.place(fact)).build()
              : fact);
    }
    return stored.addAllSnapshots(snapshots.all()).build();
  }

  /** The other way round: each fact has its snapshot, and can go elsewhere with it. */
  static Facts read(Facts stored) {
    if (stored.getSnapshotsCount() == 0) {
      return stored;
    }
    Facts.Builder facts = stored.toBuilder().clearFacts().clearSnapshots();
    for (Fact fact : stored.getFactsList()) {
      int place = fact.getStoredSnapshot();
      facts.addFacts(
          place > 0 && place <= stored.getSnapshotsCount()
              ? fact.toBuilder()
                  .setSnapshot(stored.getSnapshots(place - 1))
                  .clearStoredSnapshot()
                  .build()
              : fact);
    }
    return facts.build();
  }
}
