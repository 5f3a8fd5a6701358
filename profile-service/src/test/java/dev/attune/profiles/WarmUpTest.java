package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.StoreException;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.testkit.Await;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
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

  @Test
  void part_isReadyOnceItIsWarm() throws Exception {
    try (Service service = new Service(ProfileServiceConfig.DEFAULT)) {
      Await.until(LONG, "the part is not ready", () -> service.part.readiness().ready());
    }
  }
}
