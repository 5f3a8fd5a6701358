package dev.attune.core.definition;

import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.audience.ComputedTrait;
import dev.attune.core.catalog.Catalog;
import dev.attune.proto.v1.Definition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What audiences and computed traits were before they were changed, as far as it is kept.
 *
 * @param audiences by name, the newest first
 * @param computed the same of computed traits
 */
public record FormerDefinitions(
    Map<String, List<Former<AudienceDefinition>>> audiences,
    Map<String, List<Former<ComputedTrait>>> computed) {
  static final FormerDefinitions NONE = new FormerDefinitions(Map.of(), Map.of());

  /**
   * One definition that was replaced.
   *
   * @param version that it had
   * @param definition empty when the set of today has no room for it: it names a trait that is
   *     gone. That is no mistake of anybody's
   */
  public record Former<T>(long version, Optional<T> definition) {}

  public FormerDefinitions {
    audiences = Map.copyOf(audiences);
    computed = Map.copyOf(computed);
  }

  /** Whether nothing is kept. */
  public boolean isEmpty() {
    return audiences.isEmpty() && computed.isEmpty();
  }

  /**
   * Reads them.
   *
   * @param declared the catalog without computed traits
   * @param catalog with those of today
   * @param names of the audiences of today
   */
  static FormerDefinitions of(
      Collection<Definition> definitions, Catalog declared, Catalog catalog, Set<String> names) {
    return new FormerDefinitions(
        read(definitions, "audience", yaml -> AudienceDefinition.parse(yaml, catalog, names)),
        read(definitions, "trait", yaml -> ComputedTrait.parse(yaml, declared)));
  }

  private static <T> Map<String, List<Former<T>>> read(
      Collection<Definition> definitions, String kind, Function<Yaml, T> parser) {
    Map<String, List<Former<T>>> all = new TreeMap<>();
    for (Definition definition : definitions) {
      if (definition.getKind().equals(kind) && definition.getBeforeCount() > 0) {
        List<Former<T>> former = new ArrayList<>();
        definition
            .getBeforeList()
            .forEach(each -> former.add(new Former<>(each.getVersion(), read(each, parser))));
        all.put(definition.getId(), List.copyOf(former));
      }
    }
    return all;
  }

  private static <T> Optional<T> read(Definition former, Function<Yaml, T> parser) {
    try {
      return Optional.of(
          parser.apply(Yaml.parseStored(former.getPath(), former.getYaml(), _ -> {})));
    } catch (DefinitionException e) {
      return Optional.empty();
    }
  }
}
