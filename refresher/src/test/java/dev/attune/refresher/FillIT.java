package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that forgets with its process is filled from the log before anybody is sent to it. */
class FillIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int PEOPLE = 200;

  @TempDir Path stateDir;

  @Test
  void storeThatForgets_isNotReadyAndTokensWait_untilAllOfTheLogIsInIt() throws Exception {
    RunningRefresher before = new RunningRefresher(RedisBackend.shared(), stateDir);
    WriteToken token;
    try (before) {
      token = history(before);
    }
    var gate = new CountDownLatch(1);
    try (ProfileStore memory = new MemoryProfileStore();
        RefresherPart part = part(before, behind(gate, memory))) {
      part.rebuilds().fill();
      part.start();
      try {
        // It would be ready but for that.
        Await.until(
            SOON,
            "it does not say that it fills",
            () -> part.readiness().reason().equals("filling the store from the log"));
        assertThat(part.rebuilds().isFilling()).isTrue();
        assertThat(isHandled(memory, token)).isFalse();
      } finally {
        gate.countDown();
      }
      Await.until(SOON, "it is not ready", () -> part.readiness().ready());
      for (int n = 0; n < PEOPLE; n++) {
        assertThat(
                memory.find(new Identifier("user_id", "u" + n), SOON).toCompletableFuture().join())
            .isInstanceOf(LookupResult.Found.class);
      }
      Await.until(SOON, "the token is not handled", () -> isHandled(memory, token));
    }
  }

  private static WriteToken history(RunningRefresher refresher) throws Exception {
    StringJoiner events = new StringJoiner(",", "{'batch':[", "]}");
    for (int n = 0; n < PEOPLE; n++) {
      events.add("{'type':'identify','userId':'u" + n + "','traits':{'plan':" + n + "}}");
    }
    HttpResponse<String> response = refresher.post("/v1/batch", events.toString());
    WriteToken token =
        WriteToken.decode(response.headers().firstValue("Attune-Token").orElseThrow());
    refresher.awaitPassed(token);
    return token;
  }

  private RefresherPart part(RunningRefresher before, ProfileStore store) {
    return RefresherPart.create(
        before.kafka,
        store,
        DefinitionsSource.fixed(Definitions.NONE),
        _ -> CompletableFuture.completedFuture(null),
        RefresherConfig.of(stateDir, stateDir),
        new SimpleMeterRegistry());
  }

  /** The store, whose profiles are not written before the gate is open. */
  private static ProfileStore behind(CountDownLatch gate, ProfileStore store) {
    return (ProfileStore)
        Proxy.newProxyInstance(
            FillIT.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) -> {
              if (method.getName().equals("writeProfiles")) {
                gate.await();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static boolean isHandled(ProfileStore store, WriteToken token) {
    return ProgressReader.of(store)
        .handled(token.lastOffsets().keySet(), SOON)
        .thenApply(
            handled ->
                token.lastOffsets().entrySet().stream()
                    .allMatch(last -> handled.getOrDefault(last.getKey(), -1L) >= last.getValue()))
        .toCompletableFuture()
        .join();
  }
}
