package dev.attune.core.webhook;

/**
 * Where a webhook's signing secret is. The secret itself never stands in a definition, which lives
 * in Git.
 *
 * <p>What is found there: {@code whsec_} and the base64 of 24 to 64 random bytes.
 */
public sealed interface SecretReference {
  /** How messages call it, e.g. {@code environment variable CRM_WEBHOOK_SECRET}. */
  String describe();

  /** An environment variable of the dispatcher's process. */
  record Environment(String variable) implements SecretReference {
    @Override
    public String describe() {
      return "environment variable " + variable;
    }
  }

  /** A file that the dispatcher can read; read again when it changes. */
  record File(String path) implements SecretReference {
    @Override
    public String describe() {
      return "file " + path;
    }
  }
}
