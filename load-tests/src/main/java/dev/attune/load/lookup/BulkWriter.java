package dev.attune.load.lookup;

import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A bulk load beside the lookups, in a process of its own: rewrites the first so many profiles over
 * and over, at a steady rate, in batches through the store.
 */
final class BulkWriter {
  private static final int BATCH = 500;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private BulkWriter() {}

  /** Arguments: Redis' port, how many people, profiles a second, the ledger's file. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int redisPort = Integer.parseInt(arguments[0]);
    var people = new Population(Integer.parseInt(arguments[1]));
    double rate = Double.parseDouble(arguments[2]);
    WriteLedger ledger = WriteLedger.open(Path.of(arguments[3]), people.size());
    var over = new AtomicBoolean();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              awaitEnd();
              over.set(true);
            });
    long written = 0;
    try (ProfileStore store = Dataset.store(redisPort)) {
      // Connected, and no longer quite cold, when it says that it is there.
      write(store, people, ledger, 0, Math.min(people.size(), BATCH));
      System.out.println("writer 0");
      long start = System.nanoTime();
      for (int from = 0; !over.get(); from = from + BATCH < people.size() ? from + BATCH : 0) {
        written += write(store, people, ledger, from, Math.min(people.size(), from + BATCH));
        long early = start + (long) (written * 1e9 / rate) - System.nanoTime();
        if (early > 0) {
          TimeUnit.NANOSECONDS.sleep(early);
        }
      }
    }
  }

  private static int write(
      ProfileStore store, Population people, WriteLedger ledger, int from, int to) {
    List<ProfileWrite> writes = new ArrayList<>(to - from);
    for (int i = from; i < to; i++) {
      long before = ledger.begun(i);
      ledger.begin(i, before + 1);
      writes.add(
          new ProfileWrite(
              Population.VERSION + before,
              Dataset.record(people.profile(i, Population.VERSION + before + 1))));
    }
    List<Boolean> done = store.writeProfiles(writes, TIMEOUT).toCompletableFuture().join();
    if (done.contains(false)) {
      throw new IllegalStateException("somebody else writes these profiles, too");
    }
    long now = System.nanoTime();
    for (int i = from; i < to; i++) {
      ledger.acknowledge(i, ledger.begun(i), now);
    }
    return to - from;
  }

  private static void awaitEnd() {
    try {
      while (System.in.read() >= 0) {
        // Nobody says anything; the end says that it is over.
      }
    } catch (IOException e) {
      // It is over as well.
    }
  }
}
