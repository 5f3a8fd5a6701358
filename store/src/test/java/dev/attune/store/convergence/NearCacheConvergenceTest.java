package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileReader.Reading;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.proto.v1.Changed;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.store.near.NearCache;
import dev.attune.store.near.NearCacheSettings;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;

/**
 * People meet, merge and part while they are looked up; reads are answered late and changes are
 * told in any order. The clock stands still, so that only what is told makes the cache forget.
 */
class NearCacheConvergenceTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANY = Duration.ofDays(1);

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final ProfileStore store = new MemoryProfileStore();
  private final List<Changed> untold = new ArrayList<>();
  private final List<Runnable> unanswered = new ArrayList<>();
  private long nanos;
  private boolean late = true;
  private final NearCache cache =
      NearCache.create(
          held(),
          new NearCacheSettings(8 << 20, Duration.ofSeconds(2)),
          InstantSource.fixed(Instant.EPOCH),
          () -> nanos);
  private final ProfileWriter writer =
      new ProfileWriter(
          store,
          change -> {
            untold.add(change.getChanged());
            return CompletableFuture.completedFuture(null);
          },
          () -> Catalog.DEFAULT,
          InstantSource.system(),
          TIMEOUT);

  /** Reads at once or when it is answered, and answers when the test says so. */
  private ProfileStore held() {
    return (ProfileStore)
        Proxy.newProxyInstance(
            ProfileStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (proxy, method, arguments) -> {
              if (method.isDefault()) {
                // Many at once: each is held by itself.
                return InvocationHandler.invokeDefault(proxy, method, arguments);
              }
              Supplier<Object> read =
                  () -> {
                    try {
                      return ((CompletableFuture<?>) method.invoke(store, arguments)).join();
                    } catch (ReflectiveOperationException e) {
                      throw new LinkageError("the store could not be called", e);
                    }
                  };
              if (!late) {
                return CompletableFuture.completedFuture(read.get());
              }
              Object now = random.nextBoolean() ? read.get() : null;
              CompletableFuture<Object> reply = new CompletableFuture<>();
              unanswered.add(() -> reply.complete(now == null ? read.get() : now));
              return reply;
            });
  }

  private LookupResult find(Identifier identifier) {
    CompletableFuture<Reading> reading = cache.find(identifier, ANY, TIMEOUT).toCompletableFuture();
    assertThat(reading).as("seed %d", seed).isCompleted();
    return reading.join().result();
  }

  private void ask(Identifier identifier) {
    var _ = cache.find(identifier, random.nextBoolean() ? ANY : Duration.ZERO, TIMEOUT);
  }

  /** Some of them, maybe one twice. */
  private void askTogether(List<Identifier> identifiers) {
    List<Identifier> some = Stream.generate(() -> any(identifiers)).limit(4).toList();
    var _ = cache.findAll(some, random.nextBoolean() ? ANY : Duration.ZERO, TIMEOUT);
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private void answerSome(int bound) {
    for (int i = random.nextInt(bound); i > 0 && !unanswered.isEmpty(); i--) {
      unanswered.remove(random.nextInt(unanswered.size())).run();
    }
  }

  @RepeatedTest(50)
  void cache_onceAllIsTold_saysWhatTheStoreSays() {
    List<ProfileInput> inputs = new Inputs(random).take(40);
    Set<Identifier> all = new LinkedHashSet<>();
    for (ProfileInput input : inputs) {
      all.add(input.via());
      input.links().forEach(link -> all.add(Identifier.of(link.getA())));
      input.links().forEach(link -> all.add(Identifier.of(link.getB())));
    }
    List<Identifier> identifiers = List.copyOf(all);
    for (ProfileInput input : inputs) {
      for (int i = random.nextInt(6); i > 0; i--) {
        ask(any(identifiers));
      }
      if (random.nextInt(3) == 0) {
        askTogether(identifiers);
      }
      answerSome(4);
      writer.apply(List.of(input));
      answerSome(4);
      Collections.shuffle(untold, random);
      while (!untold.isEmpty() && random.nextInt(3) > 0) {
        cache.changed(untold.removeLast());
      }
    }
    // Reads from before the last changes, answered after all of them.
    identifiers.forEach(this::ask);
    writer.apply(new Inputs(random).take(5));
    Collections.shuffle(untold, random);
    untold.forEach(cache::changed);
    while (!unanswered.isEmpty()) {
      answerSome(9);
    }
    late = false;
    for (Identifier identifier : identifiers) {
      LookupResult stored = store.find(identifier, TIMEOUT).toCompletableFuture().join();
      assertThat(find(identifier)).as("seed %d", seed).isEqualTo(stored);
      if (stored instanceof LookupResult.Found found) {
        String profileId = found.served().profileId();
        assertThat(cache.findById(profileId, ANY, TIMEOUT).toCompletableFuture().join().result())
            .as("seed %d", seed)
            .isEqualTo(stored);
      }
    }
  }
}
