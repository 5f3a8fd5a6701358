package dev.attune.store.near;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.Served;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The bound in bytes holds, and the bytes are those of the heap. */
class NearCacheMemoryTest {
  private static final Duration ANY = Duration.ofDays(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final HandStore store = new HandStore();

  NearCacheMemoryTest() {
    store.atOnce(NearCacheMemoryTest::answer);
  }

  /** Every other one is nobody. */
  private static LookupResult answer(Object key) {
    Identifier identifier = (Identifier) key;
    if (Integer.parseInt(identifier.value().substring(5)) % 2 == 0) {
      return Samples.ABSENT;
    }
    ByteString bytes = Samples.served(ProfileIds.of(identifier), 1, identifier).bytes();
    return new LookupResult.Found(new Served(ByteString.copyFrom(bytes.toByteArray())));
  }

  private static NearCacheSettings megabytes(int megabytes) {
    return new NearCacheSettings((long) megabytes << 20, Duration.ofHours(1));
  }

  private static void fill(NearCache cache, int from, int to) {
    for (int i = from; i < to; i++) {
      assertThat(
              cache
                  .find(new Identifier("user_id", "user-" + i), ANY, TIMEOUT)
                  .toCompletableFuture()
                  .isDone())
          .isTrue();
    }
  }

  @Test
  void aMillionKeys_neverTakeMoreThanTheBound() {
    NearCache cache = NearCache.create(store, megabytes(4));
    for (int i = 0; i < 1_000_000; i += 10_000) {
      fill(cache, i, i + 10_000);
      assertThat(cache.counts().bytes()).isLessThanOrEqualTo(4 << 20);
    }
    assertThat(cache.counts().bytes()).as("it is full").isGreaterThan(3 << 20);
    assertThat(cache.counts().misses()).isEqualTo(1_000_000);
  }

  @Test
  void estimate_isThatOfTheHeap_alittleHigh() throws Exception {
    NearCache warm = NearCache.create(store, megabytes(1));
    fill(warm, 0, 10_000);
    long before = heap();
    NearCache cache = NearCache.create(store, megabytes(64));
    fill(cache, 0, 200_000);
    long taken = heap() - before;
    long estimated = cache.counts().bytes();
    assertThat(estimated).isGreaterThan(60 << 20);
    assertThat((double) taken / estimated).as("heap / estimate").isBetween(0.5, 1.1);
  }

  private static long heap() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
