package dev.attune.core.profile;

import dev.attune.proto.v1.ProfileChange;
import java.util.concurrent.CompletionStage;

/** Where changes of profiles are told: {@code attune.profile-changes}. */
@FunctionalInterface
public interface ChangeSink {
  /**
   * Appends a change under its profile id, or an identity record under a key of its own; completes
   * once the log has it for good.
   */
  CompletionStage<?> emit(ProfileChange change);
}
