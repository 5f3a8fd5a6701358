package dev.attune.refresher.lease;

/** Another process took the lease: whoever held it changes nothing any more. */
public final class OvertakenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one sentence: who took it, and how long this process had not renewed it
   */
  OvertakenException(String message) {
    super(message);
  }
}
