package dev.attune.platform.part;

/** Somebody else listens on a port that was asked for. The message is one sentence. */
public final class PortTakenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int port;

  /**
   * @param what that wanted it, e.g. {@code HTTP}
   */
  public PortTakenException(String what, String host, int port, Throwable cause) {
    super(
        what + " port " + port + " on " + host + " is taken by another program (0 = any free port)",
        cause);
    this.port = port;
  }

  public int port() {
    return port;
  }
}
