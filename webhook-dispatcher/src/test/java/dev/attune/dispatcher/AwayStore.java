package dev.attune.dispatcher;

import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.store.memory.MemoryProfileStore;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** A store that is away at times. */
public final class AwayStore {
  private AwayStore() {}

  /** The store, of which every question fails while it is away. */
  public static ProfileStore of(MemoryProfileStore store, BooleanSupplier away) {
    return (ProfileStore)
        Proxy.newProxyInstance(
            AwayStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) ->
                away.getAsBoolean()
                    ? CompletableFuture.failedFuture(
                        new StoreException(StoreException.Kind.UNAVAILABLE, "the store is away"))
                    : method.invoke(store, arguments));
  }
}
