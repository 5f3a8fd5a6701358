package dev.attune.store.redis;

import dev.attune.store.redis.LostWrites.Cause;
import dev.attune.store.redis.Placement.Master;
import io.lettuce.core.protocol.AsyncCommand;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks each master every few seconds, and at once after a connection was made, who it is. When keys
 * are not with whom they were, listeners are told that acknowledged writes may be gone. It also
 * gives up connections that lead to a replica, or to nobody.
 */
final class FailoverWatch implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(2);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(1);

  /** After so many rounds without an answer a connection is taken for dead. */
  private static final int SILENT_ROUNDS_MAX = 3;

  private final Topology topology;
  private final List<Lane> lanes;
  private final InstantSource clock;
  private final List<Consumer<LostWrites>> listeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean started = new AtomicBoolean();
  private final Semaphore wakes = new Semaphore(0);
  private final Thread thread;

  // Of the watch's thread alone:
  private final Map<String, Known> known = new HashMap<>();
  private final Map<Integer, String> owners = new HashMap<>();
  private final Map<RedisAddress, Integer> silentRounds = new HashMap<>();

  /**
   * Not started yet.
   *
   * @param lanes of which the first one asks
   */
  FailoverWatch(Topology topology, List<Lane> lanes, InstantSource clock) {
    this.topology = topology;
    this.lanes = lanes;
    this.clock = clock;
    thread = Thread.ofVirtual().name("redis-failover-watch").unstarted(this::watch);
  }

  void start() {
    if (started.compareAndSet(false, true)) {
      thread.start();
    }
  }

  /** Something happened to a connection. */
  void wake() {
    if (wakes.availablePermits() == 0) {
      wakes.release();
    }
  }

  void add(Consumer<LostWrites> listener) {
    listeners.add(listener);
  }

  private void watch() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          round();
        } catch (CompletionException | TimeoutException e) {
          // Nobody knows the servers just now: the next round may.
        } catch (RuntimeException e) {
          // A listener did not take it: it is told again in the next round.
        }
        var _ = wakes.tryAcquire(INTERVAL.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void round() throws InterruptedException, TimeoutException {
    Placement placement = await(topology.placement().toCompletableFuture());
    Map<String, Sighting> sightings = ask(placement);
    for (Master master : placement.owners()) {
      Sighting sighting = sightings.get(master.id());
      if (sighting != null) {
        compare(master, sighting, sightings);
        master.slots().stream().forEach(slot -> owners.put(slot, master.id()));
      }
    }
    sightings.forEach((id, sighting) -> known.computeIfAbsent(id, _ -> new Known()).add(sighting));
    Set<String> needed = new HashSet<>(owners.values());
    placement.masters().forEach(master -> needed.add(master.id()));
    known.keySet().retainAll(needed);
    silentRounds.keySet().retainAll(placement.servers());
  }

  /** Of those that answered as masters. */
  private Map<String, Sighting> ask(Placement placement)
      throws InterruptedException, TimeoutException {
    Map<Master, CompletableFuture<Sighting>> asked = new HashMap<>();
    for (Master master : placement.masters()) {
      asked.put(master, ask(master));
    }
    Map<String, Sighting> sightings = new HashMap<>();
    for (var entry : asked.entrySet()) {
      Master master = entry.getKey();
      try {
        Sighting sighting = await(entry.getValue());
        silentRounds.remove(master.address());
        if (sighting.master()) {
          sightings.put(master.id(), sighting);
        } else {
          reconnect(master.address()); // the name may lead to another server by now
        }
      } catch (CompletionException e) {
        topology.doubt();
      } catch (TimeoutException e) {
        topology.doubt();
        if (silentRounds.merge(master.address(), 1, Integer::sum) == SILENT_ROUNDS_MAX) {
          silentRounds.remove(master.address());
          reconnect(master.address());
        }
      }
    }
    return sightings;
  }

  private void reconnect(RedisAddress server) {
    topology.doubt();
    lanes.forEach(lane -> lane.reconnect(server));
  }

  private CompletableFuture<Sighting> ask(Master master) {
    Instant at = clock.instant();
    List<AsyncCommand<String, byte[], byte[]>> sections =
        Sighting.SECTIONS.stream().map(Request::info).toList();
    return lanes
        .getFirst()
        .askServer(master.address(), List.copyOf(sections))
        .thenApply(
            _ ->
                Sighting.of(
                    ServerInfo.of(
                        sections.stream().map(CompletableFuture::join).toArray(byte[][]::new)),
                    at))
        .toCompletableFuture();
  }

  private static <T> T await(CompletableFuture<T> future)
      throws InterruptedException, TimeoutException {
    try {
      return future.get(ANSWER_MAX.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    }
  }

  /** Tells what this master's keys may have lost since they were last seen. */
  private void compare(Master master, Sighting now, Map<String, Sighting> all) {
    Known before = known.get(master.id());
    if (before != null && !before.last().goesOnAs(now)) {
      boolean restarted = now.restartedSince(before.last());
      tell(
          new LostWrites(
              restarted ? Cause.RESTARTED : Cause.FAILED_OVER,
              master.address(),
              text(master),
              restarted ? before.last().safeOnDisk() : before.replicatedUntil()));
      return;
    }
    Map<String, BitSet> byFormer = new HashMap<>();
    master.slots().stream()
        .forEach(
            slot -> {
              String owner = owners.get(slot);
              if (owner != null && !owner.equals(master.id())) {
                byFormer.computeIfAbsent(owner, _ -> new BitSet()).set(slot);
              }
            });
    byFormer.forEach(
        (owner, slots) -> {
          Known former = known.get(owner);
          if (former != null && !gaveAway(former, all.get(owner), now)) {
            tell(
                new LostWrites(
                    Cause.FAILED_OVER, master.address(), ranges(slots), former.replicatedUntil()));
          }
        });
  }

  /** Whether the former master is still one, so that it has handed the slots over key by key. */
  private static boolean gaveAway(Known former, @Nullable Sighting formerNow, Sighting heir) {
    return formerNow != null
        && former.last().goesOnAs(formerNow)
        && !heir.tookOverFrom(former.last());
  }

  private void tell(LostWrites lost) {
    listeners.forEach(listener -> listener.accept(lost));
  }

  private static String text(Master master) {
    return master.id().isEmpty() ? "all" : ranges(master.slots());
  }

  private static String ranges(BitSet slots) {
    List<String> ranges = new ArrayList<>();
    for (int from = slots.nextSetBit(0); from >= 0; ) {
      int end = slots.nextClearBit(from);
      ranges.add(end - 1 == from ? String.valueOf(from) : from + "-" + (end - 1));
      from = slots.nextSetBit(end);
    }
    return String.join(" ", ranges);
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  /** What is known of a master. */
  private static final class Known {
    private @Nullable Sighting last;
    private @Nullable Sighting notReplicatedYet;
    private Instant replicatedUntil = Instant.EPOCH;

    void add(Sighting sighting) {
      if (last != null && !last.goesOnAs(sighting)) {
        notReplicatedYet = null;
        replicatedUntil = Instant.EPOCH;
      }
      last = sighting;
      Sighting waiting = notReplicatedYet == null ? sighting : notReplicatedYet;
      if (sighting.replicasOffset() >= sighting.offset()) {
        replicatedUntil = sighting.at();
        notReplicatedYet = null;
      } else if (sighting.replicasOffset() >= waiting.offset()) {
        replicatedUntil = waiting.at();
        notReplicatedYet = sighting;
      } else {
        notReplicatedYet = waiting;
      }
    }

    Sighting last() {
      return Objects.requireNonNull(last);
    }

    /** Writes acknowledged before were with every replica. */
    Instant replicatedUntil() {
      return replicatedUntil;
    }
  }
}
