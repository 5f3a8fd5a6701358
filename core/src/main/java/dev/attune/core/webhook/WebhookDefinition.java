package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.util.Set;

/** A webhook subscription. */
public record WebhookDefinition(String name) {
  /**
   * Reads a file of {@code webhooks/}.
   *
   * @param audiences names of the defined audiences
   */
  public static WebhookDefinition parse(Yaml yaml, Set<String> audiences) {
    return new WebhookDefinition(yaml.get("name").name());
  }
}
