package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.CompiledTrait;
import dev.attune.core.audience.KnownHistory;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.proto.v1.EventHistory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which audiences one partition decides, and which of them wait for events of the past. What it has
 * been told of those is kept beside the states, in their transactions.
 */
final class PartitionAudiences {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionAudiences.class);
  private static final String BEGUN = "history/begun/";
  private static final String FILLED = "history/filled/";

  /** Longest wait for definitions that somebody else has already. */
  private static final Duration DEFINITIONS_MAX = Duration.ofSeconds(10);

  private final CurrentAudiences current;
  private final boolean waits;
  private final KeyValueStore<String, byte[]> meta;
  private KnownHistory begun;
  private KnownHistory filled;
  private volatile @Nullable InForce inForce;

  /**
   * @param waits whether audiences wait for what somebody tells them of the past
   */
  PartitionAudiences(CurrentAudiences current, boolean waits, KeyValueStore<String, byte[]> meta) {
    this.current = current;
    this.waits = waits;
    this.meta = meta;
    this.begun = read(BEGUN);
    this.filled = read(FILLED);
    // Who had the partition before may have heard of newer ones.
    long version = 0;
    for (EventHistory each : begun.entries()) {
      version = Math.max(version, each.getDefinitionsVersion());
    }
    awaitVersion(version);
  }

  private KnownHistory read(String prefix) {
    List<EventHistory> told = new ArrayList<>();
    try (var stored = meta.range(prefix, prefix + Character.MAX_VALUE)) {
      while (stored.hasNext()) {
        told.add(EventHistory.parseFrom(stored.next().value));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was told of past events does not parse", e);
    }
    return KnownHistory.of(told);
  }

  /** Those in force; on the partition's thread. */
  InForce get() {
    AudienceSet audiences = current.get();
    InForce known = inForce;
    if (known == null || isOther(known, audiences)) {
      keep(audiences, begun, filled);
      return decide(audiences);
    }
    return known;
  }

  // The very object: the set is compiled once for each change.
  @SuppressWarnings("ReferenceEquality")
  private static boolean isOther(InForce known, AudienceSet audiences) {
    return known.audiences() != audiences;
  }

  /** Takes in what is told of past events. */
  void take(EventHistory told) {
    if (!told.getFilled()) {
      awaitVersion(told.getDefinitionsVersion());
    }
    AudienceSet audiences = current.get();
    if (told.getFilled()) {
      // More than was remembered behind its beginning is not known.
      KnownHistory heard = KnownHistory.of(List.of(told)).limitedTo(begun);
      keep(audiences, begun, filled.with(heard.entries()));
    } else {
      keep(audiences, begun.with(List.of(told)), filled);
    }
    var _ = decide(audiences);
  }

  // Without what no audience asks for any more: its events are forgotten, too.
  private void keep(AudienceSet audiences, KnownHistory nextBegun, KnownHistory nextFilled) {
    begun = write(BEGUN, begun, nextBegun.under(audiences));
    filled = write(FILLED, filled, nextFilled.under(audiences));
  }

  private KnownHistory write(String prefix, KnownHistory before, KnownHistory after) {
    if (!after.equals(before)) {
      before.entries().forEach(each -> meta.delete(prefix + each.getEvent()));
      after.entries().forEach(each -> meta.put(prefix + each.getEvent(), each.toByteArray()));
    }
    return after;
  }

  private InForce decide(AudienceSet audiences) {
    Set<String> paused = current.paused();
    Map<String, Stage> waiting = new TreeMap<>();
    for (CompiledTrait trait : audiences.computed()) {
      put(waiting, trait.key(), stage(trait));
    }
    for (CompiledAudience audience : audiences.audiences()) {
      Stage stage = stage(audience);
      for (String trait : audience.traits()) {
        // What it asks for has to be known, too.
        stage = max(stage, waiting.getOrDefault(ComputedKeys.of(trait), Stage.LIVE));
      }
      put(waiting, audience.name(), paused.contains(audience.name()) ? Stage.PAUSED : stage);
    }
    InForce decided =
        new InForce(audiences, waits ? Optional.of(filled) : Optional.empty(), waiting);
    inForce = decided;
    return decided;
  }

  private static void put(Map<String, Stage> waiting, String name, Stage stage) {
    if (stage != Stage.LIVE) {
      waiting.put(name, stage);
    }
  }

  private static Stage max(Stage one, Stage other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private Stage stage(CompiledAudience audience) {
    return stage(filled.covers(audience), begun.covers(audience));
  }

  private Stage stage(CompiledTrait trait) {
    return stage(filled.covers(trait), begun.covers(trait));
  }

  private Stage stage(boolean isFilled, boolean hasBegun) {
    if (!waits || isFilled) {
      return Stage.LIVE;
    }
    return hasBegun ? Stage.BACKFILLING : Stage.PREPARING;
  }

  private void awaitVersion(long version) {
    if (!current.await(set -> set.version() >= version, DEFINITIONS_MAX)) {
      // They may have been taken away again.
      LOG.warn("definitions that somebody else knows did not come within {}", DEFINITIONS_MAX);
    }
  }

  /** The last ones; any thread may ask. */
  @Nullable InForce last() {
    return inForce;
  }
}
