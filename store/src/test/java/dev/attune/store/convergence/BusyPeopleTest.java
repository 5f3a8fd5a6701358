package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.proto.v1.Cause;
import dev.attune.store.memory.MemoryProfileStore;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A chunk of a table whose people do something all the while. */
class BusyPeopleTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int PEOPLE = 256;

  private final ProfileStore store = new MemoryProfileStore();
  private final Random random = new Random(7);
  private final List<ProfileInput> events = new ArrayList<>();

  private static ProfileWriter writer(ProfileStore store) {
    return new ProfileWriter(
        store,
        _ -> CompletableFuture.completedFuture(null),
        () -> Catalog.DEFAULT,
        InstantSource.system(),
        TIMEOUT);
  }

  private static ProfileInput link(Identifier one, Identifier other, long at) {
    return new ProfileInput(
        one, List.of(), List.of(Links.link(one, other, at, "e" + at)), Cause.getDefaultInstance());
  }

  private static Identifier user(int i) {
    return new Identifier("user_id", "u" + i);
  }

  // Each time that the writer reads something, somebody brings a new device: an attempt with
  // everybody in it hardly ever comes through.
  private ProfileStore busy() {
    return (ProfileStore)
        Proxy.newProxyInstance(
            ProfileStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) -> {
              if (method.getName().startsWith("read")) {
                int n = events.size();
                var device = new Identifier("anonymous_id", "a" + n);
                events.add(link(user(random.nextInt(PEOPLE)), device, 10_000 + n));
                writer(store).apply(List.of(events.getLast()));
              }
              return method.invoke(store, arguments);
            });
  }

  private List<Identifier> known(Identifier identifier) {
    LookupResult result = store.find(identifier, TIMEOUT).toCompletableFuture().join();
    return ((LookupResult.Found) result)
        .served().profile().getIdentifiersList().stream().map(Identifier::of).toList();
  }

  @Test
  void apply_aChunkWhosePeopleAreBusy_comesThroughAndLosesNoLink() {
    List<ProfileInput> rows =
        IntStream.range(0, PEOPLE)
            .mapToObj(i -> link(user(i), new Identifier("email", "u" + i + "@example.com"), i + 1))
            .toList();

    writer(busy()).apply(rows);

    for (int i = 0; i < PEOPLE; i++) {
      assertThat(known(user(i))).contains(new Identifier("email", "u" + i + "@example.com"));
    }
    for (ProfileInput event : events) {
      Identifier device = Identifier.of(event.links().getFirst().getA());
      Identifier other = Identifier.of(event.links().getFirst().getB());
      assertThat(known(device)).contains(other);
    }
  }
}
