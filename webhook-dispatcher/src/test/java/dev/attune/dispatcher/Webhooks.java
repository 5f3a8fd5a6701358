package dev.attune.dispatcher;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Yaml;
import dev.attune.core.view.ViewDefinition;
import dev.attune.core.webhook.EndpointTls;
import dev.attune.core.webhook.EventFilter;
import dev.attune.core.webhook.FieldRules;
import dev.attune.core.webhook.Pace;
import dev.attune.core.webhook.PayloadForm;
import dev.attune.core.webhook.SecretReference;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.core.webhook.TransitionFilter;
import dev.attune.core.webhook.WebhookDefinition;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Definitions for tests. */
public final class Webhooks {
  public static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  /** Of Svix's own tests. */
  public static final String SIGNING_KEY =
      "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg"
          + "==";

  /** The view {@code page}: of the trait {@code plan} and all audiences. */
  public static final ViewDefinition VIEW =
      new ViewDefinition(
          "page",
          1,
          "",
          List.of(new ViewDefinition.ViewTrait("plan", ViewDefinition.ANY_AGE)),
          true,
          Set.of(),
          false,
          ViewDefinition.ANY_AGE);

  private Webhooks() {}

  public static WebhookDefinition webhook(String name, String url) {
    return new WebhookDefinition(
        name,
        URI.create(url),
        List.of(
            new SigningSecret(
                SigningSecret.Scheme.HMAC_SHA256, new SecretReference.Environment("SECRET"))),
        new TransitionFilter.All(),
        new EventFilter(Set.of("Order Completed"), Optional.empty()),
        Set.of(),
        PayloadForm.Named.DOCUMENT,
        Set.of(),
        Map.of(),
        true,
        false,
        "",
        FieldRules.NONE,
        Pace.DEFAULT,
        EndpointTls.PLATFORM,
        Duration.ofSeconds(10),
        Optional.empty());
  }

  public static WebhookDefinition webhook(String name) {
    return webhook(name, "https://" + name + ".example.com/hook");
  }

  /**
   * As in a file of {@code webhooks/}, where the audiences {@code vip} and {@code new} are, a tag
   * {@code lifecycle}, the traits {@code plan} and {@code total_spent}, and the {@link #VIEW}.
   */
  public static WebhookDefinition parse(String yaml) {
    return WebhookDefinition.parse(
        Yaml.parse("webhooks/test.yaml", yaml),
        Set.of("plan", "total_spent"),
        Set.of("new", "vip"),
        Set.of("lifecycle"),
        Map.of(VIEW.name(), VIEW));
  }

  public static Definitions definitions(WebhookDefinition... webhooks) {
    Map<String, WebhookDefinition> byName = new TreeMap<>();
    for (WebhookDefinition webhook : webhooks) {
      byName.put(webhook.name(), webhook);
    }
    Definitions any = new Definitions(1, 0, Catalog.DEFAULT, Map.of(), Map.of(), byName, Map.of());
    return new Definitions(
        any.version(),
        any.catalogVersion(),
        any.catalog(),
        any.models(),
        any.computed(),
        any.audiences(),
        any.webhooks(),
        Map.of(VIEW.name(), VIEW),
        any.events(),
        any.streams(),
        any.paused(),
        any.webhooksOfApi(),
        any.webhookStates(),
        any.sealedSecrets(),
        any.versions(),
        any.former(),
        any.outdated());
  }
}
