package dev.attune.profiles;

import dev.attune.core.profile.ProfileStore;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import dev.attune.testkit.RedisBackend;
import java.util.UUID;

/** What Redis is asked for: the reply comes from the thread that heard of it, piece by piece. */
class OneWriteIT extends OneWriteContract {
  @Override
  ProfileStore store() {
    RedisBackend redis = RedisBackend.shared();
    return RedisProfileStore.create(
        RedisSettings.plain(redis.host(), redis.port(), "one-write-" + UUID.randomUUID()));
  }

  /** The loop that writes may look into the queue between two of a reply's frames: 1 of 50 seen. */
  @Override
  int grpcInTwoMax() {
    return 5;
  }
}
