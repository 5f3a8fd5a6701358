package dev.attune.dispatcher.guard;

import dev.attune.core.webhook.FlipLimit;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.proto.v1.Transition;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts how much of an audience one run moves, of the people of one partition, and has webhooks
 * held for which that is too much. For one thread; nothing of it is stored.
 */
public final class FlipGuard {
  /** Of fewer people in a partition a share says nothing. */
  static final int COMPARED_MIN = 100;

  private static final int COUNTED_MAX = 1_000;

  private final Holds holds;
  private final Map<Moved, Count> counts =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Moved, Count> eldest) {
          return size() > COUNTED_MAX;
        }
      };

  /** Nothing is counted yet. */
  public FlipGuard(Holds holds) {
    this.holds = holds;
  }

  /** Counts a transition that these webhooks are told of. */
  public void moved(Transition transition, Iterable<WebhookDefinition> webhooks) {
    if (!isOfOneRun(transition.getBatch())) {
      return;
    }
    Count count =
        counts.computeIfAbsent(
            new Moved(transition.getBatch(), transition.getAudience()),
            _ -> new Count(transition.getMembersBefore()));
    count.moved++;
    if (count.before < COMPARED_MIN) {
      return;
    }
    for (WebhookDefinition webhook : webhooks) {
      FlipLimit limit = webhook.holdAbove().orElseGet(holds::otherwise);
      if (limit.isPassed(count.moved, count.before)) {
        holds.hold(
            webhook.name(),
            transition.getBatch(),
            "%s moved %d of the %d members of %s in one partition, and maybe more (allowed: %s)"
                .formatted(
                    words(transition.getBatch()),
                    count.moved,
                    count.before,
                    transition.getAudience(),
                    limit.words()));
      }
    }
  }

  // The past that is told again, and a store that is filled again, come at no one's word.
  private static boolean isOfOneRun(String batch) {
    return batch.startsWith("definition/")
        || batch.startsWith("model/")
        || batch.startsWith("catalog/");
  }

  private static String words(String batch) {
    String[] parts = batch.split("/", 3);
    return switch (parts[0]) {
      case "model" -> "run " + parts[parts.length - 1] + " of model " + parts[1];
      case "definition" -> "the definition of version " + parts[1];
      default -> "the catalog of version " + parts[1];
    };
  }

  private record Moved(String batch, String audience) {}

  private static final class Count {
    private final long before;
    private long moved;

    Count(long before) {
      this.before = before;
    }
  }
}
