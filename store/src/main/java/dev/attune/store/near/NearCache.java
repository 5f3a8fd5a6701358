package dev.attune.store.near;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileCache;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.Changed;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps served profiles on the heap, with who is whose and who is nobody's, in front of a store. An
 * answer from here is never older than the bound, and says as of when it is; one that is asked for
 * shortly before is read again in the background.
 *
 * <p>Questions for one key that come at once share one read. What fails is not kept: while the
 * store is away, what is younger than the bound is still answered and the rest fails.
 */
public final class NearCache implements ProfileCache {
  /** Background reads at once; beyond it a caller waits for the read when its time has come. */
  private static final int REFRESHES_MAX = 64;

  private static final Duration REFRESH_TIMEOUT = Duration.ofMillis(500);

  /** After a background read failed: the store is not asked at every hit. */
  private static final long REFRESH_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Reads of one question; each after the first because a change was told during the last. */
  private static final int READS_MAX = 3;

  private final ProfileStore store;
  private final InstantSource clock;
  private final LongSupplier ticker;
  private final Duration ageMax;
  private final long ageMaxNanos;
  private final Shelf shelf;
  private final ConcurrentMap<Object, Flight> flights = new ConcurrentHashMap<>();
  private final AtomicLong turns = new AtomicLong();
  private final AtomicInteger refreshing = new AtomicInteger();
  private volatile long refreshNotBefore;

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder refreshes = new LongAdder();
  private final LongAdder rereads = new LongAdder();

  private NearCache(
      ProfileStore store, NearCacheSettings settings, InstantSource clock, LongSupplier ticker) {
    this.store = store;
    this.clock = clock;
    this.ticker = ticker;
    ageMax = settings.ageMax();
    ageMaxNanos = ageMax.toNanos();
    shelf = new Shelf(settings);
    refreshNotBefore = ticker.getAsLong();
  }

  /** An empty cache; it does not own the store. */
  public static NearCache create(ProfileStore store, NearCacheSettings settings) {
    return create(store, settings, InstantSource.system(), System::nanoTime);
  }

  /**
   * An empty cache; it does not own the store.
   *
   * @param clock what callers are told the age by
   * @param ticker nanoseconds that only grow, what ages are measured by
   */
  public static NearCache create(
      ProfileStore store, NearCacheSettings settings, InstantSource clock, LongSupplier ticker) {
    return new NearCache(store, settings, clock, ticker);
  }

  @Override
  public CompletionStage<Reading> find(Identifier identifier, Duration maxAge, Duration timeout) {
    return read(identifier, maxAge, timeout);
  }

  @Override
  public CompletionStage<Reading> findById(String profileId, Duration maxAge, Duration timeout) {
    return read(profileId, maxAge, timeout);
  }

  @Override
  public List<CompletionStage<Reading>> findAll(
      List<Identifier> identifiers, Duration maxAge, Duration timeout) {
    return readAll(identifiers, maxAge, timeout, store::findAll);
  }

  @Override
  public List<CompletionStage<Reading>> findAllById(
      List<String> profileIds, Duration maxAge, Duration timeout) {
    return readAll(profileIds, maxAge, timeout, store::findAllById);
  }

  @Override
  public @Nullable Reading nearby(Identifier identifier, Duration maxAge) {
    return nearby((Object) identifier, limit(maxAge));
  }

  @Override
  public @Nullable Reading nearbyById(String profileId, Duration maxAge) {
    return nearby(profileId, limit(maxAge));
  }

  private CompletionStage<Reading> read(Object key, Duration maxAge, Duration timeout) {
    long limit = limit(maxAge);
    Reading near = nearby(key, limit);
    if (near != null) {
      return CompletableFuture.completedFuture(near);
    }
    misses.increment();
    return ask(key, limit, timeout, true);
  }

