package dev.attune.dispatcher;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Definitions;
import dev.attune.core.webhook.SecretReference;
import dev.attune.core.webhook.TransitionFilter;
import dev.attune.core.webhook.WebhookDefinition;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Definitions for tests. */
public final class Webhooks {
  public static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private Webhooks() {}

  public static WebhookDefinition webhook(String name, String url) {
    return new WebhookDefinition(
        name,
        URI.create(url),
        new SecretReference.Environment("SECRET"),
        new TransitionFilter.All(),
        Set.of("Order Completed"),
        Duration.ofSeconds(10));
  }

  public static WebhookDefinition webhook(String name) {
    return webhook(name, "https://" + name + ".example.com/hook");
  }

  public static Definitions definitions(WebhookDefinition... webhooks) {
    Map<String, WebhookDefinition> byName = new TreeMap<>();
    for (WebhookDefinition webhook : webhooks) {
      byName.put(webhook.name(), webhook);
    }
    return new Definitions(1, 0, Catalog.DEFAULT, Map.of(), Map.of(), byName, Map.of());
  }
}
