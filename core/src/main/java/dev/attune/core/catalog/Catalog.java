package dev.attune.core.catalog;

import dev.attune.core.definition.Yaml;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.core.profile.Identifier;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The namespaces and traits of a workspace, from {@code definitions/catalog.yaml}.
 *
 * @param namespaces by name, strongest first
 * @param traits by name
 * @param forbidden what must not be stored
 */
public record Catalog(
    Map<String, Namespace> namespaces, Map<String, TraitDeclaration> traits, Forbidden forbidden) {
  /** Traits that a catalog may declare. */
  public static final int TRAITS_MAX = 2_000;

  /** What a workspace without a catalog has: user_id, email, anonymous_id and groups, no traits. */
  public static final Catalog DEFAULT =
      parse(
          Yaml.parse(
              "default catalog",
              """
              namespaces:
                user_id: {unique: true}
                email: {max: 5, normalise: lower}
                anonymous_id: {max: 50}
                group_id: {unique: true}
              """));

  public Catalog {
    namespaces = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(namespaces));
    traits = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(traits));
  }

  /** Reads a catalog; see {@code definitions/catalog.yaml} for the form. */
  public static Catalog parse(Yaml yaml) {
    yaml.keys("namespaces", "traits", "forbidden");
    Map<String, Namespace> namespaces = new LinkedHashMap<>();
    for (var entry : yaml.get("namespaces").entries().entrySet()) {
      Yaml value = entry.getValue().keys("unique", "max", "normalise", "blocked", "description");
      if (!entry.getKey().matches("[a-z][a-z0-9_]{0,63}") || entry.getKey().equals("id")) {
        throw value.error(
            "\""
                + entry.getKey()
                + "\" is not a namespace (allowed: a-z, 0-9 and _, at most 64, a letter first; \"id\""
                + " is taken)");
      }
      boolean unique = value.find("unique").map(Yaml::bool).orElse(false);
      int max = value.find("max").map(m -> (int) m.integer(1, 100)).orElse(unique ? 1 : 20);
      if (unique && max != 1) {
        throw value.get("max").error("a unique namespace has max 1");
      }
      boolean lower =
          value
              .find("normalise")
              .map(n -> n.oneOf(List.of("lower", "none")))
              .orElse("none")
              .equals("lower");
      Namespace open =
          new Namespace(entry.getKey(), namespaces.size(), unique, max, lower, Set.of());
      Set<String> blocked = new LinkedHashSet<>();
      value
          .find("blocked")
          .ifPresent(b -> b.items().forEach(i -> blocked.add(open.normalise(i.text()))));
      namespaces.put(entry.getKey(), open.blocking(blocked));
    }
    if (namespaces.isEmpty()) {
      throw yaml.get("namespaces").error("a catalog needs at least one namespace");
    }
    Map<String, TraitDeclaration> traits = new LinkedHashMap<>();
    if (yaml.has("traits")) {
      for (var entry : yaml.get("traits").entries().entrySet()) {
        traits.put(entry.getKey(), trait(entry.getKey(), entry.getValue()));
        if (traits.size() > TRAITS_MAX) {
          throw entry.getValue().error("more than " + TRAITS_MAX + " traits");
        }
      }
    }
    return new Catalog(
        namespaces,
        traits,
        yaml.find("forbidden").map(Forbidden::parse).orElse(Forbidden.CARD_NUMBERS));
  }

  /**
   * Checks the name of a trait.
   *
   * @param yaml where a complaint points to
   */
  public static void checkTraitName(Yaml yaml, String name) {
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]{0,99}")) {
      throw yaml.error(
          "\"" + name + "\" is not a trait name (allowed: letters, digits and _, at most 100)");
    }
  }

  private static TraitDeclaration trait(String name, Yaml value) {
    checkTraitName(value, name);
    value.keys("type", "description", "precedence");
    return new TraitDeclaration(
        name,
        TraitType.ofLabel(value.get("type").oneOf(TraitType.labels())),
        value.find("description").map(Yaml::text).orElse(""),
        value
            .find("precedence")
            .map(p -> p.items().stream().map(Yaml::text).toList())
            .orElse(List.of()),
        false);
  }

  /** The same with traits that are computed, none of which it declares. */
  public Catalog withComputed(Collection<TraitDeclaration> computed) {
    if (computed.isEmpty()) {
      return this;
    }
    Map<String, TraitDeclaration> all = new LinkedHashMap<>(traits);
    computed.forEach(trait -> all.put(trait.name(), trait));
    return new Catalog(namespaces, all, forbidden);
  }

  /** The declared trait, if there is one. */
  public Optional<TraitDeclaration> trait(String name) {
    return Optional.ofNullable(traits.get(name));
  }

  /** Rank of a namespace; an unknown one is weaker than all. */
  public int rank(String namespace) {
    Namespace known = namespaces.get(namespace);
    return known == null ? Integer.MAX_VALUE : known.rank();
  }

  /**
   * A checked, normalised identifier.
   *
   * @throws IllegalArgumentException that names the rule that was broken, never the value
   */
  public Identifier identifier(String namespace, String value) {
    Namespace known = namespaces.get(namespace);
    if (known == null) {
      throw new IllegalArgumentException(
          "namespace: unknown (allowed: " + String.join(", ", namespaces.keySet()) + ")");
    }
    Identifier identifier = new Identifier(namespace, known.normalise(value));
    if (known.blocked().contains(identifier.value())) {
      throw new IllegalArgumentException(
          "value: blocked by the catalog for namespace " + namespace + " (it identifies nobody)");
    }
    forbidden.checkIdentifier(namespace, identifier.value());
    return identifier;
  }
}
