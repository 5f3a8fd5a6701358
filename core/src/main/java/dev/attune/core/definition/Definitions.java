package dev.attune.core.definition;

import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.audience.AudienceReferences;
import dev.attune.core.audience.ComputedTrait;
import dev.attune.core.audience.Condition;
import dev.attune.core.audience.EventKeys;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Sources;
import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.event.EventDefinition;
import dev.attune.core.model.AudienceModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.stream.StreamDefinition;
import dev.attune.core.view.ViewDefinition;
import dev.attune.core.webhook.SealedSecret;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookState;
import dev.attune.proto.v1.Definition;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A checked set of definitions: everything in it refers only to what is declared.
 *
 * @param version of the newest definition in it, 0 when there is none
 * @param catalogVersion differs between catalogs, computed traits included, that fold otherwise
 * @param catalog with the computed traits
 * @param computed traits that are computed from events, by name
 * @param audiences those of {@code audiences/}, and those that models compute
 * @param events by the name of the events that they are about
 * @param streams by name
 * @param paused names of the audiences that an operator has paused: nobody enters or leaves them
 * @param webhooksOfApi names of the webhooks that the API owns; the others are files'
 * @param webhookStates of the webhooks of which somebody said something, by name
 * @param sealedSecrets that were generated for webhooks, by the webhook's name
 * @param versions of each definition, by {@code kind/id}
 * @param former what audiences and computed traits were before, as far as it may have to decide in
 *     their place
 * @param outdated why an apply would refuse a definition that an earlier version took, by {@code
 *     kind/id}, a sentence each that points into its file. It means what it meant then
 */
