package dev.attune.platform.part;

/**
 * Whether a part can do its work.
 *
 * @param reason one sentence; empty when ready
 */
public record Readiness(boolean ready, String reason) {
  public static final Readiness READY = new Readiness(true, "");

  public static Readiness notReady(String reason) {
    return new Readiness(false, reason);
  }
}
