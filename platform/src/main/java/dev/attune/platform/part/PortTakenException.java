package dev.attune.platform.part;

import java.net.BindException;
import java.util.Locale;

/**
 * A port that was asked for cannot be had, mostly because somebody else listens on it. The message
 * is one sentence.
 */
public final class PortTakenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int port;

  /**
   * @param what that wanted it, e.g. {@code HTTP}
   */
  public PortTakenException(String what, String host, int port, Throwable cause) {
    super(what + " port " + port + " on " + host + " " + why(cause), cause);
    this.port = port;
  }

  /** Not every port that cannot be had is taken: it may be privileged, or the address another's. */
  private static String why(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (cause instanceof BindException
          && message != null
          && !message.toLowerCase(Locale.ROOT).contains("in use")) {
        return "cannot be had: " + message;
      }
    }
    return "is taken by another program (0 = any free port)";
  }

  public int port() {
    return port;
  }
}
