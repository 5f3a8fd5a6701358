package dev.attune.core.webhook;

import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A webhook subscription, from a file of {@code definitions/webhooks/}:
 *
 * <pre>{@code
 * name: crm                                      # a-z, 0-9, _, - and ., at most 100
 * description: what it is for                    # optional
 * url: https://crm.example.com/hooks/attune      # http only to addresses that the dispatcher allows
 * secret: {env: CRM_WEBHOOK_SECRET}              # or {file: PATH}; never the secret itself
 * on:                                            # at least one of the two
 *   transitions: {audiences: [vip]}              # or: transitions: all
 *   events: {names: [Order Completed]}           # as the event's name stands, case included
 * timeout: 10s                                   # of a whole attempt; optional, 100ms to 30s
 * }</pre>
 *
 * @param url https or http, with a host, without user information and fragment
 * @param events names of the events that are wanted; may be empty
 * @param timeout of one whole attempt, from the look-up of the address to the answer
 */
public record WebhookDefinition(
    String name,
    URI url,
    SecretReference secret,
    TransitionFilter transitions,
    Set<String> events,
    Duration timeout) {
  /** When the definition names none. */
  public static final Duration TIMEOUT = Duration.ofSeconds(10);

  public static final Duration TIMEOUT_MIN = Duration.ofMillis(100);
  public static final Duration TIMEOUT_MAX = Duration.ofSeconds(30);

  /** Most audiences, and most event names, that one webhook lists. */
  public static final int NAMES_MAX = 1_000;

  private static final int URL_LENGTH_MAX = 2_048;
  private static final int EVENT_NAME_LENGTH_MAX = 256;
  private static final String SECRET_FORM = "(allowed: {env: VARIABLE} or {file: PATH})";

  public WebhookDefinition {
    events = Set.copyOf(events);
  }

  /**
   * Reads a file of {@code webhooks/}.
   *
   * @param audiences names of the defined audiences
   * @throws dev.attune.core.definition.DefinitionException that says where and what is wrong; never
   *     holds the url or a secret
   */
  public static WebhookDefinition parse(Yaml yaml, Set<String> audiences) {
    yaml.keys("name", "description", "url", "secret", "on", "timeout");
    yaml.find("description").ifPresent(Yaml::text);
    Yaml on = yaml.get("on").keys("transitions", "events");
    if (!on.has("transitions") && !on.has("events")) {
      throw on.error("a webhook without transitions and events would never be called");
    }
    return new WebhookDefinition(
        yaml.get("name").name(),
        url(yaml.get("url")),
        secret(yaml.get("secret")),
        on.find("transitions")
            .map(t -> transitions(t, audiences))
            .orElseGet(() -> new TransitionFilter.Named(Set.of())),
        on.find("events").map(WebhookDefinition::events).orElseGet(Set::of),
        yaml.find("timeout").map(t -> t.duration(TIMEOUT_MIN, TIMEOUT_MAX)).orElse(TIMEOUT));
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

  private static SecretReference secret(Yaml yaml) {
    if (!yaml.isMapping()) {
      throw yaml.error(
          "the secret itself must not stand in a definition; say where it is " + SECRET_FORM);
    }
    yaml.keys("env", "file");
    if (yaml.has("env") == yaml.has("file")) {
      throw yaml.error("the secret is in one place " + SECRET_FORM);
    }
    if (yaml.has("env")) {
      Yaml env = yaml.get("env");
      String variable = env.text();
      // What does not look like a variable may be the secret: it is not repeated.
      if (variable.startsWith("whsec_") || !variable.matches("[A-Za-z_][A-Za-z0-9_]{0,127}")) {
        throw env.error(
            "not the name of an environment variable (allowed: letters, digits and _, at most 128)");
      }
      return new SecretReference.Environment(variable);
    }
    Yaml file = yaml.get("file");
    String path = file.text();
    if (path.isBlank() || path.length() > 4_096 || path.indexOf('\0') >= 0) {
      throw file.error("not the path of a file");
    }
    if (path.startsWith("whsec_")) {
      throw file.error(
          "the secret itself must not stand in a definition; say where it is " + SECRET_FORM);
    }
    return new SecretReference.File(path);
  }

  private static TransitionFilter transitions(Yaml yaml, Set<String> known) {
    if (!yaml.isMapping()) {
      if (yaml.isSequence() || !yaml.text().equals("all")) {
        throw yaml.error("expected \"all\" or {audiences: [...]}");
      }
      return new TransitionFilter.All();
    }
    Set<String> audiences = new LinkedHashSet<>();
    for (Yaml item : names(yaml.keys("audiences").get("audiences"))) {
      String audience = item.text();
      if (!known.contains(audience)) {
        throw item.error(
            "there is no audience \"" + audience + "\"" + Nearest.hint(audience, known));
      }
      if (!audiences.add(audience)) {
        throw item.error("the audience \"" + audience + "\" stands twice");
      }
    }
    return new TransitionFilter.Named(audiences);
  }

  private static Set<String> events(Yaml yaml) {
    Set<String> names = new LinkedHashSet<>();
    for (Yaml item : names(yaml.keys("names").get("names"))) {
      String name = item.text();
      if (name.isBlank() || name.length() > EVENT_NAME_LENGTH_MAX) {
        throw item.error("an event's name has 1 to " + EVENT_NAME_LENGTH_MAX + " characters");
      }
      if (!names.add(name)) {
        throw item.error("the event \"" + name + "\" stands twice");
      }
    }
    return names;
  }

  private static List<Yaml> names(Yaml yaml) {
    List<Yaml> items = yaml.items();
    if (items.isEmpty() || items.size() > NAMES_MAX) {
      throw yaml.error("expected 1 to " + NAMES_MAX + " names, found " + items.size());
    }
    return items;
  }
}
