package dev.attune.refresher.backfill;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.KnownHistory;
import dev.attune.core.audience.MissingHistory;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.EventHistory;
import dev.attune.refresher.lease.Attempt;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.Leases;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that audiences know the past: whenever the definitions ask for events that nobody was
 * asked to remember, all of {@code attune.events} is told again to those who remember. They decide
 * an audience once its events have been told. Killed anywhere, it begins again; that repeats
 * events, which are known by their ids.
 */
public final class Backfills implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Backfills.class);

  /** Beside those of models, none of which can have such a name. */
  private static final String LEASE = "~history";

  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final Duration CLOSE = Duration.ofSeconds(10);

  private final DefinitionsSource definitions;
  private final EventHistories histories;
  private final Leases leases;
  private final HistoryFile file;
  private final InstantSource clock;
  private final Semaphore changed = new Semaphore(1);
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  // Those that came into force, in order.
  private final Queue<Definitions> applied = new ConcurrentLinkedQueue<>();

  // Of the thread alone: those of them that the file does not know of, and the last one.
  private final List<AudienceSet> unsaved = new ArrayList<>();
  private @Nullable Definitions compiled;
  private AudienceSet audiences = AudienceSet.compile(Definitions.NONE);
  private boolean begun;

  private volatile @Nullable Backfill last;
  // How often somebody wished for all, and which wish was granted last.
  private final AtomicLong wishes = new AtomicLong();
  private long granted;

  /**
   * Not started yet.
   *
   * @param stateDir where the file of what has been told is kept
   */
  public Backfills(
      DefinitionsSource definitions,
      EventHistories histories,
      Leases leases,
      Path stateDir,
      InstantSource clock) {
    this.definitions = definitions;
    this.histories = histories;
    this.leases = leases;
    this.file = new HistoryFile(stateDir);
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("backfills").unstarted(this::run);
  }

  /** Begins to look after the definitions. */
  public void start() {
    definitions.onChange(
        set -> {
          applied.add(set);
          changed.release();
        });
    thread.start();
  }

  /**
   * Has all that audiences need told again, whatever has been: for those who lost what they
   * remembered. Returns at once.
   */
  public void again() {
    wishes.incrementAndGet();
    changed.release();
  }

  /** The one that runs, or the last one of this process. */
  public Optional<Backfill> last() {
    return Optional.ofNullable(last);
  }

  private void run() {
    try {
      while (stop.getCount() > 0) {
        boolean _ = changed.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        changed.drainPermits();
        try {
          look();
        } catch (IOException | RuntimeException e) {
          if (stop.getCount() == 0) {
            return;
          }
          LOG.warn("a backfill failed and begins again", e);
          update(b -> b.failed(clock.instant(), "failed with " + e.getClass().getSimpleName()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() throws IOException, InterruptedException {
    long wish = wishes.get();
    boolean all = wish != granted;
    HistoryFile.Kept kept = all ? HistoryFile.Kept.NOTHING : file.read();
    KnownHistory known = kept.known();
    Definitions now = definitions.current();
    // Behind the definitions: whoever has read as far has what is asked for.
    long position = definitions.position();
    compile(now);
    if (!begun) {
      known = known.askedAt(audiences, kept.version());
    }
    unsaved.addAll(seen());
    known = under(known, unsaved).under(audiences);
    MissingHistory missing = MissingHistory.of(audiences, known);
    KnownHistory loaded = missing.isEmpty() ? histories.withLoaded(known, now) : known;
    if (missing.isEmpty() && loaded.equals(kept.known()) && now.version() == kept.version()) {
      begun = true;
      unsaved.clear();
      granted = wish;
      return;
    }
    if (leases.acquire(LEASE) instanceof Attempt.Acquired(Lease lease)) {
      try (lease) {
        if (missing.isEmpty()) {
          tellNews(known, loaded);
        } else {
          if (all) {
            // Should this process end before it is done.
            file.write(kept);
          }
          Optional<KnownHistory> told = tell(missing, loaded, now, position);
          if (told.isEmpty()) {
            return;
          }
          loaded = told.get();
        }
        file.write(new HistoryFile.Kept(under(loaded, seen()), now.version()));
        begun = true;
        granted = wish;
      }
      changed.release();
    } else {
      // Somebody else sees the same; what becomes of it stands in the file, or is asked for then.
      begun = false;
    }
    unsaved.clear();
  }

  // The very object: the source makes a new one for each change.
  @SuppressWarnings("ReferenceEquality")
  private void compile(Definitions now) {
    if (compiled != now) {
      audiences = AudienceSet.compile(now);
      compiled = now;
    }
  }

  // Those that came into force since the last call, in order.
  private List<AudienceSet> seen() {
    List<AudienceSet> sets = new ArrayList<>();
    for (Definitions each = applied.poll(); each != null; each = applied.poll()) {
      sets.add(AudienceSet.compile(each));
    }
    return sets;
  }

  // Whoever remembers forgot what one of these sets did not ask for.
  private static KnownHistory under(KnownHistory known, List<AudienceSet> sets) {
    KnownHistory left = known;
    for (AudienceSet each : sets) {
      left = left.under(each);
    }
    return left;
  }

  // Empty when it was stopped.
  private Optional<KnownHistory> tell(
      MissingHistory missing, KnownHistory known, Definitions now, long position)
      throws InterruptedException {
    LOG.info(
        "events of the past are told to {} audiences and {} computed traits",
        missing.audiences().size(),
        missing.traits().size());
    last = Backfill.begin(missing, clock.instant());
    Optional<KnownHistory> told =
        histories.tell(missing, now, position, new Progress()).map(known::with);
    told.ifPresent(
        _ -> {
          update(b -> b.done(clock.instant()));
          LOG.info("events of the past have been told: {}", last);
        });
    return told;
  }

  // A table that brings events was loaded since they were told.
  private void tellNews(KnownHistory known, KnownHistory loaded) {
    Set<EventHistory> told = Set.copyOf(known.entries());
    histories.tell(loaded.entries().stream().filter(word -> !told.contains(word)).toList());
  }

  private void update(UnaryOperator<Backfill> step) {
    Backfill now = last;
    if (now != null && now.state() == Backfill.State.RUNNING) {
      last = step.apply(now);
    }
  }

  /** Of the one that runs. */
  private final class Progress implements EventHistories.Progress {
    @Override
    public void total(long offsets) {
      update(b -> b.of(offsets));
    }

    @Override
    public void passed(long offsets, long told) {
      update(b -> b.at(offsets, told));
    }

    @Override
    public void slowed(String reason) {
      update(b -> b.slowedBy(reason));
    }

    @Override
    public boolean stopping() {
      return stop.getCount() == 0;
    }
  }

  /** Ends what is under way; the next start begins it again. */
  @Override
  public void close() {
    stop.countDown();
    changed.release();
    thread.interrupt();
    try {
      if (!thread.join(CLOSE)) {
        LOG.warn("a backfill did not end within {} s", CLOSE.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
