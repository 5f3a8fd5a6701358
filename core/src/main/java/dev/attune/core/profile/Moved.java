package dev.attune.core.profile;

import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Identifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The identifiers that a write brought to a profile, and those that it took away. */
record Moved(Collection<Identifier> added, Collection<Identifier> removed) {
  static final Moved NOTHING = new Moved(List.of(), List.of());

  /** Bytes of all of them in one change; beside the largest profile it stays under 1 MB. */
  private static final int BYTES_MAX = 64 << 10;

  Moved {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
  }

  /**
   * By comparing a profile's content before and after.
   *
   * @param came identifiers that are known to have come, whether or not the content says so
   * @param went identifiers that are known to have gone
   */
  static Moved between(
      Facts before, Facts after, Collection<Identifier> came, Collection<Identifier> went) {
    Set<Identifier> added = new LinkedHashSet<>(after.getIdentifiersList());
    added.removeAll(new LinkedHashSet<>(before.getIdentifiersList()));
    added.addAll(came);
    Set<Identifier> removed = new LinkedHashSet<>(before.getIdentifiersList());
    removed.removeAll(new LinkedHashSet<>(after.getIdentifiersList()));
    removed.addAll(went);
    return new Moved(added, removed);
  }

  /** Names them in a change, as many as may be. */
  void addTo(Changed.Builder changed) {
    int left = BYTES_MAX;
    List<Identifier> named = new ArrayList<>();
    left = take(added, left, named);
    changed.addAllIdentifiersAdded(named);
    named.clear();
    take(removed, left, named);
    changed.addAllIdentifiersRemoved(named);
  }

  private static int take(Collection<Identifier> from, int bytesMax, List<Identifier> into) {
    int left = bytesMax;
    for (Identifier identifier : from) {
      left -= identifier.getSerializedSize();
      if (left < 0) {
        return 0;
      }
      into.add(identifier);
    }
    return left;
  }
}
