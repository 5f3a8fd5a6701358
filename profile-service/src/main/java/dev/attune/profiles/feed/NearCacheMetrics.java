package dev.attune.profiles.feed;

import dev.attune.core.profile.ProfileCache;
import dev.attune.core.profile.ProfileCache.Counts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * The near-cache in figures.
 *
 * <ul>
 *   <li>{@code attune.near.cache.lookups} by {@code result}: {@code miss} is what the store has to
 *       do. When its share grows, compare {@code bytes} with the configured most: at it, the cache
 *       is too small; far below, callers ask for fresher answers, or for somebody else each time.
 *   <li>{@code attune.near.cache.refreshes}: reads in the background, of what is asked for all the
 *       time. About one in 1.5 s for each such person.
 *   <li>{@code attune.near.cache.rereads}: a change was told while the store was asked. A few with
 *       much traffic; worry when it is near the misses, for then the store lags behind the log.
 *   <li>{@code attune.near.cache.entries}, {@code attune.near.cache.bytes}: kept now.
 *   <li>{@code attune.near.cache.feed.age}: below half a second while a refresher runs. When it
 *       grows, answers are as old as the bound and no older: look whether the broker answers, then
 *       whether the refresher runs, then whether this process has the CPU that it needs.
 * </ul>
 */
public final class NearCacheMetrics {
  private NearCacheMetrics() {}

  /** Registers them. */
  public static void register(
      MeterRegistry registry, ProfileCache cache, Supplier<Duration> feedAge) {
    lookups(registry, cache, "hit", Counts::hits);
    lookups(registry, cache, "miss", Counts::misses);
    counter(registry, cache, "refreshes", "Reads in the background", Counts::refreshes);
    counter(
        registry, cache, "rereads", "Reads again, since a change came between", Counts::rereads);
    Gauge.builder("attune.near.cache.entries", cache, c -> c.counts().entries())
        .description("Identifiers and profiles kept now")
        .register(registry);
    Gauge.builder("attune.near.cache.bytes", cache, c -> c.counts().bytes())
        .description("Estimated heap of what is kept; compare with the configured most")
        .baseUnit("bytes")
        .register(registry);
    TimeGauge.builder(
            "attune.near.cache.feed.age",
            feedAge,
            TimeUnit.MILLISECONDS,
            age -> age.get().toMillis())
        .description("Age of the newest change heard of, where it is oldest")
        // Nobody else holds the supplier.
        .strongReference(true)
        .register(registry);
  }

  private static void lookups(
      MeterRegistry registry, ProfileCache cache, String result, ToLongFunction<Counts> count) {
    FunctionCounter.builder("attune.near.cache.lookups", cache, c -> count.applyAsLong(c.counts()))
        .description("Lookups by whether they were answered from what is kept")
        .tag("result", result)
        .register(registry);
  }

  private static void counter(
      MeterRegistry registry,
      ProfileCache cache,
      String name,
      String description,
      ToLongFunction<Counts> count) {
    FunctionCounter.builder("attune.near.cache." + name, cache, c -> count.applyAsLong(c.counts()))
        .description(description)
        .register(registry);
  }
}
