package dev.attune.refresher.event;

/** An event that cannot be taken; the message names the field and the rule, never a value. */
public final class MalformedEventException extends Exception {
  private static final long serialVersionUID = 1L;

  public MalformedEventException(String message) {
    super(message, null, false, false);
  }
}
