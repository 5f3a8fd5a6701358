package dev.attune.store.redis;

import org.jspecify.annotations.Nullable;

/**
 * A node's word that a key is elsewhere.
 *
 * @param server where
 * @param asking whether only this key is, and its slot is still on its way
 */
record Redirect(RedisAddress server, boolean asking) {
  /**
   * From a node's refusal, such as {@code MOVED 3999 10.0.0.7:6381}; null when it is another one.
   *
   * @param refusing who said it, on whose host the other node is if it names none
   */
  static @Nullable Redirect of(Throwable refusal, RedisAddress refusing) {
    String text = RedisErrors.refusalText(refusal);
    boolean asking = text.startsWith("ASK ");
    if (!asking && !text.startsWith("MOVED ")) {
      return null;
    }
    String target = text.substring(text.lastIndexOf(' ') + 1);
    int colon = target.lastIndexOf(':');
    if (colon < 0 || !target.substring(colon + 1).matches("\\d{1,5}")) {
      return null;
    }
    String host = target.substring(0, colon);
    if (host.equals("?")) {
      return null; // it does not know itself
    }
    int port = Integer.parseInt(target.substring(colon + 1));
    return new Redirect(new RedisAddress(host.isEmpty() ? refusing.host() : host, port), asking);
  }
}
