package dev.attune.store.redis;

import com.sun.management.OperatingSystemMXBean;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;
import dev.attune.testkit.RedisClusterBackend;
import dev.attune.testkit.RedisTalk;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lookups per second, one after the other in each of a number of strands. Run by hand: {@code
 * LookupsBench single|cluster strands threads seconds}. Half of the numbers in RATIONALE.md are of
 * a store without {@link OneFlushForEachTurn}.
 */
final class LookupsBench {
  private static final int PEOPLE = 2_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final RedisProfileStore store;
  private final List<Integer> ports;
  private final LongAdder done = new LongAdder();
  private volatile boolean stop;

  private LookupsBench(RedisProfileStore store, List<Integer> ports) {
    this.store = store;
    this.ports = ports;
  }

  public static void main(String[] arguments) throws Exception {
    boolean cluster = arguments[0].equals("cluster");
    int strands = Integer.parseInt(arguments[1]);
    int threads = Integer.parseInt(arguments[2]);
    int seconds = Integer.parseInt(arguments[3]);
    List<Integer> ports =
        cluster ? RedisClusterBackend.shared().ports() : List.of(RedisBackend.shared().port());
    RedisSettings settings =
        cluster
            ? RedisSettings.cluster(
                List.of(new RedisAddress("127.0.0.1", ports.getFirst())), "bench")
            : RedisSettings.plain("127.0.0.1", ports.getFirst(), "bench");
    try (var store = RedisProfileStore.create(settings)) {
      var bench = new LookupsBench(store, ports);
      bench.load();
      bench.run(strands, threads, seconds);
    }
  }

  private void load() {
    List<ProfileWrite> profiles = new ArrayList<>();
    List<IdentityWrite> identities = new ArrayList<>();
    for (int i = 0; i < PEOPLE; i++) {
      profiles.add(new ProfileWrite(0, ProfileStoreContract.live("p" + i, 1, "x".repeat(900))));
      identities.add(
          new IdentityWrite(
              person(i),
              0,
              IdentityRecord.newBuilder().setVersion(1).setProfileId("p" + i).build()));
    }
    store.writeProfiles(profiles, TIMEOUT).toCompletableFuture().join();
    store.writeIdentities(identities, TIMEOUT).toCompletableFuture().join();
  }

  private void run(int strands, int threads, int seconds) throws InterruptedException {
    var ended = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      Thread.ofPlatform()
          .start(
              () -> {
                if (threads == 1) {
                  for (int strand = 0; strand < strands; strand++) {
                    next();
                  }
                } else {
                  loop(strands / threads);
                }
                ended.countDown();
              });
    }
    Thread.sleep(3_000); // compiled by then
    double best = 0;
    long all = done.sum();
    double clientBefore = clientCpuMicros();
    double redisBefore = redisCpuMicros();
    for (int second = 0; second < seconds; second++) {
      long before = done.sum();
      long started = System.nanoTime();
      Thread.sleep(1_000);
      best = Math.max(best, (done.sum() - before) * 1e9 / (System.nanoTime() - started));
    }
    all = done.sum() - all;
    System.out.printf(
        Locale.ROOT,
        "best second %,.0f lookups/s; each takes %.1f us of the client and %.1f us of Redis%n",
        best,
        (clientCpuMicros() - clientBefore) / all,
        (redisCpuMicros() - redisBefore) / all);
    stop = true;
    ended.await();
  }

  /** Of this process, which says more than a rate on a machine that others use, too. */
  private static double clientCpuMicros() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime()
        / 1e3;
  }

  private double redisCpuMicros() {
    return ports.stream()
            .flatMap(port -> RedisTalk.ask(port, "INFO cpu").lines())
            .filter(line -> line.matches("used_cpu_(sys|user):.*"))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(':') + 1)))
            .sum()
        * 1e6;
  }

  /** As gRPC does: the answer's thread is the driver's, which sends the next. */
  private void next() {
    if (!stop) {
      var _ =
          store
              .find(somebody(), TIMEOUT)
              .whenComplete(
                  (result, _) -> {
                    check(result);
                    next();
                  });
    }
  }

  /** From a thread of its own: so many at a time. */
  private void loop(int atATime) {
    while (!stop) {
      var lookups = new ArrayList<CompletionStage<LookupResult>>();
      for (int i = 0; i < atATime; i++) {
        lookups.add(store.find(somebody(), TIMEOUT));
      }
      lookups.forEach(lookup -> check(lookup.toCompletableFuture().join()));
    }
  }

  private void check(LookupResult result) {
    if (!(result instanceof LookupResult.Found)) {
      throw new IllegalStateException("not found");
    }
    done.increment();
  }

  private static Identifier somebody() {
    return person(ThreadLocalRandom.current().nextInt(PEOPLE));
  }

  private static Identifier person(int i) {
    return new Identifier("email", "person" + i + "@example.org");
  }
}
