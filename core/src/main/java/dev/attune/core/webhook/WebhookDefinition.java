package dev.attune.core.webhook;

import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import dev.attune.core.view.ViewDefinition;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A webhook subscription, from a file of {@code definitions/webhooks/}:
 *
 * <pre>{@code
 * name: crm                                      # a-z, 0-9, _, - and ., at most 100
 * description: what it is for                    # optional
 * url: https://crm.example.com/hooks/attune      # http only to addresses that the dispatcher allows
 * secret: {env: CRM_WEBHOOK_SECRET}              # or {file: PATH} or {generated: true}; never itself
 * signing_key: {env: CRM_SIGNING_KEY}            # likewise, for v1a; at least one of the two
 * previous:                                      # optional: those that are being replaced
 *   until: 2026-12-24T00:00:00Z                  # deliveries are signed with them, too, up to then
 *   secret: {env: CRM_WEBHOOK_SECRET_BEFORE}     # and, or, signing_key
 * on:                                            # at least one of them
 *   transitions: {audiences: [vip], tags: [new]} # one of the two, or both; or: transitions: all
 *   events:
 *     names: [Order Completed]                   # as the event's name stands, case included
 *     where: properties.total >= 100             # optional: CEL, as audiences have it
 *   traits: [plan, total_spent]                  # profile changes: the state of these, when it is another one
 *   operational: [webhook.disabled]              # what happens to Attune itself; not with consent
 * payload: document                              # or cloudevents, segment-track, segment-identify, {template: ...}; beside it view: NAME
 * headers: {X-Tenant: acme}                      # optional: requests carry them, unsigned
 * order: profile                                 # or none: one person's deliveries may overtake each other
 * states: every                                  # or latest: of what waits about one audience, only the newest
 * consent: marketing                             # optional: a purpose that the person must consent to
 * fields: {properties.email: hmac}               # optional: drop, sha256 or hmac
 * fields_key: {env: CRM_FIELDS_KEY}              # with hmac; as secret
 * rate_limit: 50                                 # attempts a second; optional, 1 to 10000
 * concurrency: 8                                 # attempts at once; optional, 1 to 128
 * tls: {certificate: {file: crm.pem}, key: {env: CRM_KEY}}  # optional: how both show who they are
 * timeout: 10s                                   # of a whole attempt; optional, 100ms to 30s
 * hold_above: 30%                                # of an audience moved by one run; optional, or never
 * }</pre>
 *
 * @param url https or http, with a host, without user information and fragment
 * @param signing at least one; the present ones first
 * @param traits whose changes it is told of; none when empty
 * @param payload what the bodies look like
 * @param operational types of {@link OperationalEvents}
 * @param headers beside the dispatcher's own, by name
 * @param ordered whether a person's deliveries are sent one after the other, in their order
 * @param latest whether a state that waits is dropped when a newer one of the same person and
 *     subject comes; only where {@code ordered}
 * @param consent a purpose, asked for at every attempt; or empty
 * @param tls whose certificates are shown and believed
 * @param timeout of one whole attempt, from the look-up of the address to the answer
 * @param holdAbove when it is held; empty: as the process is set
 */
