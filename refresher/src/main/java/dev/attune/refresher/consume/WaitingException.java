package dev.attune.refresher.consume;

/** A batch cannot be handled now, and is tried again. The message says what is waited for. */
public final class WaitingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message a sentence without values: it is shown
   */
  public WaitingException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * @param message a sentence without values: it is shown
   */
  public WaitingException(String message) {
    super(message);
  }
}
