package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Complaint;

/** Somebody, as people name them: {@code NAMESPACE:VALUE}. */
final class Whom {
  private Whom() {}

  /**
   * As requests have it: {@code {"namespace", "value"}}. For their bodies, not for paths: an
   * identifier in a URL ends up in access logs.
   *
   * @param role what messages call it, e.g. {@code whom to look up}
   * @throws Complaint when it is not written like that
   */
  static ObjectNode identifier(String text, String role) {
    int colon = text.indexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      throw new Complaint(role + " is NAMESPACE:VALUE, e.g. user_id:42.");
    }
    return AttuneClient.JSON
        .createObjectNode()
        .put("namespace", text.substring(0, colon))
        .put("value", text.substring(colon + 1));
  }
}
