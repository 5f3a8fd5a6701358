package dev.attune.profiles.lookup;

/** Thrown inside a lookup for a request that breaks a rule; callers see it as a failed outcome. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Outcome.Failed outcome;

  Refusal(Outcome.Failed outcome) {
    super(outcome.message(), null, false, false);
    this.outcome = outcome;
  }

  /**
   * @param message one sentence that says nothing of a personal value
   */
  Refusal(Reason reason, String message) {
    this(new Outcome.Failed(reason, message));
  }

  static Refusal invalid(String message) {
    return new Refusal(Reason.INVALID_REQUEST, message);
  }

  Outcome.Failed outcome() {
    return outcome;
  }
}
