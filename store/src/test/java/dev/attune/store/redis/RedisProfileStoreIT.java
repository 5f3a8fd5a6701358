package dev.attune.store.redis;

import dev.attune.core.profile.ProfileStore;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;

class RedisProfileStoreIT extends ProfileStoreContract {
  @Override
  protected ProfileStore open(String prefix) {
    RedisBackend redis = RedisBackend.shared();
    return RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), prefix));
  }
}
