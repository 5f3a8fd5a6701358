package dev.attune.embedded;

/** A port that was asked for is somebody else's. The message is one sentence for the operator. */
public final class PortTakenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int port;

  /**
   * @param purpose who wanted it, e.g. {@code Kafka}
   * @param port that is taken; its holder is looked up now, while it is still there
   */
  public PortTakenException(String purpose, int port) {
    super(
        "Port "
            + port
            + ", wanted for "
            + purpose
            + ", is taken by "
            + PortHolder.describe(port)
            + ".");
    this.port = port;
  }

  public int port() {
    return port;
  }
}
