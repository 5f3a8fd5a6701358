package dev.attune.profiles.lookup;

/** Thrown inside a lookup for a request that breaks a rule; callers see it as a failed outcome. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /**
   * @param message one sentence that says nothing of a personal value
   */
  Refusal(Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  static Refusal invalid(String message) {
    return new Refusal(Reason.INVALID_REQUEST, message);
  }

  Outcome.Failed outcome() {
    return new Outcome.Failed(reason, String.valueOf(getMessage()));
  }
}
