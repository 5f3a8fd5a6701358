package dev.attune.profiles;

import dev.attune.core.profile.ProfileStore;
import dev.attune.store.memory.MemoryProfileStore;

/** What is found at once: the reply is written on the thread that read the question. */
class OneWriteTest extends OneWriteContract {
  @Override
  ProfileStore store() {
    return new MemoryProfileStore();
  }

  @Override
  int grpcInTwoMax() {
    return 0;
  }
}
