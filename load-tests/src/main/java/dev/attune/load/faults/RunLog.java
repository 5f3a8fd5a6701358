package dev.attune.load.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.attune.load.log.ChangeLog;
import dev.attune.load.log.TopicReader;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Cause;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What came into the logs, and in which life of the system: the kills part one from the next. A run
 * that goes on at its checkpoint after a kill writes again what it wrote since; a checkpoint that
 * was ahead of its data would leave rows out.
 */
final class RunLog {
  /** Rows that a run writes before it keeps a checkpoint, as the documentation has it. */
  private static final int CHUNK_ROWS = 500;

  /** The same of events of the past. */
  private static final int CHUNK_EVENTS = 2_000;

  private final List<Instant> deaths;
  private final Set<String> effects = new HashSet<>();

  /** By run, the lives in which each profile was written for it. */
  private final Map<String, Map<String, BitSet>> rows = new HashMap<>();

  private final Map<String, Integer> rowCauses = new HashMap<>();

  /** By the ids' prefix, the lives in which each event of the past was sent. */
  private final Map<String, Map<String, BitSet>> sent = new HashMap<>();

  /**
   * @param deaths when each kill was over, in order
   */
  RunLog(List<Instant> deaths) {
    this.deaths = List.copyOf(deaths);
  }

  /**
   * What runs did.
   *
   * @param skipped rows and events that were to be written and are not in the logs
   * @param again that were written in more than one life
   * @param beyond of those, how many more than one chunk after a kill
   * @param interrupted runs that wrote in several lives
   */
  record Verdict(long rows, long skipped, long again, long beyond, long interrupted) {
    private static final Verdict NOTHING = new Verdict(0, 0, 0, 0, 0);

    private Verdict plus(Verdict other) {
      return new Verdict(
          rows + other.rows,
          skipped + other.skipped,
          again + other.again,
          beyond + other.beyond,
          interrupted + other.interrupted);
    }
  }

  /** Reads both logs. */
  void read(KafkaSettings kafka, Terminal terminal) {
    try (Progress progress = terminal.progress("Reading the log of changes", 0, "changes")) {
      ChangeLog.changes(
          kafka,
          progress,
          (changed, at) -> {
            for (Cause cause : changed.getCausesList()) {
              if (cause.hasEvent()) {
                effects.add(cause.getEvent().getEventId());
              } else if (cause.hasRow()) {
                row(cause.getRow().getRunId(), changed.getRecord().getProfileId(), at);
              }
            }
          });
    }
    try (Progress progress = terminal.progress("Reading the log of events", 0, "events")) {
      TopicReader.read(
          kafka,
          kafka.topics().events(),
          progress,
          record -> event(messageId(record.value()), record.timestamp()));
    }
  }

  /** A run wrote a row into a profile. */
  void row(String run, String profile, long atMillis) {
    rowCauses.merge(run, 1, Integer::sum);
    note(rows, run, profile, atMillis);
  }

  /** An event came into the log; those of the past have ids that begin with their batch's. */
  void event(String id, long atMillis) {
    if (id.startsWith(Orders.MODEL + "-")) {
      note(sent, id.substring(0, id.lastIndexOf('-') + 1), id, atMillis);
    }
  }

  private static String messageId(byte[] event) {
    try {
      return AttuneClient.JSON.readTree(event).path("messageId").asText();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the log of events holds what is none", e);
    } catch (IOException e) {
      throw new IllegalStateException("an event cannot be read", e);
    }
  }

  private void note(
      Map<String, Map<String, BitSet>> lives, String run, String what, long atMillis) {
    int life = 0;
    while (life < deaths.size() && deaths.get(life).toEpochMilli() < atMillis) {
      life++;
    }
    lives
        .computeIfAbsent(run, _ -> new HashMap<>())
        .computeIfAbsent(what, _ -> new BitSet())
        .set(life);
  }

  /** The ids of events that came to have an effect. */
  Set<String> effects() {
    return effects;
  }

  /** What became of runs. */
  Verdict verdict(List<Runs.Begun> runs) {
    Verdict sum = Verdict.NOTHING;
    for (Runs.Begun run : runs) {
      sum =
          sum.plus(
              switch (run) {
                case Runs.Begun.OfUsers of -> {
                  Map<String, BitSet> lives = rows.getOrDefault(of.id(), Map.of());
                  long skipped = of.profiles().stream().filter(p -> !lives.containsKey(p)).count();
                  yield verdict(of.profiles().size(), skipped, lives, CHUNK_ROWS);
                }
                // Several rows may be one person's, so that only their number tells.
                case Runs.Begun.OfAddresses of ->
                    new Verdict(
                        of.rows(),
                        Math.max(0, of.rows() - rowCauses.getOrDefault(of.id(), 0)),
                        0,
                        0,
                        0);
                case Runs.Begun.OfOrders of -> {
                  Map<String, BitSet> lives = sent.getOrDefault(of.prefix(), Map.of());
                  yield verdict(of.events(), of.events() - lives.size(), lives, CHUNK_EVENTS);
                }
              });
    }
    return sum;
  }

  private Verdict verdict(long rows, long skipped, Map<String, BitSet> lives, int chunk) {
    BitSet all = new BitSet();
    lives.values().forEach(all::or);
    long again = 0;
    long beyond = 0;
    for (int life = all.nextSetBit(0); life >= 0; life = all.nextSetBit(life + 1)) {
      int now = life;
      long repeated =
          lives.values().stream().filter(each -> each.get(now) && each.nextSetBit(0) < now).count();
      again += repeated;
      beyond += Math.max(0, repeated - chunk);
    }
    return new Verdict(rows, skipped, again, beyond, all.cardinality() > 1 ? 1 : 0);
  }
}
