package dev.attune.load.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.testkit.people.WebhookEndpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * What a subscriber was told: each live order, under one id for each profile that it was of, and
 * nothing else.
 */
final class Deliveries {
  private Deliveries() {}

  /**
   * What is wrong, a line each.
   *
   * @param live events that were acknowledged; those of the past are told to nobody
   */
  static List<String> problems(WebhookEndpoint endpoint, Collection<JsonNode> live) {
    List<String> problems = new ArrayList<>(endpoint.complaints());
    Map<String, List<String>> profiles = new HashMap<>();
    endpoint
        .taken()
        .forEach(
            (id, body) -> {
              JsonNode data = parse(body).path("data");
              profiles
                  .computeIfAbsent(data.path("event_id").asText(), _ -> new ArrayList<>())
                  .add(data.path("profile_id").asText());
            });
    for (JsonNode event : new HashSet<>(live)) {
      if (!event.path("event").asText().equals(FaultRules.ORDERED)) {
        continue;
      }
      List<String> told = profiles.remove(event.path("messageId").asText());
      if (told == null) {
        problems.add(event + " was not delivered");
      } else if (event.has("userId") ? told.size() > 1 : new HashSet<>(told).size() < told.size()) {
        // A stranger's that was sent again may be told again once they are known: of another one.
        problems.add(event + " was delivered under several ids for " + told);
      }
    }
    profiles.forEach((event, told) -> problems.add(event + " was delivered and is none of ours"));
    return problems;
  }

  private static JsonNode parse(String body) {
    try {
      return AttuneClient.JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a webhook's body is no JSON", e);
    }
  }
}
