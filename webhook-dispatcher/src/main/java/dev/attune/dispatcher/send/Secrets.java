package dev.attune.dispatcher.send;

import dev.attune.core.webhook.SigningSecret;
import java.time.Instant;
import java.util.List;

/** Finds the keys that a definition refers to. */
@FunctionalInterface
public interface Secrets {
  /**
   * The key, as it is now.
   *
   * @throws SecretException when there is none that can be used
   */
  SigningKey key(SigningSecret secret) throws SecretException;

  /**
   * All that is to be signed with for a secret at a time, the newest first: of a generated one that
   * is being replaced there are several.
   *
   * @throws SecretException when one of them cannot be used
   */
  default List<SigningKey> keys(SigningSecret secret, Instant now) throws SecretException {
    return List.of(key(secret));
  }

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
