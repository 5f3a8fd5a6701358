package dev.attune.core.profile;

/** The store did not do its work: it is away, late or refuses. Never says whose record it was. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why, as far as a caller's next step depends on it. */
  public enum Kind {
    /** Away or not answering in time: try again later. */
    UNAVAILABLE,
    /** Too much is asked of it: send less. */
    OVERLOADED,
    /** It answered something that makes no sense: an operator should look. */
    CORRUPT
  }

  private final Kind kind;

  public StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public StoreException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
