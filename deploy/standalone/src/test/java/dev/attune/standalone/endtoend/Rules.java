package dev.attune.standalone.endtoend;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.testkit.people.Model;
import dev.attune.testkit.people.Traffic;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** The definitions under which {@link Traffic} is sent, and who is in which of their audiences. */
final class Rules {
  private static final String CATALOG_YAML =
      """
      namespaces:
        user_id: {unique: true}
        email: {max: 5, normalise: lower}
        anonymous_id: {max: 50}
      traits:
        plan: {type: string}
        age: {type: integer}
      """;

  static final Catalog CATALOG = Catalog.parse(Yaml.parse("catalog.yaml", CATALOG_YAML));

  /** The event that the webhook wants. */
  static final String TOLD = "Order Completed";

  private static final String LOOKED = "Page Viewed";

  private Rules() {}

  /** Writes them into a folder; the webhook wants every transition. */
  static Definitions write(Path folder, WebhookEndpoint endpoint) {
    return write(folder).withWebhook(endpoint, "transitions: all", TOLD);
  }

  /** Writes them into a folder, without a webhook. */
  static Definitions write(Path folder) {
    return new Definitions(folder)
        .with("catalog.yaml", CATALOG_YAML)
        .with(
            "audiences/buyers.yaml",
            """
            name: buyers
            when: {event: Order Completed, count: ">= 3", within: 30d}
            """)
        .with(
            "audiences/lookers.yaml",
            """
            name: lookers
            when:
              all:
                - {event: Page Viewed, count: ">= 2", within: 30d}
                - not: {event: Order Completed, within: 30d}
            """)
        .with("audiences/pros.yaml", "name: pros\nwhen: {trait: traits.plan == \"pro\"}\n");
  }

  /** Decided from scratch; everything happened in the last days. */
  static Set<String> audiences(Model.Person person) {
    Set<String> audiences = new TreeSet<>();
    if (person.count(TOLD) >= 3) {
      audiences.add("buyers");
    }
    if (person.count(LOOKED) >= 2 && person.count(TOLD) == 0) {
      audiences.add("lookers");
    }
    if (person.has("plan", "pro")) {
      audiences.add("pros");
    }
    return audiences;
  }
}
