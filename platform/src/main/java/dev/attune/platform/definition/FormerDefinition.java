package dev.attune.platform.definition;

import dev.attune.proto.v1.Definition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an audience or a computed trait was before it was changed: it decides until the events are
 * known that the new one needs. Versions are microseconds, so that they tell how long ago that was.
 */
final class FormerDefinition {
  private static final Set<String> KINDS = Set.of("audience", "trait");

  /** The last one may never have decided anything: somebody corrects what was applied just now. */
  private static final int MAX = 2;

  /** Longer than it takes to tell all events that the log has. */
  private static final Duration KEPT = Duration.ofDays(1);

  /** A record of the log has a limit, and what is written now must fit into it. */
  private static final int BYTES_MAX = 256 << 10;

  private FormerDefinition() {}

  /** A changed definition, with what it replaces. */
  static Definition keep(Definition changed, Definition replaced) {
    if (!KINDS.contains(changed.getKind())) {
      return changed;
    }
    List<Definition> before = new ArrayList<>(replaced.getBeforeList());
    if (!replaced.getYaml().equals(changed.getYaml())) {
      before.addFirst(replaced.toBuilder().clearBefore().build());
    }
    Definition.Builder kept = changed.toBuilder().clearBefore();
    int bytes = 0;
    for (Definition each : before.subList(0, Math.min(MAX, before.size()))) {
      bytes += each.getSerializedSize();
      if (bytes > BYTES_MAX) {
        break;
      }
      kept.addBefore(each);
    }
    return kept.build();
  }

  /** A stored definition without what it was too long ago; empty when there is nothing to drop. */
  static Optional<Definition> dropOld(Definition stored, long nowMicros) {
    boolean old = nowMicros - stored.getVersion() > KEPT.toMillis() * 1_000;
    return old && stored.getBeforeCount() > 0
        ? Optional.of(stored.toBuilder().clearBefore().build())
        : Optional.empty();
  }
}
