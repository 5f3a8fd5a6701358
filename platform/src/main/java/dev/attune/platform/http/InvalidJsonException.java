package dev.attune.platform.http;

/** A document that is not valid JSON, or beyond the limits. Says where, and quotes nothing. */
public final class InvalidJsonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidJsonException(String message) {
    super(message);
  }
}
