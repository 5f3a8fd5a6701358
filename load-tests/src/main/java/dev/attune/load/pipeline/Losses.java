package dev.attune.load.pipeline;

import dev.attune.load.log.ChangeLog;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Finds acknowledged events that had no effect: in the log of changes event by event, in the
 * profiles as they are served, and at the webhooks' receiver.
 */
final class Losses {
  private static final int RECHECKED_MAX = 500;

  private final Terminal terminal;
  private final Plan plan;
  private final Ledger ledger;
  private final BitSet lost = new BitSet();
  private long withoutChange;
  private long notServed;
  private long withoutWebhook;

  Losses(Terminal terminal, Plan plan, Ledger ledger) {
    this.terminal = terminal;
    this.plan = plan;
    this.ledger = ledger;
  }

  /** Counts them, once everything is through. */
  void count(KafkaSettings kafka, Lookups lookups) throws InterruptedException {
    BitSet changed = new BitSet();
    try (Progress progress = terminal.progress("Reading the log of changes", 0, "changes")) {
      ChangeLog.events(
          kafka, progress, event -> plan.event(event.getEventId()).ifPresent(changed::set));
    }
    withoutChange = lose(ledger.acknowledged().filter(i -> !changed.get(i)).toArray());
    withoutWebhook =
        lose(ledger.acknowledged(Plan.Kind.ORDER).filter(i -> !ledger.isDelivered(i)).toArray());
    notServed = lose(notServed(lookups, expected(), "Looking up everybody"));
  }

  private long lose(int[] events) {
    for (int i : events) {
      lost.set(i);
    }
    return events.length;
  }

  // By user, the event whose effect their profile must show: of a person the last identify.
  private Map<String, Integer> expected() {
    Map<String, Integer> expected = new HashMap<>();
    Stream.of(Plan.Kind.IDENTIFY, Plan.Kind.JOIN)
        .flatMapToInt(ledger::acknowledged)
        .forEach(i -> expected.merge(plan.userId(i), i, Math::max));
    return expected;
  }

  private int[] notServed(Lookups lookups, Map<String, Integer> expected, String task)
      throws InterruptedException {
    return Everybody.lookUp(
            terminal,
            task,
            lookups,
            List.copyOf(expected.keySet()),
            (userId, profile) -> {
              int i = expected.getOrDefault(userId, 0);
              return plan.kind(i) == Plan.Kind.IDENTIFY
                  ? Lookups.sequence(profile) >= i
                  : Lookups.isMember(profile, Definitions.JOINED);
            })
        .stream()
        .mapToInt(userId -> expected.getOrDefault(userId, 0))
        .toArray();
  }

  /** Tells the figure. An answer about somebody else counts as a loss, too. */
  void tell(PipelineFigures figures, Receiver receiver, Lookups lookups) {
    long acknowledged = ledger.acknowledged().count();
    if (acknowledged == 0) {
      figures.notMeasured(PipelineFigures.Name.LOST, "the collector accepted no event");
      return;
    }
    figures.measured(
        PipelineFigures.Name.LOST,
        (double) (lost.cardinality() + lookups.wrong() + receiver.refused()),
        acknowledged,
        ("accepted events without effect: %d not in the log of changes, %d not in a served profile,"
                + " %d of %d webhooks not received; %d lookups about somebody else, %d webhooks not"
                + " genuine; besides: %d events not accepted%s, lookups failed: %s, %d webhooks came"
                + " again")
            .formatted(
                withoutChange,
                notServed,
                withoutWebhook,
                ledger.acknowledged(Plan.Kind.ORDER).count(),
                lookups.wrong(),
                receiver.refused(),
                ledger.refusedCount(),
                ledger.refusedCount() == 0 ? "" : " (the first: " + ledger.firstRefusal() + ")",
                lookups.failed().isEmpty() ? "none" : lookups.failed(),
                receiver.repeated()));
  }

  /** How many of some profiles are not served as they must be: after a restart. */
  long differentNow(Lookups lookups) throws InterruptedException {
    Map<String, Integer> some = new TreeMap<>();
    expected().entrySet().stream()
        .limit(RECHECKED_MAX)
        .forEach(entry -> some.put(entry.getKey(), entry.getValue()));
    return notServed(lookups, some, "Looking up some again").length;
  }
}
