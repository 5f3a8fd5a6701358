package dev.attune.profiles;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks before anybody else does, so that the first callers do not pay for connections and cold
 * code: for nobody, and for as many people as there are. Started once the store has answered, and
 * bounded in number and time from there: a store that comes late is not met cold, and one that goes
 * away again withholds nothing.
 */
final class WarmUp implements AutoCloseable {
  static final int LOOKUPS_MAX = 1_000;
  static final Duration TIME_MAX = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final Duration ANY_AGE = Duration.ofDays(1);
  private static final long PAUSE_MILLIS = 20;

  /** Different ones, few enough to leave nothing behind that counts. */
  private static final int NOBODIES = 16;

  private final ProfileReader reader;
  private final ProfileStore store;
  private final int lookupsMax;
  private final Duration timeMax;
  private final Thread thread = Thread.ofPlatform().name("warm-up").daemon().unstarted(this::run);
  private volatile boolean done;

  WarmUp(ProfileReader reader, ProfileStore store, int lookupsMax, Duration timeMax) {
    this.reader = reader;
    this.store = store;
    this.lookupsMax = lookupsMax;
    this.timeMax = timeMax;
  }

  void start() {
    thread.start();
  }

  /** Whether it has ended, one way or another. */
  boolean done() {
    return done;
  }

  private void run() {
    long began = System.nanoTime();
    long deadline = began + timeMax.toNanos();
    try {
      List<String> ids = profileIds(deadline);
      int lookups = 0;
      while (lookups < lookupsMax && left(deadline).isPositive()) {
        lookups += lookUp(lookups, ids, deadline);
      }
      LOG.debug(
          "warmed up with {} lookups in {} ms", lookups, (System.nanoTime() - began) / 1_000_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.debug("the warm-up was given up", e);
    } finally {
      done = true;
    }
  }

  /** One of nobody and one of somebody, each from the store and from what is kept by turns. */
  private int lookUp(int number, List<String> ids, long deadline) throws InterruptedException {
    Duration age = number % 4 < 2 ? Duration.ZERO : ANY_AGE;
    Duration left = left(deadline);
    Identifier nobody = new Identifier("attune_probe", "nobody-" + number / 4 % NOBODIES);
    boolean answered = isAnswered(reader.find(nobody, age, left), deadline);
    if (!ids.isEmpty()) {
      String id = ids.get(number / 4 % ids.size());
      answered &= isAnswered(reader.findById(id, age, left), deadline);
    }
    if (!answered) {
      Thread.sleep(PAUSE_MILLIS);
    }
    return 2;
  }

  private List<String> profileIds(long deadline) throws InterruptedException {
    List<String> ids = new ArrayList<>();
    String cursor = ProfileIdPage.FIRST;
    while (!cursor.isEmpty() && ids.size() < lookupsMax && left(deadline).isPositive()) {
      try {
        ProfileIdPage page =
            store
                .scanProfileIds(cursor, left(deadline))
                .toCompletableFuture()
                .get(left(deadline).toNanos(), TimeUnit.NANOSECONDS);
        ids.addAll(page.profileIds());
        cursor = page.nextCursor();
      } catch (ExecutionException | TimeoutException e) {
        LOG.debug("the store does not say whom it knows", e);
        Thread.sleep(PAUSE_MILLIS);
      }
    }
    return ids.subList(0, Math.min(ids.size(), lookupsMax));
  }

  private static boolean isAnswered(CompletionStage<?> lookup, long deadline)
      throws InterruptedException {
    try {
      lookup.toCompletableFuture().get(left(deadline).toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
