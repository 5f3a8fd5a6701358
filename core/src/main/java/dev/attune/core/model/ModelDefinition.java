package dev.attune.core.model;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import java.util.List;
import java.util.Optional;

/** A warehouse model, from {@code definitions/models/*.yaml}. */
public sealed interface ModelDefinition permits TableModel, EventsModel, IdentityModel {
  /** What a model may be; each has its JSON Schema, {@code docs/schemas/model-<kind>.json}. */
  List<String> KINDS =
      List.of(
          ProfilesModel.KIND,
          EventsModel.KIND,
          AudienceModel.KIND,
          ConsentModel.KIND,
          IdentityModel.KIND);

  /** The model's name: its facts have the source {@code model:<name>}. */
  String name();

  /** One of {@link #KINDS}. */
  String kind();

  /** Where its rows come from. */
  ModelSource source();

  /** How much a snapshot may be off. */
  Guards guards();

  /** When it is refreshed by itself; empty: when somebody asks. */
  Optional<Schedule> schedule();

  /**
   * Reads a file of {@code models/}; its {@code kind} says which form it has.
   *
   * @throws dev.attune.core.definition.DefinitionException when it cannot be taken
   */
  static ModelDefinition parse(Yaml yaml, Catalog catalog) {
    return switch (yaml.get("kind").oneOf(KINDS)) {
      case ProfilesModel.KIND -> ProfilesModel.parse(yaml, catalog);
      case AudienceModel.KIND -> AudienceModel.parse(yaml, catalog);
      case ConsentModel.KIND -> ConsentModel.parse(yaml, catalog);
      case IdentityModel.KIND -> IdentityModel.parse(yaml, catalog);
      default -> EventsModel.parse(yaml, catalog);
    };
  }
}
