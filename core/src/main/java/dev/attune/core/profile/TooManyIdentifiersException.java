package dev.attune.core.profile;

/** More identifiers hang together than are looked at in one attempt. */
final class TooManyIdentifiersException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  TooManyIdentifiersException(int max) {
    super("more than " + max + " identifiers hang together");
  }
}
