package dev.attune.store.redis;

import dev.attune.core.profile.ProfileStore;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisClusterBackend;
import java.util.List;

class RedisClusterProfileStoreIT extends ProfileStoreContract {
  @Override
  protected ProfileStore open(String prefix) {
    // From one seed; the others are learnt.
    var seed = new RedisAddress("127.0.0.1", RedisClusterBackend.shared().ports().getFirst());
    return RedisProfileStore.create(RedisSettings.cluster(List.of(seed), prefix));
  }
}
