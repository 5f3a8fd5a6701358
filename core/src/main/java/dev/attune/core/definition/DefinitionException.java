package dev.attune.core.definition;

/**
 * A definition that cannot be taken. The message is one sentence that begins with {@code
 * path:line:column} and says what is wrong and what is allowed.
 */
public final class DefinitionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DefinitionException(String message) {
    super(message);
  }

  public DefinitionException(String message, Throwable cause) {
    super(message, cause);
  }
}
