package dev.attune.core.webhook;

import static dev.attune.core.webhook.SigningSecret.Scheme.ED25519;
import static dev.attune.core.webhook.SigningSecret.Scheme.HMAC_SHA256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.audience.PropertyExpression;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.attune.core.view.ViewDefinition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueObject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookDefinitionTest {
  private static final ViewDefinition VIEW =
      new ViewDefinition(
          "product-page",
          1,
          "",
          List.of(new ViewDefinition.ViewTrait("plan", ViewDefinition.ANY_AGE)),
          false,
          Set.of(),
          false,
          ViewDefinition.ANY_AGE);
  private static final Set<String> AUDIENCES = Set.of("vip", "frequent-buyers");
  private static final PropertyExpression LARGE =
      PropertyExpression.parse(Yaml.parse("where", "properties.total > 100"));

  @Test
  void parse_everyKey_isRead() {
    assertThat(
            parse(
                """
                name: crm
                description: The sales team's CRM.
                url: https://crm.example.com:8443/hooks/attune?tenant=1
                secret: {env: CRM_WEBHOOK_SECRET}
                signing_key: {env: CRM_SIGNING_KEY}
                previous:
                  until: 2026-12-24
                  secret: {env: CRM_BEFORE}
                  signing_key: {file: keys/before}
                on:
                  transitions: {audiences: [frequent-buyers, vip], tags: [lifecycle]}
                  events: {names: [Order Completed], where: properties.total > 100}
                  traits: [plan]
                payload: cloudevents
                headers: {X-Tenant: acme}
                order: none
                states: every
                consent: marketing
                fields: {properties.email: hmac, via.value: drop}
                fields_key: {env: CRM_FIELDS_KEY}
                rate_limit: 50
                concurrency: 8
                tls: {certificate: {file: crm.pem}, key: {env: CRM_KEY}, authorities: {file: ca.pem}}
                timeout: 2500ms
                hold_above: 30%
                """))
        .isEqualTo(
            new WebhookDefinition(
                "crm",
                URI.create("https://crm.example.com:8443/hooks/attune?tenant=1"),
                List.of(
                    new SigningSecret(HMAC_SHA256, env("CRM_WEBHOOK_SECRET")),
                    new SigningSecret(ED25519, env("CRM_SIGNING_KEY")),
                    new SigningSecret(
                        HMAC_SHA256, env("CRM_BEFORE"), Instant.parse("2026-12-24T00:00:00Z")),
                    new SigningSecret(
                        ED25519,
                        new SecretReference.File("keys/before"),
                        Instant.parse("2026-12-24T00:00:00Z"))),
                new TransitionFilter.Named(Set.of("vip", "frequent-buyers"), Set.of("lifecycle")),
                new EventFilter(Set.of("Order Completed"), Optional.of(LARGE)),
                Set.of("plan"),
                PayloadForm.Named.CLOUDEVENTS,
                Set.of(),
                Map.of("X-Tenant", "acme"),
                false,
                false,
                "marketing",
                new FieldRules(
                    Map.of(
                        "properties.email",
                        FieldRules.Rule.HMAC,
                        "via.value",
                        FieldRules.Rule.DROP),
                    Optional.of(env("CRM_FIELDS_KEY"))),
                new Pace(50, 8),
                new EndpointTls(
                    Optional.of(new SecretReference.File("crm.pem")),
                    Optional.of(env("CRM_KEY")),
                    Optional.of(new SecretReference.File("ca.pem"))),
                Duration.ofMillis(2_500),
                Optional.of(new FlipLimit(0.3))));
  }

  @Test
  void parse_theLeast_hasDefaults() {
    WebhookDefinition webhook =
        parse(
            """
            name: crm
            url: http://127.0.0.1:18080/hook
            secret: {file: secrets/crm}
            on: {transitions: all}
            """);
    assertThat(webhook.timeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(webhook.pace()).isEqualTo(new Pace(Pace.UNLIMITED, 32));
    assertThat(webhook.signing())
        .containsExactly(new SigningSecret(HMAC_SHA256, new SecretReference.File("secrets/crm")));
    assertThat(webhook.transitions().wants("an audience of tomorrow", Set.of())).isTrue();
    assertThat(webhook.events()).isEqualTo(EventFilter.NONE);
    assertThat(webhook.headers()).isEmpty();
    assertThat(webhook.payload()).isEqualTo(PayloadForm.Named.DOCUMENT);
    assertThat(webhook.ordered()).isTrue();
    assertThat(webhook.latest()).isFalse();
    assertThat(parse(line("states", "latest")).latest()).isTrue();
    assertThat(webhook.requiresConsent()).isFalse();
    assertThat(webhook.fields()).isEqualTo(FieldRules.NONE);
  }

  @Test
  void transitions_notNamed_areNotWanted() {
    WebhookDefinition webhook = parse(line("on", "{events: {names: [Order Completed]}}"));
    assertThat(webhook.transitions().wants("vip", Set.of("lifecycle"))).isFalse();
  }

  @Test
  void transitions_byTag_areThoseOfTheAudiencesThatHaveIt() {
    TransitionFilter filter =
        parse(line("on", "{transitions: {audiences: [vip], tags: [lifecycle]}}")).transitions();
    assertThat(filter.wants("vip", Set.of())).isTrue();
    assertThat(filter.wants("frequent-buyers", Set.of("sales", "lifecycle"))).isTrue();
    assertThat(filter.wants("frequent-buyers", Set.of("sales"))).isFalse();
    assertThat(filter.wants("frequent-buyers", Set.of())).isFalse();
  }

  @Test
  void events_withWhere_areThoseWhosePropertiesFit() {
    EventFilter filter =
        parse(line("on", "{events: {names: [Order Completed], where: properties.total > 100}}"))
            .events();
    assertThat(filter.fits(order(100.5))).isTrue();
    assertThat(filter.fits(order(100))).isFalse();
    assertThat(filter.fits(Event.getDefaultInstance())).as("an order without total").isFalse();
  }

  private static Event order(double total) {
    return Event.newBuilder()
        .setProperties(
            Value.newBuilder()
                .setObject(
                    ValueObject.newBuilder()
                        .addEntries(
                            ValueEntry.newBuilder()
                                .setKey("total")
                                .setValue(Value.newBuilder().setNumber(total)))))
        .build();
  }

  // Each of them would change the request, or hide what else is wrong.
  @Test
  void headers_thatCannotBe_areRefused() {
    String value =
        "not a header's value (allowed: 1 to 1024 visible characters of ASCII, spaces between"
            + " them)";
    Map<String, String> refused = new LinkedHashMap<>();
    refused.put("{X: \"a\\r\\nHost: b\"}", value);
    refused.put("{X: \"a\\nb\"}", value);
    refused.put("{X: \"a\\0\"}", value);
    refused.put("{X: \" a\"}", value);
    refused.put("{X: ''}", value);
    refused.put("{X: é}", value);
    refused.put("{X: " + "a".repeat(1_025) + "}", value);
    String name = "not a header's name (allowed: letters, digits and !#$%&'*+.^_`|~-, at most 100)";
    refused.put("{\"X: a\\r\\nY\": b}", name);
    refused.put("{X Y: b}", name);
    refused.put("{'': b}", name);
    for (String own :
        List.of("Webhook-Id", "HOST", "Content-Length", "transfer-encoding", "attune-replay")) {
      refused.put("{" + own + ": a}", "the header \"" + own + "\" is the dispatcher's own");
    }
    refused.put(
        "{Authorization: Bearer x}",
        "the header \"Authorization\" would hold a secret, which must not stand in a definition");
    refused.put("{X-A: a, x-a: b}", "the header \"x-a\" stands twice");
    refused.put("{}", "expected 1 to 20 headers, found 0");
    refused.forEach(
        (headers, message) ->
            assertThatThrownBy(() -> parse(line("headers", headers)))
                .as(headers)
                .isInstanceOf(DefinitionException.class)
                .hasMessageStartingWith("webhooks/crm.yaml:6:")
                .hasMessageEndingWith(message));
  }

  @Test
  void headers_areKeptAsTheyStand() {
    assertThat(parse(line("headers", "{X-Tenant: acme corp, accept: '*/*'}")).headers())
        .containsExactlyInAnyOrderEntriesOf(Map.of("X-Tenant", "acme corp", "accept", "*/*"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          url     | ftp://crm.example.com/        | webhooks/crm.yaml:2:6: the url must begin with https:// (or http://, to an allowed address)
          url     | crm.example.com/hook          | webhooks/crm.yaml:2:6: the url must begin with https:// (or http://, to an allowed address)
          url     | https://me:pw@crm.example.com | webhooks/crm.yaml:2:6: the url must not hold a user name or password
          url     | https://me@bad_host/          | webhooks/crm.yaml:2:6: the url must not hold a user name or password
          url     | https://bad_host/             | webhooks/crm.yaml:2:6: the url has no valid host (allowed: a DNS name or an IP address)
          url     | https:///hook                 | webhooks/crm.yaml:2:6: the url has no valid host (allowed: a DNS name or an IP address)
          url     | https://crm.example.com/#top  | webhooks/crm.yaml:2:6: the url must not have a fragment (#...)
          url     | https://crm.example.com:0/    | webhooks/crm.yaml:2:6: the url's port is not from 1 to 65535
          url     | https://crm.example.com:70000 | webhooks/crm.yaml:2:6: the url's port is not from 1 to 65535
          url     | "https://crm.example.com/a b" | webhooks/crm.yaml:2:6: the url is not a valid URL: Illegal character in path
          secret  | whsec_c2VjcmV0                | webhooks/crm.yaml:3:9: the secret itself must not stand in a definition; say where it is (allowed: {env: VARIABLE} or {file: PATH})
          secret  | {env: whsec_c2VjcmV0}         | webhooks/crm.yaml:3:15: not the name of an environment variable (allowed: letters, digits and _, at most 128)
          secret  | {file: whsec_c2VjcmV0}        | webhooks/crm.yaml:3:16: the secret itself must not stand in a definition; say where it is (allowed: {env: VARIABLE} or {file: PATH})
          secret  | {}                            | webhooks/crm.yaml:3:9: the secret is in one place (allowed: {env: VARIABLE} or {file: PATH})
          secret  | {env: A, file: b}             | webhooks/crm.yaml:3:9: the secret is in one place (allowed: {env: VARIABLE} or {file: PATH})
          secret  | {environment: A}              | webhooks/crm.yaml:3:10: unknown key "environment" (allowed: env, file)
          secret  | whsk_c2VjcmV0                 | webhooks/crm.yaml:3:9: the secret itself must not stand in a definition; say where it is (allowed: {env: VARIABLE} or {file: PATH})
          signing_key | {env: whsk_c2VjcmV0}      | webhooks/crm.yaml:6:20: not the name of an environment variable (allowed: letters, digits and _, at most 128)
          signing_key | {file: whsk_c2VjcmV0}     | webhooks/crm.yaml:6:21: the secret itself must not stand in a definition; say where it is (allowed: {env: VARIABLE} or {file: PATH})
          previous | {secret: {env: A}}           | webhooks/crm.yaml:6:11: the key "until" is missing
          previous | {until: 2026-12-24}          | webhooks/crm.yaml:6:11: expected "secret", "signing_key" or both beside "until"
          previous | {until: soon, secret: {env: A}} | webhooks/crm.yaml:6:19: "soon" is no date (allowed: one from 1970 to 9999, e.g. 2026-01-31, which begins at midnight UTC, or 2026-01-31T09:00:00+01:00)
          previous | {until: 2026-12-24, secret: {env: CRM_WEBHOOK_SECRET}} | webhooks/crm.yaml:6:11: the previous secret is where the present one is
          on      | {}                            | webhooks/crm.yaml:4:5: a webhook without transitions, events, traits and operational events would never be called
          on      | {transition: all}             | webhooks/crm.yaml:4:6: unknown key "transition"; did you mean "transitions"? (allowed: transitions, events, traits, operational)
          on      | {traits: [plna]}              | webhooks/crm.yaml:4:15: the catalog has no trait "plna"; did you mean "plan"?
          on      | {traits: []}                  | webhooks/crm.yaml:4:14: expected 1 to 1000 names, found 0
          on      | {traits: [plan, plan]}        | webhooks/crm.yaml:4:21: the trait "plan" stands twice
          on      | {operational: [webhook.disable]} | webhooks/crm.yaml:4:20: there is no operational event "webhook.disable"; did you mean "webhook.disabled"? (allowed: webhook.disabled)
          on      | {transitions: every}          | webhooks/crm.yaml:4:19: expected "all", {audiences: [...]} or {tags: [...]}
          on      | {transitions: [vip]}          | webhooks/crm.yaml:4:19: expected "all", {audiences: [...]} or {tags: [...]}
          on      | {transitions: {}}             | webhooks/crm.yaml:4:19: expected "audiences", "tags" or both
          on      | {transitions: {tags: [lifecicle]}} | webhooks/crm.yaml:4:27: no audience has the tag "lifecicle"; did you mean "lifecycle"?
          on      | {transitions: {audiences: [vpi]}}  | webhooks/crm.yaml:4:32: there is no audience "vpi"; did you mean "vip"?
          on      | {transitions: {audiences: []}}     | webhooks/crm.yaml:4:31: expected 1 to 1000 names, found 0
          on      | {transitions: {audiences: [vip, vip]}} | webhooks/crm.yaml:4:37: the audience "vip" stands twice
          on      | {events: all}                 | webhooks/crm.yaml:4:14: expected a mapping, found "all"
          on      | {events: {names: [a, a]}}     | webhooks/crm.yaml:4:26: the event "a" stands twice
          on      | {events: {names: [""]}}       | webhooks/crm.yaml:4:23: an event's name has 1 to 256 characters
          on      | {events: {names: [a], where: total > 1}} | webhooks/crm.yaml:4:34: at 1:1 of the expression: undeclared reference to 'total' (in container '') (write properties.total)
          fields  | {event_id: drop}              | webhooks/crm.yaml:6:20: there is no such field (allowed: profile_id, via.value, properties, properties.NAME, traits and traits.NAME)
          fields  | {properties.email: md5}       | webhooks/crm.yaml:6:28: "md5" is not allowed (allowed: drop, sha256, hmac)
          fields  | {properties.email: hmac}      | webhooks/crm.yaml:1:1: "fields_key" stands beside fields with "hmac", and only there
          fields  | {}                            | webhooks/crm.yaml:6:9: expected 1 to 200 fields, found 0
          fields_key | {env: A}                   | webhooks/crm.yaml:1:1: "fields_key" stands beside fields with "hmac", and only there
          payload | xml                           | webhooks/crm.yaml:6:10: expected one of document, cloudevents, segment-track, segment-identify, or {template: ...}
          payload | [cloudevents]                 | webhooks/crm.yaml:6:10: expected one of document, cloudevents, segment-track, segment-identify, or {template: ...}
          payload | {templat: {}}                 | webhooks/crm.yaml:6:11: unknown key "templat"; did you mean "template"? (allowed: view, template)
          payload | {template: "{{data.at}}"}     | webhooks/crm.yaml:6:21: a template is a mapping or a list
          payload | {template: {a: ["{{data.audiense}}"]}} | webhooks/crm.yaml:6:26: there is no field "data.audiense" in what this webhook is told; did you mean "data.audience"? (allowed: data, data.at, data.audience, data.complete_from, data.definition_version, data.evidence, data.profile_id, data.reason, data.valid_until, id, timestamp, type, webhook)
          payload | {template: {a: "{{view.traits.plan}}"}} | webhooks/crm.yaml:6:25: there is no field "view.traits.plan" in what this webhook is told (allowed: data, data.at, data.audience, data.complete_from, data.definition_version, data.evidence, data.profile_id, data.reason, data.valid_until, id, timestamp, type, webhook)
          payload | {view: product-pages, template: {a: b}} | webhooks/crm.yaml:6:17: there is no view "product-pages"; did you mean "product-page"?
          payload | {view: product-page}          | webhooks/crm.yaml:6:10: the key "template" is missing
          payload | {view: product-page, template: {a: "{{view.traits.plam}}"}} | webhooks/crm.yaml:6:45: there is no field "view.traits.plam" in what this webhook is told; did you mean "view.traits.plan"? (allowed: data, data.at, data.audience, data.complete_from, data.definition_version, data.evidence, data.profile_id, data.reason, data.valid_until, id, timestamp, type, view, view.audiences, view.traits, view.traits.plan, webhook)
          payload | {template: {a: "{{id}} {{}}"}} | webhooks/crm.yaml:6:25: "{{" begins a place for a value (expected: e.g. {{data.profile_id}})
          payload | {template: {a: "{{id"}}       | webhooks/crm.yaml:6:25: "{{" begins a place for a value (expected: e.g. {{data.profile_id}})
          payload | {template: {"{{id}}": 1}}     | webhooks/crm.yaml:6:32: a name cannot have a place for a value in it
          payload | {template: {a: 1e999}}        | webhooks/crm.yaml:6:25: readers of JSON would round this number (allowed: the same in quotes)
          payload | {template: {a: 9007199254740993}} | webhooks/crm.yaml:6:25: readers of JSON would round this number (allowed: the same in quotes)
          order   | fifo                          | webhooks/crm.yaml:6:8: "fifo" is not allowed (allowed: profile, none)
          states  | newest                        | webhooks/crm.yaml:6:9: "newest" is not allowed (allowed: every, latest)
          rate_limit | 0                          | webhooks/crm.yaml:6:13: "0" is not a whole number from 1 to 10000
          rate_limit | 50/s                       | webhooks/crm.yaml:6:13: "50/s" is not a whole number from 1 to 10000
          concurrency | 129                       | webhooks/crm.yaml:6:14: "129" is not a whole number from 1 to 128
          tls     | {certificate: {file: a}}      | webhooks/crm.yaml:6:6: a certificate needs its key, and a key its certificate
          tls     | {key: {file: a}}              | webhooks/crm.yaml:6:6: a certificate needs its key, and a key its certificate
          tls     | {}                            | webhooks/crm.yaml:6:6: expected a certificate and its key, or authorities, or all of them
          tls     | {ca: {file: a}}               | webhooks/crm.yaml:6:7: unknown key "ca" (allowed: certificate, key, authorities)
          timeout | 31s                           | webhooks/crm.yaml:5:10: "31s" is out of bounds (allowed: 100ms to 30s)
          timeout | 10                            | webhooks/crm.yaml:5:10: "10" is not a duration (allowed: e.g. 250ms, 30s, 15m, 12h, 30d)
          retries | 3                             | webhooks/crm.yaml:6:1: unknown key "retries" (allowed: name, description, url, secret, signing_key, previous, on, payload, headers, order, states, consent, fields, fields_key, rate_limit, concurrency, tls, timeout, hold_above)
          signing_key | {generated: false}        | webhooks/crm.yaml:6:14: the secret is in no place (allowed: generated: true)
          signing_key | {generated: true, env: A} | webhooks/crm.yaml:6:32: unknown key "env" (allowed: generated)
          fields_key | {generated: true}          | webhooks/crm.yaml:6:14: unknown key "generated" (allowed: env, file)
          hold_above | 0%                         | webhooks/crm.yaml:6:13: expected a share of an audience such as 30% (more than 0%, at most 1000%), or never
          hold_above | 1001%                      | webhooks/crm.yaml:6:13: expected a share of an audience such as 30% (more than 0%, at most 1000%), or never
          hold_above | half                       | webhooks/crm.yaml:6:13: expected a share of an audience such as 30% (more than 0%, at most 1000%), or never
          """)
  void parse_mistake_isNamedWhereItStands(String key, String value, String message) {
    assertThatThrownBy(() -> parse(line(key, value)))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(message);
  }

  @Test
  void parse_unsigned_isRefused() {
    assertThatThrownBy(
            () -> parse("name: crm\nurl: https://crm.example.com\non: {transitions: all}"))
        .hasMessage(
            "webhooks/crm.yaml:1:1: a webhook is signed: it needs \"secret\" (v1), \"signing_key\""
                + " (v1a) or both");
  }

  // A template names what its webhook may be told, and no more.
  @Test
  void template_namesTheFieldsOfWhatIsWanted() {
    String property = "{template: {total: '{{data.properties.order.total}} EUR'}}";
    String events = line("on", "{events: {names: [Order Completed]}}");
    assertThat(parse(events + "payload: " + property + "\n").payload())
        .isEqualTo(
            new PayloadForm.Template(
                new PayloadTemplate(Map.of("total", "{{data.properties.order.total}} EUR")), ""));
    assertThat(
            parse(line("payload", "{view: product-page, template: {a: '{{view.traits.plan}}'}}"))
                .payload()
                .viewName())
        .isEqualTo("product-page");
    assertThatThrownBy(() -> parse(line("payload", property)))
        .hasMessageStartingWith(
            "webhooks/crm.yaml:6:29: there is no field \"data.properties.order.total\"");
    assertThatThrownBy(() -> parse(events + "payload: {template: {a: '{{data.audience}}'}}\n"))
        .hasMessageContaining("there is no field \"data.audience\"")
        .hasMessageEndingWith("webhook, data.properties.NAME)");
  }

  @Test
  void template_isBounded() {
    for (String template :
        List.of(
            "[" + "a, ".repeat(PayloadTemplate.NODES_MAX) + "b]",
            "[" + "a".repeat(PayloadTemplate.LENGTH_MAX + 1) + ", b]",
            "[".repeat(PayloadTemplate.DEPTH_MAX + 1)
                + "]".repeat(PayloadTemplate.DEPTH_MAX + 1))) {
      assertThatThrownBy(() -> parse(line("payload", "{template: " + template + "}")))
          .hasMessageContaining(
              "the template is too large (allowed: 1000 values, 16384 characters, 20 levels)");
    }
  }

  // Without it Segment's destinations would take the call for nobody's, or refuse it.
  @Test
  void segment_needsWhomItIsAbout() {
    String segment = line("payload", "segment-identify");
    assertThatThrownBy(() -> parse(segment + "fields: {profile_id: drop}\n"))
        .hasMessage(
            "webhooks/crm.yaml:6:10: a Segment call says whom it is about: \"fields\" cannot drop"
                + " profile_id (allowed: sha256, hmac)");
    assertThat(parse(segment + "fields: {profile_id: sha256}\n").payload())
        .isEqualTo(PayloadForm.Named.SEGMENT_IDENTIFY);
  }

  @Test
  void states_latestWithoutAnOrder_isRefused() {
    assertThatThrownBy(() -> parse(line("states", "latest") + "order: none\n"))
        .hasMessage(
            "webhooks/crm.yaml:6:9: \"latest\" needs an order to tell the latest by: \"order:"
                + " none\" has none");
  }

  private static SecretReference env(String variable) {
    return new SecretReference.Environment(variable);
  }

  // A valid file with one line replaced, or added at its end.
  private static String line(String key, String value) {
    String valid =
        """
        name: crm
        url: https://crm.example.com/hook
        secret: {env: CRM_WEBHOOK_SECRET}
        on: {transitions: all}
        timeout: 5s
        """;
    String replaced = valid.replaceFirst("(?m)^" + key + ": .*$", key + ": " + value);
    return replaced.equals(valid) ? valid + key + ": " + value + "\n" : replaced;
  }

  private static WebhookDefinition parse(String text) {
    return WebhookDefinition.parse(
        Yaml.parse("webhooks/crm.yaml", text),
        Set.of("plan"),
        AUDIENCES,
        Set.of("lifecycle"),
        Map.of("product-page", VIEW));
  }
}
