package dev.attune.core.model;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;

/** A warehouse model. */
public record ModelDefinition(String name) {
  /** Reads a file of {@code models/}. */
  public static ModelDefinition parse(Yaml yaml, Catalog catalog) {
    return new ModelDefinition(yaml.get("name").name());
  }
}
