package dev.attune.load.faults;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.testkit.people.Model;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the bench defines for itself, and who is in which audience. There is an audience for each
 * number of orders: those that somebody is in tell how many were counted.
 */
final class FaultRules {
  /** The event that is counted, and told to the webhook. */
  static final String ORDERED = "Order Completed";

  private static final String LOOKED = "Page Viewed";
  private static final int COUNTED_MAX = 24;
  private static final String CATALOG_YAML =
      """
      namespaces:
        user_id: {unique: true}
        email: {max: 5, normalise: lower}
        anonymous_id: {max: 50}
        person_id: {unique: true}
      traits:
        plan: {type: string}
        age: {type: integer}
        tier: {type: string}
      """;

  static final Catalog CATALOG = Catalog.parse(Yaml.parse("catalog.yaml", CATALOG_YAML));

  private FaultRules() {}

  /**
   * As {@code POST /v1/definitions:apply} takes them.
   *
   * @param secret file that holds the endpoint's
   */
  static ObjectNode request(List<Table> tables, WebhookEndpoint endpoint, Path secret) {
    ObjectNode request = AttuneClient.JSON.createObjectNode();
    ArrayNode files = request.putArray("files");
    add(files, "catalog.yaml", CATALOG_YAML);
    for (Table table : tables) {
      add(files, "models/" + table.model() + ".yaml", table.definition());
    }
    add(files, "models/" + Orders.MODEL + ".yaml", Orders.definition());
    add(files, "streams/" + ShopStream.NAME + ".yaml", ShopStream.definition());
    for (int count = 1; count <= COUNTED_MAX; count++) {
      add(
          files,
          "audiences/" + ordered(count) + ".yaml",
          """
          name: %s
          when: {event: %s, count: ">= %d", within: 30d}
          """
              .formatted(ordered(count), ORDERED, count));
    }
    add(
        files,
        "audiences/lookers.yaml",
        """
        name: lookers
        when:
          all:
            - {event: %s, count: ">= 2", within: 30d}
            - not: {event: %s, within: 30d}
        """
            .formatted(LOOKED, ORDERED));
    add(files, "audiences/pros.yaml", "name: pros\nwhen: {trait: traits.plan == \"pro\"}\n");
    add(
        files,
        "audiences/mailable.yaml",
        "name: mailable\nconsent: %s\nwhen: {trait: traits.plan == \"pro\"}\n"
            .formatted(Consents.MARKETING));
    add(
        files,
        "webhooks/orders.yaml",
        """
        name: orders
        url: http://%s/hook
        secret: {file: "%s"}
        on: {events: {names: [%s]}}
        timeout: 5s
        """
            .formatted(endpoint.address(), secret, ORDERED));
    return request;
  }

  private static void add(ArrayNode files, String path, String text) {
    files.addObject().put("path", path).put("text", text);
  }

  private static String ordered(int count) {
    return "ordered-" + count;
  }

  /** Decided from scratch; all that is counted happened in the last days. */
  static Set<String> audiences(Model.Person person) {
    Set<String> audiences = new TreeSet<>();
    for (int count = 1; count <= Math.min(COUNTED_MAX, person.count(ORDERED)); count++) {
      audiences.add(ordered(count));
    }
    if (person.count(LOOKED) >= 2 && person.count(ORDERED) == 0) {
      audiences.add("lookers");
    }
    if (person.has("plan", "pro")) {
      audiences.add("pros");
      if (person.consents(Consents.MARKETING)) {
        audiences.add("mailable");
      }
    }
    if (person.isListed(Members.MODEL) && person.consents(Consents.MARKETING)) {
      audiences.add(Members.MODEL);
    }
    return audiences;
  }
}
