package dev.attune.store.redis;

import dev.attune.core.profile.ProfileStore;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

/** Redis 7 of Docker or of this machine, beside the bundled 6.2 that every machine has. */
class Redis7ProfileStoreIT extends ProfileStoreContract {
  private static @Nullable RedisBackend redis;

  @BeforeAll
  static void start() {
    redis = RedisBackend.startRedis7().orElse(null);
    if (redis == null) {
      String why =
          "NOT TESTED with Redis 7: no Docker answers that has redis:7, and there is no"
              + " redis-server 7 or newer on the PATH";
      System.err.println(why);
      Assumptions.abort(why);
    }
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      redis.close();
    }
  }

  @Override
  protected ProfileStore open(String prefix) {
    RedisBackend running = Objects.requireNonNull(redis);
    return RedisProfileStore.create(RedisSettings.plain(running.host(), running.port(), prefix));
  }
}
