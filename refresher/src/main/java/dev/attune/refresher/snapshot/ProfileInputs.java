package dev.attune.refresher.snapshot;

import dev.attune.core.profile.ProfileInput;
import java.util.List;

/** Where a model's rows go. */
@FunctionalInterface
public interface ProfileInputs {
  /** Blocks until all of it is stored and its changes are told; idempotent. */
  void write(List<ProfileInput> inputs);
}