public record WebhookDefinition(
    String name,
    URI url,
    List<SigningSecret> signing,
    TransitionFilter transitions,
    EventFilter events,
    Set<String> traits,
    PayloadForm payload,
    Set<String> operational,
    Map<String, String> headers,
    boolean ordered,
    boolean latest,
    String consent,
    FieldRules fields,
    Pace pace,
    EndpointTls tls,
    Duration timeout,
    Optional<FlipLimit> holdAbove) {
  /** When the definition names none. */
  public static final Duration TIMEOUT = Duration.ofSeconds(10);

  public static final Duration TIMEOUT_MIN = Duration.ofMillis(100);
  public static final Duration TIMEOUT_MAX = Duration.ofSeconds(30);

  private static final int URL_LENGTH_MAX = 2_048;
  private static final String PER_PROFILE = "profile";
  private static final List<String> ORDERS = List.of(PER_PROFILE, "none");
  private static final String LATEST = "latest";
  private static final List<String> STATES = List.of("every", LATEST);

  public WebhookDefinition {
    signing = List.copyOf(signing);
    traits = Set.copyOf(traits);
    operational = Set.copyOf(operational);
    headers = Map.copyOf(headers);
  }

  /** True when a consent is required. */
  public boolean requiresConsent() {
    return !consent.isEmpty();
  }

  /**
   * Reads a file of {@code webhooks/}.
   *
   * @param traits names of the catalog's traits, computed ones included
   * @param audiences names of the defined audiences
   * @param tags that they have
   * @param views that are defined, by name
   * @throws dev.attune.core.definition.DefinitionException that says where and what is wrong; never
   *     holds the url or a secret
   */
  public static WebhookDefinition parse(
      Yaml yaml,
      Set<String> traits,
      Set<String> audiences,
      Set<String> tags,
      Map<String, ViewDefinition> views) {
    yaml.keys(
        "name",
        "description",
        "url",
        "secret",
        "signing_key",
        "previous",
        "on",
        "payload",
        "headers",
        "order",
        "states",
        "consent",
        "fields",
        "fields_key",
        "rate_limit",
        "concurrency",
        "tls",
        "timeout",
        "hold_above");
    yaml.find("description").ifPresent(Yaml::text);
    Yaml on = yaml.get("on").keys("transitions", "events", "traits", "operational");
    if (!on.has("transitions")
        && !on.has("events")
        && !on.has("traits")
        && !on.has("operational")) {
      throw on.error(
          "a webhook without transitions, events, traits and operational events would never be called");
    }
    boolean ordered = yaml.find("order").map(o -> o.oneOf(ORDERS).equals(PER_PROFILE)).orElse(true);
    FieldRules fields = FieldRules.parse(yaml);
    if (on.has("operational") && yaml.has("consent")) {
      throw on.get("operational")
          .error(
              "operational events are about nobody who could consent: they need a webhook without"
                  + " \"consent\"");
    }
    URI url = url(yaml.get("url"));
    return new WebhookDefinition(
        yaml.get("name").name(),
        url,
        SigningSecret.parse(yaml),
        on.find("transitions")
            .map(t -> TransitionFilter.parse(t, audiences, tags))
            .orElse(TransitionFilter.NONE),
        on.find("events").map(EventFilter::parse).orElse(EventFilter.NONE),
        on.find("traits").map(list -> traits(list, traits)).orElseGet(Set::of),
        yaml.find("payload")
            .map(p -> PayloadForm.parse(p, wanted(on), fields, views))
            .orElse(PayloadForm.Named.DOCUMENT),
        on.find("operational").map(OperationalEvents::parse).orElseGet(Set::of),
        yaml.find("headers").map(StaticHeaders::parse).orElseGet(Map::of),
        ordered,
        latest(yaml, ordered),
        yaml.find("consent").map(Yaml::name).orElse(""),
        fields,
        Pace.parse(yaml),
        EndpointTls.parse(yaml, "https".equals(url.getScheme())),
        yaml.find("timeout").map(t -> t.duration(TIMEOUT_MIN, TIMEOUT_MAX)).orElse(TIMEOUT),
        yaml.find("hold_above").map(FlipLimit::parse));
  }

  private static Set<String> traits(Yaml list, Set<String> known) {
    Set<String> names = Names.of(list, "trait");
    for (Yaml item : list.items()) {
      if (!known.contains(item.text())) {
        throw item.error(
            "the catalog has no trait \"" + item.text() + "\"" + Nearest.hint(item.text(), known));
      }
    }
    return names;
  }

  private static DocumentFields wanted(Yaml on) {
    return new DocumentFields(
        on.has("transitions"),
        on.has("events"),
        on.find("traits")
            .map(list -> list.items().stream().map(Yaml::text).toList())
            .orElseGet(List::of));
  }

  private static boolean latest(Yaml yaml, boolean ordered) {
    boolean latest = yaml.find("states").map(s -> s.oneOf(STATES).equals(LATEST)).orElse(false);
    if (latest && !ordered) {
      throw yaml.get("states")
          .error("\"latest\" needs an order to tell the latest by: \"order: none\" has none");
    }
    return latest;
  }

  // A path or a query may hold a token: the messages never show the url.
  private static URI url(Yaml yaml) {
    String text = yaml.text();
    if (text.length() > URL_LENGTH_MAX) {
      throw yaml.error("the url is longer than " + URL_LENGTH_MAX + " characters");
    }
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw yaml.error("the url is not a valid URL: " + e.getReason());
    }
    String scheme = url.getScheme();
    if (scheme == null || !(scheme.equals("https") || scheme.equals("http"))) {
      throw yaml.error("the url must begin with https:// (or http://, to an allowed address)");
    }
    if (url.getRawAuthority() != null && url.getRawAuthority().contains("@")) {
      throw yaml.error("the url must not hold a user name or password");
    }
    if (url.getHost() == null) {
      throw yaml.error("the url has no valid host (allowed: a DNS name or an IP address)");
    }
    if (url.getPort() == 0 || url.getPort() > 65_535) {
      throw yaml.error("the url's port is not from 1 to 65535");
    }
    if (url.getRawFragment() != null) {
      throw yaml.error("the url must not have a fragment (#...)");
    }
    return url;
  }
}
