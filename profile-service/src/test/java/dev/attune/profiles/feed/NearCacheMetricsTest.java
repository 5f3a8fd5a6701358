package dev.attune.profiles.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.store.near.NearCache;
import dev.attune.store.near.NearCacheSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NearCacheMetricsTest {
  @Test
  void register_showsWhatTheCacheCounts() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (MemoryProfileStore store = new MemoryProfileStore()) {
      NearCache cache =
          NearCache.create(store, new NearCacheSettings(1 << 20, Duration.ofSeconds(60)));
      long age = cache.counts().hits() + 1_500; // captured, so that it can be collected
      NearCacheMetrics.register(registry, cache, () -> Duration.ofMillis(age));
      System.gc();
      for (int i = 0; i < 3; i++) {
        cache
            .find(new Identifier("user_id", "u"), Duration.ofDays(1), Duration.ofSeconds(1))
            .toCompletableFuture()
            .get(1, TimeUnit.SECONDS);
      }
    }
    assertThat(lookups(registry, "hit")).isEqualTo(2);
    assertThat(lookups(registry, "miss")).isEqualTo(1);
    assertThat(registry.get("attune.near.cache.entries").gauge().value()).isEqualTo(1);
    assertThat(registry.get("attune.near.cache.bytes").gauge().value()).isBetween(100.0, 1_000.0);
    assertThat(registry.get("attune.near.cache.refreshes").functionCounter().count()).isZero();
    assertThat(registry.get("attune.near.cache.rereads").functionCounter().count()).isZero();
    assertThat(registry.get("attune.near.cache.feed.age").timeGauge().value(TimeUnit.SECONDS))
        .isEqualTo(1.5);
  }

  private static double lookups(SimpleMeterRegistry registry, String result) {
    return registry
        .get("attune.near.cache.lookups")
        .tag("result", result)
        .functionCounter()
        .count();
  }
}
