package dev.attune.refresher.run;

import dev.attune.refresher.lease.Attempt;
import java.util.Optional;

/** What became of the wish to start a run. */
public sealed interface StartResult {
  /** It runs. */
  record Started(Run run) implements StartResult {}

  /** The same request, by its key, was made before: its run, which is done or has not ended. */
  record Known(Run run) implements StartResult {}

  /** The key was that of another request. */
  record KeyReused(Run run) implements StartResult {}

  /** A run of that model has not ended yet: one at a time. */
  record AlreadyRunning(Run run) implements StartResult {}

  /**
   * Another process has the model's lease.
   *
   * @param holder who, and since when
   * @param run that is under way there, as far as it is known here
   */
  record Held(Attempt.Held holder, Optional<Run> run) implements StartResult {}

  /**
   * There is no such model.
   *
   * @param message one sentence with the nearest name
   */
  record UnknownModel(String message) implements StartResult {}
}
