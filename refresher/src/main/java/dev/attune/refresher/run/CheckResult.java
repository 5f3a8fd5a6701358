package dev.attune.refresher.run;

/** What became of a wish to check a model. */
public sealed interface CheckResult {
  /**
   * A run would find its rows, and could map the first of them.
   *
   * @param origin how messages call where they are
   * @param columns how many the model maps
   */
  record Ready(String origin, int columns) implements CheckResult {}

  /**
   * A run would be refused.
   *
   * @param message one sentence; never a personal value
   */
  record Refused(String message) implements CheckResult {}

  /**
   * Infrastructure failed it; another try is worth it.
   *
   * @param message one sentence; never a personal value
   */
  record Failed(String message) implements CheckResult {}

  /** No model is called that. */
  record UnknownModel(String message) implements CheckResult {}
}
