package dev.attune.store.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;
import dev.attune.testkit.RedisTalk;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which commands share a connection, and how they leave on it: as Redis and the kernel see it. */
@Timeout(60)
class RedisConnectionsIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int LOOPS = 3;
  private static final int COMMANDS = 200;

  /** One, and now and then the question by which a failover is noticed. */
  private static final long SEGMENTS_MAX = 3;

  private final RedisBackend redis = RedisBackend.start();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(LOOPS, NioIoHandler.newFactory());
  private final List<ProfileStore> open = new ArrayList<>();

  @AfterEach
  void stop() {
    open.forEach(ProfileStore::close);
    var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    redis.close();
  }

  private ProfileStore opened(ProfileStore store) {
    open.add(store);
    return store;
  }

  private static <T> T answer(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Identifier nobody(int number) {
    return new Identifier("user_id", "nobody-" + number);
  }

  private static CompletableFuture<LookupResult> findOn(
      EventExecutor loop, ProfileStore store, Identifier identifier) {
    var found = new CompletableFuture<LookupResult>();
    loop.execute(
        () -> {
          var _ =
              store
                  .find(identifier, TIMEOUT)
                  .whenComplete(
                      (result, error) -> {
                        if (error == null) {
                          found.complete(result);
                        } else {
                          found.completeExceptionally(error);
                        }
                      });
        });
    return found;
  }

  private static void write(ProfileStore store, String profileId, long expected) throws Exception {
    ProfileWrite write =
        new ProfileWrite(expected, ProfileStoreContract.live(profileId, expected + 1, "kept"));
    assertThat(answer(store.writeProfiles(List.of(write), TIMEOUT))).containsExactly(true);
  }

  // ---- connections

  /** By connection, the last command that came over it; without the one that asks for this. */
  private Map<String, String> lastCommands() {
    Map<String, String> commands = new HashMap<>();
    for (String line : RedisTalk.ask(redis.port(), "CLIENT LIST").strip().split("\n", -1)) {
      Map<String, String> fields =
          Arrays.stream(line.strip().split(" ", -1))
              .map(field -> field.split("=", 2))
              .collect(Collectors.toMap(field -> field[0], field -> field[1]));
      if (!field(fields, "cmd").startsWith("client")) {
        commands.put(field(fields, "id"), field(fields, "cmd"));
      }
    }
    return commands;
  }

  private static String field(Map<String, String> fields, String name) {
    String value = fields.get(name);
    if (value == null) {
      throw new AssertionError("CLIENT LIST has no " + name);
    }
    return value;
  }

  private Set<String> whoseLastWas(String... commands) {
    return lastCommands().entrySet().stream()
        .filter(entry -> List.of(commands).contains(entry.getValue()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private void findOnEachLoop(ProfileStore store, int person) throws Exception {
    for (EventExecutor loop : loops) {
      assertThat(answer(findOn(loop, store, nobody(person)))).isEqualTo(new LookupResult.Absent());
    }
  }

  // Else a lookup waits behind a batch of a thousand records.
  private void assertBulkIsApart(ProfileStore store, int lookupConnections) throws Exception {
    Set<String> lookups = new HashSet<>();
    Set<String> bulk = new HashSet<>();
    // Now and then the last command was INFO, by which a failover is noticed.
    for (int round = 0; round < 20; round++) {
      findOnEachLoop(store, round);
      lookups.addAll(whoseLastWas("hget"));
      write(store, "p", round);
      bulk.addAll(whoseLastWas("eval", "evalsha"));
      assertThat(answer(store.readProfiles(List.of("p"), TIMEOUT))).hasSize(1);
      bulk.addAll(whoseLastWas("hmget"));
    }
    assertThat(lookups).hasSize(lookupConnections);
    assertThat(bulk).hasSize(1).doesNotContainAnyElementsOf(lookups);
    assertThat(lastCommands()).as("connections in all").hasSize(lookupConnections + 1);
  }

  @Test
  void bulk_hasAConnectionOfItsOwn_besideOneForAllLookups() throws Exception {
    assertBulkIsApart(
        opened(RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), "plain"))),
        1);
  }

  @Test
  void bulk_hasAConnectionOfItsOwn_besideOneForTheLookupsOfEachLoop() throws Exception {
    assertBulkIsApart(
        opened(
            RedisProfileStore.create(
                RedisSettings.plain(redis.host(), redis.port(), "loops"), loops)),
        LOOPS);
  }

  // ---- writes

  private static void askInOneTurn(EventExecutor loop, ProfileStore store, int from)
      throws Exception {
    var all = new CompletableFuture<Void>();
    loop.execute(
        () -> {
          CompletableFuture<?>[] answers =
              IntStream.range(from, from + COMMANDS)
                  .mapToObj(each -> store.find(nobody(each), TIMEOUT).toCompletableFuture())
                  .toArray(CompletableFuture[]::new);
          var _ =
              CompletableFuture.allOf(answers)
                  .whenComplete(
                      (_, error) -> {
                        if (error == null) {
                          all.complete(null);
                        } else {
                          all.completeExceptionally(error);
                        }
                      });
        });
    answer(all);
  }

  // A write for each would be most of what a lookup costs.
  @Test
  void commandsOfOneTurn_leaveWithOneWrite() throws Exception {
    try (SegmentProxy proxy = new SegmentProxy(redis.port())) {
      ProfileStore store =
          opened(
              RedisProfileStore.create(
                  RedisSettings.plain("127.0.0.1", proxy.port(), "turns"), loops));
      EventExecutor loop = loops.next();
      answer(findOn(loop, store, nobody(0)));
      for (int turn = 0; turn < 10; turn++) {
        long before = proxy.segmentsOfFirst();
        askInOneTurn(loop, store, turn * COMMANDS);
        assertThat(proxy.segmentsOfFirst() - before)
            .as("segments of %d commands", COMMANDS)
            .isBetween(1L, SEGMENTS_MAX);
      }
    }
  }
}
