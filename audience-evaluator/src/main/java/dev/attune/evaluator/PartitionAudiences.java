package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.CompiledTrait;
import dev.attune.core.audience.KnownHistory;
import dev.attune.proto.v1.EventHistory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
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

  /** So long all that is told stays in the log, whatever is told after it. */
  private static final long RETAINED_MICROS = Duration.ofDays(7).toMillis() * 1_000;

  /** Longest wait for definitions that somebody else has already. */
  private static final Duration DEFINITIONS_MAX = Duration.ofSeconds(10);

  private static final String BORN = "history-born";

  private final CurrentAudiences current;
  private final boolean waits;
  private final KeyValueStore<String, byte[]> meta;
  // As told, by event, without what has not been remembered since.
  private final SortedMap<String, EventHistory> begun;
  private final SortedMap<String, EventHistory> filled;
  // When the partition began without any state; 0: it was never seen to.
  private final long born;
  private final LastDecided decided;
  private @Nullable AudienceSet seen;
  private boolean stale = true;
  private volatile @Nullable InForce inForce;

  /**
   * @param waits whether audiences wait for what somebody tells them of the past
   * @param empty whether no state has been kept before
   */
  PartitionAudiences(
      CurrentAudiences current,
      boolean waits,
      KeyValueStore<String, byte[]> meta,
      boolean empty,
      long wallMicros) {
    this.current = current;
    this.waits = waits;
    this.meta = meta;
    this.begun = read(BEGUN);
    this.filled = read(FILLED);
    this.decided = new LastDecided(meta);
    byte[] stored = meta.get(BORN);
    this.born = stored != null ? ByteBuffer.wrap(stored).getLong() : empty ? wallMicros : 0;
    // Who had the partition before may have heard of newer definitions.
    awaitPosition(
        begun.values().stream().mapToLong(EventHistory::getDefinitionsPosition).max().orElse(0));
  }

  private SortedMap<String, EventHistory> read(String prefix) {
    SortedMap<String, EventHistory> told = new TreeMap<>();
    try (var stored = meta.range(prefix, prefix + Character.MAX_VALUE)) {
      while (stored.hasNext()) {
        EventHistory each = EventHistory.parseFrom(stored.next().value);
        told.put(each.getEvent(), each);
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was told of past events does not parse", e);
    }
    return told;
  }

  /** Those in force; on the partition's thread. */
  InForce get() {
    AudienceSet audiences = look();
    InForce known = inForce;
    if (known == null || stale) {
      stale = false;
      known = decide(audiences);
      inForce = known;
    }
    return known;
  }

  // The very object: the set is compiled once for each change.
  @SuppressWarnings("ReferenceEquality")
  private AudienceSet look() {
    AudienceSet audiences = current.get();
    if (seen == null) {
      meta.put(BORN, ByteBuffer.allocate(Long.BYTES).putLong(born).array());
    }
    if (seen != audiences) {
      // What no audience asks for any more is forgotten, and so is what was told of it.
      keep(BEGUN, begun, audiences);
      keep(FILLED, filled, audiences);
      seen = audiences;
      stale = true;
    }
    return audiences;
  }

  private void keep(String prefix, SortedMap<String, EventHistory> told, AudienceSet audiences) {
    SortedMap<String, EventHistory> left = new TreeMap<>();
    KnownHistory.of(told.values())
        .under(audiences)
        .entries()
        .forEach(each -> left.put(each.getEvent(), each));
    for (EventHistory each : List.copyOf(told.values())) {
      EventHistory kept = left.get(each.getEvent());
      if (kept == null) {
        told.remove(each.getEvent());
        meta.delete(prefix + each.getEvent());
      } else if (!kept.equals(each)) {
        put(prefix, told, kept);
      }
    }
  }

  private void put(String prefix, SortedMap<String, EventHistory> told, EventHistory word) {
    told.put(word.getEvent(), word);
    meta.put(prefix + word.getEvent(), word.toByteArray());
  }

  /**
   * Takes in what is told of past events.
   *
   * @param writtenMicros when that was
   */
  void take(EventHistory told, long writtenMicros) {
    if (!told.getFilled()) {
      awaitPosition(told.getDefinitionsPosition());
      // By the definitions that ask for it, also when others were read meanwhile.
      KnownHistory.of(List.of(told))
          .under(look())
          .entries()
          .forEach(word -> put(BEGUN, begun, word));
    } else {
      EventHistory remembered = begun.get(told.getEvent());
      if (remembered != null) {
        // More than was remembered behind its beginning is not known.
        put(FILLED, filled, KnownHistory.limited(aged(told, writtenMicros), remembered));
      }
    }
    stale = true;
  }

  // Whoever lost all states reads old words, of whose events the log may have lost the oldest.
  private EventHistory aged(EventHistory told, long writtenMicros) {
    long retained = born - RETAINED_MICROS;
    return born == 0 || writtenMicros >= retained
        ? told
        : told.toBuilder().setFromMicros(Math.max(told.getFromMicros(), retained)).build();
  }

  private InForce decide(AudienceSet audiences) {
    Set<String> paused = current.paused();
    KnownHistory allBegun = KnownHistory.of(begun.values());
    KnownHistory allFilled = KnownHistory.of(filled.values());
    Map<String, Stage> waiting = new TreeMap<>();
    Map<String, Long> deciding = new HashMap<>();
    Map<String, CompiledTrait> formerTraits = new TreeMap<>();
    for (CompiledTrait trait : audiences.computed()) {
      Stage stage = stage(allFilled.covers(trait), allBegun.covers(trait));
      if (stage == Stage.LIVE) {
        deciding.put(trait.key(), trait.version());
      } else {
        waiting.put(trait.key(), stage);
        audiences.former(trait).stream()
            .filter(allFilled::covers)
            .filter(was -> mayDecide(trait.key(), was.version()))
            .findFirst()
            .ifPresent(was -> formerTraits.put(trait.key(), was));
      }
    }
    formerTraits.forEach((key, was) -> deciding.put(key, was.version()));
    Map<String, CompiledAudience> former = new TreeMap<>();
    for (CompiledAudience audience : audiences.audiences()) {
      Stage stage = stage(allFilled.covers(audience), allBegun.covers(audience));
      for (String key : audience.computed().keySet()) {
        // What it asks for has to be known, too.
        stage = max(stage, waiting.getOrDefault(key, Stage.LIVE));
      }
      if (paused.contains(audience.name())) {
        waiting.put(audience.name(), Stage.PAUSED);
      } else if (stage == Stage.LIVE) {
        deciding.put(audience.name(), audience.version());
      } else {
        waiting.put(audience.name(), stage);
        audiences.former(audience).stream()
            .filter(allFilled::covers)
            .filter(was -> deciding.entrySet().containsAll(was.computed().entrySet()))
            .filter(was -> mayDecide(audience.name(), was.version()))
            .findFirst()
            .ifPresent(was -> former.put(audience.name(), was));
      }
    }
    former.forEach((name, was) -> deciding.put(name, was.version()));
    decided.are(waiting.keySet(), deciding);
    Optional<KnownHistory> known = waits ? Optional.of(allFilled) : Optional.empty();
    return new InForce(audiences, known, waiting, former, formerTraits);
  }

  private boolean mayDecide(String told, long version) {
    OptionalLong last = decided.version(told);
    return last.isEmpty() || last.getAsLong() == version;
  }

  private static Stage max(Stage one, Stage other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private Stage stage(boolean isFilled, boolean hasBegun) {
    if (!waits || isFilled) {
      return Stage.LIVE;
    }
    return hasBegun ? Stage.BACKFILLING : Stage.PREPARING;
  }

  private void awaitPosition(long position) {
    if (!current.await(position, DEFINITIONS_MAX)) {
      LOG.warn("definitions that somebody else knows did not come within {}", DEFINITIONS_MAX);
    }
  }

  /** What an audience does; any thread may ask. */
  Stage stage(CompiledAudience audience) {
    InForce last = inForce;
    if (last == null) {
      return waits ? Stage.PREPARING : Stage.LIVE;
    }
    return last.stage(audience);
  }

  /** Version of what decides an audience; empty: nobody enters or leaves. Any thread may ask. */
  OptionalLong decidedBy(CompiledAudience audience) {
    InForce last = inForce;
    return last == null
        ? OptionalLong.empty()
        : last.deciding(audience).stream().mapToLong(CompiledAudience::version).findFirst();
  }

  /** Whether all events that an audience counts are known; any thread may ask. */
  boolean knows(CompiledAudience audience, long nowMicros) {
    InForce last = inForce;
    return last != null && last.knows(audience, nowMicros);
  }

  /** See {@link KnownHistory#completeFrom}; any thread may ask. */
  OptionalLong completeFrom(CompiledAudience audience, long nowMicros) {
    InForce last = inForce;
    return last == null ? OptionalLong.empty() : last.completeFrom(audience, nowMicros);
  }
}
