package dev.attune.dispatcher.send;

import dev.attune.core.webhook.SigningSecret;

/** Finds the keys that a definition refers to. */
@FunctionalInterface
public interface Secrets {
  /**
   * The key, as it is now.
   *
   * @throws SecretException when there is none that can be used
   */
  SigningKey key(SigningSecret secret) throws SecretException;

  /** There is no usable secret. The message names the variable or file, never what is in it. */
  final class SecretException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String why;

    public SecretException(String why) {
      super(why);
      this.why = why;
    }

    /** The message. */
    public String why() {
      return why;
    }
  }
}
