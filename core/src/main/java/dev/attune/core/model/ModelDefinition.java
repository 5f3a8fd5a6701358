package dev.attune.core.model;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import java.util.List;
import java.util.Optional;

/** A warehouse model, from {@code definitions/models/*.yaml}. */
public sealed interface ModelDefinition permits ProfilesModel, EventsModel, IdentityModel {
  /** The model's name: its facts have the source {@code model:<name>}. */
  String name();

  /** Where its rows come from. */
  ModelSource source();

  /** When it is refreshed by itself; empty: when somebody asks. */
  Optional<Schedule> schedule();

  /**
   * Reads a file of {@code models/}; see {@link ProfilesModel}, {@link EventsModel} and {@link
   * IdentityModel} for the forms.
   *
   * @throws dev.attune.core.definition.DefinitionException when it cannot be taken
   */
  static ModelDefinition parse(Yaml yaml, Catalog catalog) {
    return switch (yaml.get("kind").oneOf(List.of("profiles", "events", "identity"))) {
      case "profiles" -> ProfilesModel.parse(yaml, catalog);
      case "identity" -> IdentityModel.parse(yaml, catalog);
      default -> EventsModel.parse(yaml, catalog);
    };
  }
}
