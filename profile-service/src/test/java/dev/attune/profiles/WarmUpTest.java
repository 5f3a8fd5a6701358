package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.part.Readiness;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.testkit.Await;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final ScriptedStore store = new ScriptedStore(new MemoryProfileStore());
  private final ProfileReader direct = ProfileReader.direct(store, InstantSource.system());
  private final List<Object> asked = new CopyOnWriteArrayList<>();

  private final ProfileReader reader =
      new ProfileReader() {
        @Override
        public CompletionStage<Reading> find(
            Identifier identifier, Duration maxAge, Duration timeout) {
          asked.add(identifier);
          return direct.find(identifier, maxAge, timeout);
        }

        @Override
        public CompletionStage<Reading> findById(
            String profileId, Duration maxAge, Duration timeout) {
          asked.add(profileId);
          return direct.findById(profileId, maxAge, timeout);
        }

        @Override
        public boolean isOverload(Throwable error) {
          return direct.isOverload(error);
        }
      };

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void warmUp_asksForNobodyAndForThoseWhoAreThere_aBoundedNumber() throws Exception {
    store.put(Service.jane());
    try (WarmUp warmUp = new WarmUp(reader, store, 100, LONG)) {
      assertThat(warmUp.done()).isFalse();
      warmUp.start();
      Await.until(LONG, "the warm-up does not end", warmUp::done);
    }
    assertThat(asked).hasSize(100).contains(Service.JANE);
    assertThat(Set.copyOf(asked)).as("little is left behind").hasSizeLessThan(20);
  }

  @Test
  void warmUp_ofAnEmptyStore_asksForNobody() {
    try (WarmUp warmUp = new WarmUp(reader, store, 100, LONG)) {
      warmUp.start();
      Await.until(LONG, "the warm-up does not end", warmUp::done);
    }
    assertThat(asked).isNotEmpty().allMatch(Identifier.class::isInstance);
  }

  @Test
  void warmUp_ofAStoreThatIsAwayOrSilent_endsInTime() {
    for (Runnable fault :
        List.<Runnable>of(
            store::silent,
            () ->
                store.failing(
                    new StoreException(StoreException.Kind.UNAVAILABLE, "as the test says")))) {
      fault.run();
      try (WarmUp warmUp = new WarmUp(reader, store, 1_000_000, Duration.ofMillis(100))) {
        warmUp.start();
        Await.until(LONG, "the warm-up does not end", warmUp::done);
      }
    }
  }

  /** A question of the warm-up alone, which waits until the test answers it. */
  private CompletableFuture<LookupResult> heldWarmUp() {
    CompletableFuture<LookupResult> held = new CompletableFuture<>();
    store.hold("nobody-0", held);
    return held;
  }

  private AtomicInteger failingStore() {
    AtomicInteger refused = new AtomicInteger();
    store.fault(
        () -> {
          refused.incrementAndGet();
          return CompletableFuture.failedFuture(
              new StoreException(StoreException.Kind.UNAVAILABLE, "as the test says"));
        });
    return refused;
  }

  /** From now on the store answers all but the warm-up's question, and that one in the end. */
  private void assertWarmsUp(Service service, CompletableFuture<LookupResult> held) {
    assertThat(service.part.readiness())
        .isEqualTo(Readiness.notReady("the store has not answered yet"));
    store.fault(null);
    Await.until(
        LONG,
        "the part does not warm up",
        () -> service.part.readiness().equals(Readiness.notReady("it is warming up")));
    held.complete(new LookupResult.Absent());
    Await.until(LONG, "the part is not ready", () -> service.part.readiness().ready());
  }

  @Test
  void part_isReadyOnceItIsWarm_andNotBefore() throws Exception {
    CompletableFuture<LookupResult> held = heldWarmUp();
    var _ = failingStore(); // until the servers are there, which takes longer than a warm-up may
    try (Service service = new Service(ProfileServiceConfig.DEFAULT, store)) {
      assertWarmsUp(service, held);
    }
  }

  // Its time counts from the store's first answer: what it spent waiting warmed nothing.
  @Test
  void part_whoseStoreComesLate_warmsUpThen() throws Exception {
    CompletableFuture<LookupResult> held = heldWarmUp();
    AtomicInteger refused = failingStore();
    try (Service service = new Service(ProfileServiceConfig.DEFAULT, store)) {
      // Asked once a second: longer than a warm-up may take.
      Await.until(LONG, "the store is not asked", () -> refused.get() > 3);
      assertWarmsUp(service, held);
    }
  }

  @Test
  void part_thatCannotBeWarmed_isReadyAllTheSame() throws Exception {
    store.silentAbout("nobody-0");
    try (Service service = new Service(ProfileServiceConfig.DEFAULT, store)) {
      Await.until(LONG, "the part is not ready", () -> service.part.readiness().ready());
    }
  }
}