  /**
   * Each as by itself, but that those for whom the store has to be asked are asked for together.
   */
  private <K> List<CompletionStage<Reading>> readAll(
      List<K> keys,
      Duration maxAge,
      Duration timeout,
      BiFunction<List<K>, Duration, List<CompletionStage<LookupResult>>> question) {
    long limit = limit(maxAge);
    List<CompletionStage<Reading>> readings = new ArrayList<>(keys.size());
    List<K> asked = new ArrayList<>();
    List<Flight> started = new ArrayList<>();
    for (K key : keys) {
      Reading near = nearby(key, limit);
      if (near != null) {
        readings.add(CompletableFuture.completedFuture(near));
        continue;
      }
      misses.increment();
      Flight mine = new Flight(key, asked(), timeout);
      Flight other = enter(mine, limit);
      if (other != null) {
        readings.add(join(other, mine, limit, timeout, true));
      } else {
        asked.add(key);
        started.add(mine);
        readings.add(mine.landed.thenApply(Landed::reading));
      }
    }
    if (!asked.isEmpty()) {
      startAll(started, () -> question.apply(asked, timeout));
    }
    return readings;
  }

  private static void startAll(
      List<Flight> flights, Supplier<List<CompletionStage<LookupResult>>> question) {
    List<CompletionStage<LookupResult>> answers;
    try {
      answers = question.get();
    } catch (RuntimeException e) {
      flights.forEach(flight -> flight.fail(e));
      return;
    }
    for (int i = 0; i < flights.size(); i++) {
      flights.get(i).start(answers.get(i));
    }
  }

  private long limit(Duration maxAge) {
    return maxAge.compareTo(ageMax) >= 0 ? ageMaxNanos : Math.max(0, maxAge.toNanos());
  }

  private @Nullable Reading nearby(Object key, long limit) {
    Reading kept = limit > 0 ? kept(key, limit) : null;
    if (kept != null) {
      hits.increment();
    }
    return kept;
  }

  /** What is kept and young enough: the oldest step on the way to it counts. */
  private @Nullable Reading kept(Object key, long limit) {
    long now = ticker.getAsLong();
    Entry entry = shelf.get(key);
    if (entry == null) {
      return null;
    }
    Asked oldest = entry.asked();
    for (int steps = 0;
        entry instanceof Entry.Pointer pointer && steps <= ProfileStore.REDIRECTS_MAX;
        steps++) {
      entry = shelf.get(pointer.profileId());
      if (entry == null) {
        return null;
      }
      if (entry.asked().nanos() - oldest.nanos() < 0) {
        oldest = entry.asked();
      }
    }
    long age = now - oldest.nanos();
    if (age > limit) {
      return null;
    }
    if (age > limit - limit / 4) {
      refresh(key, now);
    }
    return switch (entry) {
      case Entry.Body body -> new Reading(body.found(), oldest.micros());
      case Entry.Nobody _ -> new Reading(new LookupResult.Absent(), oldest.micros());
      // A circle, or too many: the store says what to think of it.
      case Entry.Pointer _ -> null;
    };
  }

  private void refresh(Object key, long now) {
    if (flights.containsKey(key) || now - refreshNotBefore < 0) {
      return;
    }
    if (refreshing.incrementAndGet() > REFRESHES_MAX) {
      refreshing.decrementAndGet();
      return;
    }
    Flight flight = new Flight(key, asked(), REFRESH_TIMEOUT);
    if (flights.putIfAbsent(key, flight) != null) {
      refreshing.decrementAndGet();
      return;
    }
    refreshes.increment();
    var _ =
        flight.landed.whenComplete(
            (_, error) -> {
              refreshing.decrementAndGet();
              if (error != null) {
                refreshNotBefore = ticker.getAsLong() + REFRESH_PAUSE_NANOS;
              }
            });
    flight.start();
  }

  private CompletionStage<Reading> ask(Object key, long limit, Duration timeout, boolean once) {
    Flight mine = new Flight(key, asked(), timeout);
    Flight other = enter(mine, limit);
    if (other != null) {
      return join(other, mine, limit, timeout, once);
    }
    mine.start();
    return mine.landed.thenApply(Landed::reading);
  }

