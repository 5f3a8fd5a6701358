package dev.attune.store.memory;

import dev.attune.core.profile.ProfileStore;
import dev.attune.testkit.ProfileStoreContract;

class MemoryProfileStoreTest extends ProfileStoreContract {
  @Override
  protected ProfileStore open(String prefix) {
    return new MemoryProfileStore();
  }
}
