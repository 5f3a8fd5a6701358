package dev.attune.core.audience;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;

/** An audience. */
public record AudienceDefinition(String name) {
  /** Reads a file of {@code audiences/}. */
  public static AudienceDefinition parse(Yaml yaml, Catalog catalog) {
    return new AudienceDefinition(yaml.get("name").name());
  }
}