public record Definitions(
    long version,
    long catalogVersion,
    Catalog catalog,
    Map<String, ModelDefinition> models,
    Map<String, ComputedTrait> computed,
    Map<String, AudienceDefinition> audiences,
    Map<String, WebhookDefinition> webhooks,
    Map<String, ViewDefinition> views,
    Map<String, EventDefinition> events,
    Map<String, StreamDefinition> streams,
    Set<String> paused,
    Set<String> webhooksOfApi,
    Map<String, WebhookState> webhookStates,
    Map<String, List<SealedSecret>> sealedSecrets,
    Map<String, Long> versions,
    FormerDefinitions former,
    Map<String, String> outdated) {
  /** The kind of what says that an audience is paused; no file does. */
  public static final String PAUSE = "pause";

  /** The kind of the secrets that were generated for a webhook, sealed; no file holds them. */
  public static final String WEBHOOK_SECRET = "webhook-secret";

  /** The owner of what the API defines. */
  public static final String API = "api";

  /** The kind of what says whether a webhook is delivered to; no file does. */
  public static final String WEBHOOK_STATE = "webhook-state";

  /**
   * The kinds of definition, and the folder of each; the catalog is the file {@code catalog.yaml}.
   */
  public static final List<String> KINDS =
      List.of("catalog", "model", "trait", "audience", "webhook", "view", "event", "stream");

  /** Most definitions of one kind. */
  public static final int KIND_MAX = 50_000;

  /** No definitions: the default catalog alone. */
  public static final Definitions NONE = parse(List.of());

  public Definitions {
    models = Map.copyOf(models);
    computed = Map.copyOf(computed);
    audiences = Map.copyOf(audiences);
    webhooks = Map.copyOf(webhooks);
    views = Map.copyOf(views);
    events = Map.copyOf(events);
    streams = Map.copyOf(streams);
    paused = Set.copyOf(paused);
    webhooksOfApi = Set.copyOf(webhooksOfApi);
    webhookStates = Map.copyOf(webhookStates);
    sealedSecrets = Map.copyOf(sealedSecrets);
    versions = Map.copyOf(versions);
    outdated = Map.copyOf(outdated);
  }

  /** A set without computed traits, views, events, streams, pauses and states. */
  public Definitions(
      long version,
      long catalogVersion,
      Catalog catalog,
      Map<String, ModelDefinition> models,
      Map<String, AudienceDefinition> audiences,
      Map<String, WebhookDefinition> webhooks,
      Map<String, Long> versions) {
    this(
        version,
        catalogVersion,
        catalog,
        models,
        Map.of(),
        audiences,
        webhooks,
        Map.of(),
        Map.of(),
        Map.of(),
        Set.of(),
        Set.of(),
        Map.of(),
        Map.of(),
        versions,
        FormerDefinitions.NONE,
        Map.of());
  }

  /**
   * Checks a whole set.
   *
   * @throws DefinitionException for the first definition that cannot be taken
   */
  public static Definitions parse(Collection<Definition> definitions) {
    Definitions parsed = ofStored(definitions);
    parsed.outdated.values().stream()
        .sorted()
        .findFirst()
        .ifPresent(
            sentence -> {
              throw new DefinitionException(sentence);
            });
    return parsed;
  }

  /**
   * Checks a whole set that was taken before. What earlier versions took and this one refuses is
   * {@link #outdated}, and nobody's workspace stands still for it.
   *
   * @throws DefinitionException for the first definition that cannot be taken
   */
  public static Definitions ofStored(Collection<Definition> definitions) {
    Map<String, String> outdated = new TreeMap<>();
    Map<String, Long> versions = new TreeMap<>();
    long version = 0;
    for (Definition definition : definitions) {
      versions.put(definition.getKind() + "/" + definition.getId(), definition.getVersion());
      version = Math.max(version, definition.getVersion());
    }
    Catalog declared =
        parseKind(definitions, outdated, "catalog", Catalog::parse, _ -> "catalog")
            .getOrDefault("catalog", Catalog.DEFAULT);
    Map<String, ComputedTrait> computed = computed(definitions, outdated, declared);
    Catalog catalog =
        declared.withComputed(computed.values().stream().map(ComputedTrait::declaration).toList());
    Map<String, ModelDefinition> models =
        parseKind(
            definitions,
            outdated,
            "model",
            y -> ModelDefinition.parse(y, catalog),
            ModelDefinition::name);
    checkPrecedence(definitions, catalog, models.keySet());
    Set<String> audienceNames = audienceNames(definitions, models.values());
    Map<String, AudienceDefinition> audiences =
        parseKind(
            definitions,
            outdated,
            "audience",
            y -> AudienceDefinition.parse(y, catalog, audienceNames),
            AudienceDefinition::name);
    addComputed(definitions, models.values(), audiences);
    checkReferences(definitions, audiences);
    EventKeys.check(audiences.values(), computed.values());
    Set<String> tags = new TreeSet<>();
    audiences.values().forEach(audience -> tags.addAll(audience.tags()));
    Map<String, ViewDefinition> views =
        parseKind(
            definitions,
            outdated,
            "view",
            y -> ViewDefinition.parse(y, catalog, audiences.keySet()),
            ViewDefinition::name);
    Map<String, WebhookDefinition> webhooks =
        parseKind(
            definitions,
            outdated,
            "webhook",
            y ->
                WebhookDefinition.parse(
                    y, catalog.traits().keySet(), audiences.keySet(), tags, views),
            WebhookDefinition::name);
    return new Definitions(
        version,
        catalogVersion(versions.getOrDefault("catalog/catalog", 0L), computed.values()),
        catalog,
        models,
        computed,
        audiences,
        webhooks,
        views,
        events(definitions, outdated),
        streams(definitions, outdated, catalog),
        paused(definitions, audiences.keySet()),
        webhooksOfApi(definitions),
        webhookStates(definitions, webhooks.keySet()),
        sealedSecrets(definitions),
        versions,
        FormerDefinitions.of(definitions, declared, catalog, audienceNames),
        outdated);
  }

  /** Whether a webhook is delivered to. */
  public WebhookState webhookState(String webhook) {
    return webhookStates.getOrDefault(webhook, WebhookState.INITIAL);
  }

  private static Set<String> webhooksOfApi(Collection<Definition> definitions) {
    return definitions.stream()
        .filter(d -> d.getKind().equals("webhook") && d.getOwner().equals(API))
        .map(Definition::getId)
        .collect(Collectors.toSet());
  }

  // As with pauses.
  private static Map<String, WebhookState> webhookStates(
      Collection<Definition> definitions, Set<String> webhooks) {
    Map<String, WebhookState> states = new TreeMap<>();
    definitions.stream()
        .filter(d -> d.getKind().equals(WEBHOOK_STATE) && webhooks.contains(d.getId()))
        .forEach(
            d -> states.put(d.getId(), WebhookState.parse(Yaml.parse(d.getPath(), d.getYaml()))));
    return states;
  }

  private static Map<String, List<SealedSecret>> sealedSecrets(Collection<Definition> definitions) {
    return definitions.stream()
        .filter(d -> d.getKind().equals(WEBHOOK_SECRET))
        .collect(
            Collectors.toMap(
                Definition::getId, d -> SealedSecret.parse(Yaml.parse(d.getPath(), d.getYaml()))));
  }

  // A pause may outlive its audience: then it says nothing.
  private static Set<String> paused(Collection<Definition> definitions, Set<String> audiences) {
    Set<String> paused = new TreeSet<>();
    definitions.stream()
        .filter(d -> d.getKind().equals(PAUSE) && audiences.contains(d.getId()))
        .forEach(d -> paused.add(d.getId()));
    return paused;
  }

  private static Map<String, ComputedTrait> computed(
      Collection<Definition> definitions, Map<String, String> outdated, Catalog catalog) {
    Map<String, ComputedTrait> computed =
        parseKind(
            definitions,
            outdated,
            "trait",
            y -> ComputedTrait.parse(y, catalog),
            ComputedTrait::name);
    if (computed.size() > ComputedTrait.TRAITS_MAX) {
      throw new DefinitionException(
          computed.size() + " computed traits (allowed: " + ComputedTrait.TRAITS_MAX + ")");
    }
    return computed;
  }

  // Differs where profiles are folded otherwise: that of the catalog, and which traits are
  // computed.
  private static long catalogVersion(long catalog, Collection<ComputedTrait> computed) {
    if (computed.isEmpty()) {
      return catalog;
    }
    String folded =
        computed.stream()
            .map(trait -> trait.name() + " " + trait.type())
            .sorted()
            .collect(Collectors.joining(",", catalog + ",", ""));
    return UUID.nameUUIDFromBytes(folded.getBytes(StandardCharsets.UTF_8)).getMostSignificantBits()
        & Long.MAX_VALUE;
  }

  private static Map<String, StreamDefinition> streams(
      Collection<Definition> definitions, Map<String, String> outdated, Catalog catalog) {
    Map<String, StreamDefinition> streams =
        parseKind(
            definitions,
            outdated,
            "stream",
            y -> StreamDefinition.parse(y, catalog),
            StreamDefinition::name);
    if (streams.size() > StreamDefinition.STREAMS_MAX) {
      throw new DefinitionException(
          streams.size() + " streams (allowed: " + StreamDefinition.STREAMS_MAX + ")");
    }
    return streams;
  }

  private static Map<String, EventDefinition> events(
      Collection<Definition> definitions, Map<String, String> outdated) {
    Map<String, EventDefinition> events = new TreeMap<>();
    for (EventDefinition event :
        parseKind(definitions, outdated, "event", EventDefinition::parse, EventDefinition::name)
            .values()) {
      EventDefinition other = events.put(event.event(), event);
      if (other != null) {
        throw new DefinitionException(
            "the events \""
                + event.event()
                + "\" are defined twice, by "
                + other.name()
                + " and "
                + event.name());
      }
    }
    return events;
  }

  // A source that is misspelled would silently change whose word counts.
  private static void checkPrecedence(
      Collection<Definition> definitions, Catalog catalog, Set<String> models) {
    Set<String> sources = new TreeSet<>(Set.of(Sources.EVENTS, Sources.CONTEXT));
    models.forEach(model -> sources.add("model:" + model));
    for (TraitDeclaration trait : catalog.traits().values()) {
      for (String source : trait.precedence()) {
        // Which write keys there are stands in no definition.
        if (!sources.contains(source) && !Sources.isEvents(source)) {
          Definition file =
              definitions.stream()
                  .filter(d -> d.getKind().equals("catalog"))
                  .findFirst()
                  .orElseThrow();
          throw Yaml.parse(file.getPath(), file.getYaml())
              .get("traits")
              .get(trait.name())
              .get("precedence")
              .error(
                  "there is no source \""
                      + source
                      + "\""
                      + Nearest.hint(source, sources)
                      + " (allowed: events, events:<write key's name>, context, and model:<name> of"
                      + " a defined model)");
        }
      }
    }
  }

  // An audience that the warehouse computes is one like any other, for webhooks and views too.
  private static void addComputed(
      Collection<Definition> definitions,
      Collection<ModelDefinition> models,
      Map<String, AudienceDefinition> audiences) {
    for (ModelDefinition model : models) {
      if (model instanceof AudienceModel computed
          && audiences.put(computed.name(), audience(computed)) != null) {
        throw definitions.stream()
            .filter(d -> d.getKind().equals("model") && d.getId().equals(computed.name()))
            .map(d -> Yaml.parse(d.getPath(), d.getYaml()).get("name"))
            .findFirst()
            .orElseThrow()
            .error("there is an audience \"" + computed.name() + "\" in audiences/ already");
      }
    }
  }

  // Known before any is read: audiences may ask for each other in any order.
  private static Set<String> audienceNames(
      Collection<Definition> definitions, Collection<ModelDefinition> models) {
    Set<String> names = new TreeSet<>();
    models.stream()
        .filter(AudienceModel.class::isInstance)
        .forEach(model -> names.add(model.name()));
    definitions.stream()
        .filter(d -> d.getKind().equals("audience"))
        .forEach(d -> names.add(d.getId()));
    return names;
  }

  private static void checkReferences(
      Collection<Definition> definitions, Map<String, AudienceDefinition> audiences) {
    AudienceReferences.flaw(audiences)
        .ifPresent(
            flaw -> {
              throw definitions.stream()
                  .filter(d -> d.getKind().equals("audience") && d.getId().equals(flaw.audience()))
                  .map(d -> Yaml.parse(d.getPath(), d.getYaml()).get("when"))
                  .findFirst()
                  .orElseThrow()
                  .error(flaw.message());
            });
  }

  private static AudienceDefinition audience(AudienceModel model) {
    return new AudienceDefinition(
        model.name(), "", model.consent(), new Condition.InWarehouse(model.name()));
  }

  private static <T> Map<String, T> parseKind(
      Collection<Definition> definitions,
      Map<String, String> outdated,
      String kind,
      Function<Yaml, T> parser,
      Function<T, String> name) {
    Map<String, T> parsed = new TreeMap<>();
    for (Definition definition : definitions) {
      if (!definition.getKind().equals(kind)) {
        continue;
      }
      Yaml yaml =
          Yaml.parseStored(
              definition.getPath(),
              definition.getYaml(),
              sentence -> outdated.putIfAbsent(kind + "/" + definition.getId(), sentence));
      T value = parser.apply(yaml);
      if (parsed.put(name.apply(value), value) != null) {
        throw yaml.error("the " + kind + " \"" + name.apply(value) + "\" is defined in two files");
      }
      if (parsed.size() > KIND_MAX) {
        throw yaml.error("more than " + KIND_MAX + " definitions of kind " + kind);
      }
    }
    return parsed;
  }
}
