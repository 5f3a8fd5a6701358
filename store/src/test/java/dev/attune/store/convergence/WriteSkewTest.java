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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Two writers whose new links touch different identity records of one person. */
class WriteSkewTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Identifier USER = new Identifier("user_id", "u");
  private static final Identifier EMAIL = new Identifier("email", "e");
  private static final Identifier FIRST = new Identifier("anonymous_id", "a1");
  private static final Identifier SECOND = new Identifier("anonymous_id", "a2");

  private final ProfileStore store = new MemoryProfileStore();

  private static ProfileWriter writer(ProfileStore store) {
    return new ProfileWriter(
        store,
        _ -> CompletableFuture.completedFuture(null),
        () -> Catalog.DEFAULT,
        InstantSource.system(),
        TIMEOUT);
  }

  private static List<ProfileInput> link(Identifier one, Identifier other, long at) {
    return List.of(
        new ProfileInput(
            one,
            List.of(),
            List.of(Links.link(one, other, at, "e" + at)),
            Cause.getDefaultInstance()));
  }

  // The second writer has written its links and computed the person when the first one does all of
  // its work.
  private ProfileStore interrupted(Runnable before) {
    boolean[] done = {false};
    return (ProfileStore)
        Proxy.newProxyInstance(
            ProfileStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) -> {
              if (method.getName().equals("readProfiles") && !done[0]) {
                done[0] = true;
                before.run();
              }
              return method.invoke(store, arguments);
            });
  }

  @Test
  void apply_linksAtTheTwoEndsOfOnePerson_loseNeither() {
    writer(store).apply(link(USER, EMAIL, 1));
    ProfileStore second = interrupted(() -> writer(store).apply(link(USER, FIRST, 2)));

    writer(second).apply(link(EMAIL, SECOND, 3));

    for (Identifier identifier : List.of(USER, EMAIL, FIRST, SECOND)) {
      LookupResult result = store.find(identifier, TIMEOUT).toCompletableFuture().join();
      assertThat(((LookupResult.Found) result).served().profile().getIdentifiersList())
          .extracting(Identifier::of)
          .containsExactlyInAnyOrder(USER, EMAIL, FIRST, SECOND);
    }
  }
}
