package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A further identifier, one of {@code context.externalIds}.
 *
 * @param namespace of the catalog: its type, with dots, dashes and spaces as underscores
 * @param id the value
 * @param collection users, unless it says accounts
 */
record ExternalId(String namespace, String id, String collection) {
  /** Most of one event; the first are taken. */
  static final int MAX = 20;

  static final String USERS = "users";

  /** What Segment calls groups here. */
  static final String ACCOUNTS = "accounts";

  /** What cannot be one is left out, with a sentence why. */
  static List<ExternalId> of(JsonNode list, List<String> objections) {
    List<ExternalId> found = new ArrayList<>();
    if (list.isMissingNode() || list.isNull()) {
      return found;
    }
    if (!list.isArray()) {
      objections.add("context.externalIds: not a list");
      return found;
    }
    if (list.size() > MAX) {
      objections.add("context.externalIds: " + list.size() + " of them (allowed: " + MAX + ")");
    }
    for (int i = 0; i < Math.min(MAX, list.size()); i++) {
      JsonNode one = list.get(i);
      JsonNode id = one.path("id");
      JsonNode type = one.path("type");
      if ((!id.isTextual() && !id.isIntegralNumber()) || !type.isTextual()) {
        objections.add(
            "context.externalIds["
                + i
                + "]: its id and type are not both there (expected: {\"id\", \"type\","
                + " \"collection\"?})");
        continue;
      }
      found.add(
          new ExternalId(
              type.textValue().strip().toLowerCase(Locale.ROOT).replaceAll("[-. ]", "_"),
              id.asText(),
              one.path("collection").asText(USERS)));
    }
    return found;
  }
}