  /** The read of the same key that is under way and young enough, or null: it is to be started. */
  private @Nullable Flight enter(Flight mine, long limit) {
    if (limit > 0) {
      Flight other = flights.putIfAbsent(mine.key, mine);
      if (other != null && mine.asked.nanos() - other.asked.nanos() <= limit) {
        return other;
      }
    }
    // Also over another one, which is too old to be waited for.
    flights.put(mine.key, mine);
    return null;
  }

  /** Waits for somebody else's read; when that fails, or is too old by then, asks once more. */
  private CompletionStage<Reading> join(
      Flight other, Flight mine, long limit, Duration timeout, boolean once) {
    return other
        .landed
        .copy()
        .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
        .handle(
            (landed, error) -> {
              long now = ticker.getAsLong();
              if (landed != null && now - landed.asked().nanos() <= limit) {
                return CompletableFuture.completedStage(landed.reading());
              }
              long left = mine.deadline - now;
              if (left <= 0) {
                return CompletableFuture.<Reading>failedStage(late());
              }
              if (once && (error == null || !isOverload(error))) {
                return ask(mine.key, limit, Duration.ofNanos(left), false);
              }
              return CompletableFuture.<Reading>failedStage(error == null ? late() : error);
            })
        .thenCompose(Function.identity());
  }

  private static StoreException late() {
    return new StoreException(StoreException.Kind.UNAVAILABLE, "the store did not answer in time");
  }

  private Asked asked() {
    return new Asked(
        turns.incrementAndGet(),
        ticker.getAsLong(),
        ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()));
  }

  @Override
  public void changed(Changed change) {
    shelf.changed(change, turns.incrementAndGet(), ticker.getAsLong());
  }

  @Override
  public boolean isOverload(Throwable error) {
    return store.isOverload(
        error instanceof CompletionException && error.getCause() != null
            ? error.getCause()
            : error);
  }

  @Override
  public Counts counts() {
    return new Counts(
        hits.sum(), misses.sum(), refreshes.sum(), rereads.sum(), shelf.size(), shelf.bytes());
  }

  /** What a read came back with. */
  private record Landed(Reading reading, Asked asked) {}

  /** A read of one key that is under way. */
  private final class Flight {
    final Object key;
    final Asked asked;
    final long deadline;
    final CompletableFuture<Landed> landed = new CompletableFuture<>();

    Flight(Object key, Asked asked, Duration timeout) {
      this.key = key;
      this.asked = asked;
      this.deadline = asked.nanos() + timeout.toNanos();
    }

    void start() {
      read(asked, 1);
    }

    /** With an answer that the store was asked for together with others. */
    void start(CompletionStage<LookupResult> answer) {
      hear(answer, asked, 1);
    }

    private void read(Asked now, int reads) {
      Duration timeout = Duration.ofNanos(deadline - now.nanos());
      try {
        hear(
            key instanceof Identifier identifier
                ? store.find(identifier, timeout)
                : store.findById((String) key, timeout),
            now,
            reads);
      } catch (RuntimeException e) {
        fail(e);
      }
    }

    private void hear(CompletionStage<LookupResult> answer, Asked when, int reads) {
      var _ =
          answer.whenComplete(
              (result, error) -> {
                if (error == null) {
                  keep(result, when, reads);
                } else {
                  fail(error);
                }
              });
    }

    private void keep(LookupResult answer, Asked when, int reads) {
      LookupResult newest;
      try {
        newest = shelf.keep(key, answer, when);
      } catch (RuntimeException e) {
        fail(
            new StoreException(
                StoreException.Kind.CORRUPT, "what the store answered does not parse", e));
        return;
      }
      if (newest != null) {
        land(newest, when);
        return;
      }
      Asked now = asked();
      if (reads == READS_MAX) {
        // The store lags behind the log; what it says is answered, as without a cache, not kept.
        land(answer, when);
      } else if (now.nanos() - deadline >= 0) {
        fail(late());
      } else {
        rereads.increment();
        read(now, reads + 1);
      }
    }

    private void land(LookupResult result, Asked when) {
      flights.remove(key, this);
      landed.complete(new Landed(new Reading(result, when.micros()), when));
    }

    void fail(Throwable error) {
      flights.remove(key, this);
      landed.completeExceptionally(error);
    }
  }
}
