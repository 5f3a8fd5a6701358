package dev.attune.core.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.attune.core.view.ViewDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/** The JSON Schema that editors use says of a webhook what the parser says of it. */
class WebhookSchemaTest {
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
  private static final Path DOCS = Path.of("..", "docs");
  private static final String HERE = "https://attune.invalid/";
  private static final String LEAST =
      "name: crm\nurl: https://crm.example.com/hook\nsecret: {env: A}\non: {transitions: all}\n";

  private final Schema schema;

  WebhookSchemaTest() throws IOException {
    Map<String, String> texts = new HashMap<>();
    for (String file : List.of("webhook.json", "audience.json", "model-common.json")) {
      texts.put(HERE + file, Files.readString(DOCS.resolve("schemas").resolve(file)));
    }
    schema =
        SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(texts))
            .getSchema(SchemaLocation.of(HERE + "webhook.json"));
  }

  @Test
  void examplesOfTheDocumentation_areValid() throws IOException {
    String docs = Files.readString(DOCS.resolve("definitions.md"));
    String section = docs.substring(docs.indexOf("\n## Webhooks\n"), docs.indexOf("\n## Events\n"));
    List<String> examples =
        Pattern.compile("```yaml\n(name: .*?)```", Pattern.DOTALL)
            .matcher(section)
            .results()
            .map(block -> block.group(1))
            .toList();
    assertThat(examples).isNotEmpty();
    for (String example : examples) {
      assertThat(errors(example)).isEmpty();
      assertThatCode(() -> parse(example)).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "description: 3",
        "timeout: 100ms",
        "hold_above: 12.5%",
        "hold_above: never",
        "signing_key: {generated: true}",
        "on: {transitions: {tags: [lifecycle]}}",
        "on: {events: {names: [a], where: properties.total > 1}}",
        "on: {operational: [webhook.disabled]}",
        "headers: {X-Tenant: acme, Accept: '*/*', X-Number: 3}",
        "order: none",
        "consent: marketing",
        "fields: {properties.email: sha256, properties.a.b: drop, profile_id: sha256}",
        "fields: {via.value: hmac}\nfields_key: {env: K}",
        "order: profile",
        "states: every\norder: none",
        "states: latest",
        "on: {traits: [plan]}\nfields: {traits.plan: sha256, traits: drop}",
        "payload: document",
        "payload: segment-track",
        "payload: {view: product-page, template: {plan: '{{view.traits.plan}}'}}",
        "payload: {template: {who: '{{data.profile_id}}', n: [1, true, null]}}",
        "states: latest\norder: profile",
        "rate_limit: 10000",
        "concurrency: 1",
        "signing_key: {file: keys/crm}",
        "tls: {authorities: {file: ca.pem}}",
        "tls: {certificate: {file: crm.pem}, key: {env: K}}",
        "previous: {until: 2026-12-24, secret: {env: B}}",
        "previous: {until: '2026-12-24T00:00:00+01:00', signing_key: {file: b}}",
        "on: {transitions: {audiences: [vip]}, events: {names: [Order Completed, 3]}}",
        "url: http://10.1.2.3:8080",
      })
  void lines_thatAreTaken_areValid(String line) {
    String yaml = with(line);
    assertThat(errors(yaml)).isEmpty();
    assertThatCode(() -> parse(yaml)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name: C R M",
        "url: ftp://crm.example.com",
        "url: https://me@crm.example.com/",
        "url: https://crm.example.com/#top",
        "secret: whsec_c2VjcmV0",
        "secret: {env: whsec_c2VjcmV0}",
        "secret: {file: whsk_c2VjcmV0}",
        "secret: {env: A, file: b}",
        "secret: {}",
        "signing_key: {env: A-B}",
        "previous: {secret: {env: B}}",
        "previous: {until: 2026-12-24}",
        "previous: {until: soon, secret: {env: B}}",
        "previous: {until: 2026-12-24, secret: {env: B}, key: {env: C}}",
        "on: {}",
        "on: {transitions: some}",
        "on: {transitions: {audiences: []}}",
        "on: {transitions: {audiences: [vip, vip]}}",
        "on: {events: {names: ['']}}",
        "on: {events: all}",
        "on: {operational: []}",
        "on: {operational: all}",
        "on: {operational: [webhook.enabled]}",
        "on: {operational: [webhook.disabled, webhook.disabled]}",
        "on: {transitions: all, operational: [webhook.disabled]}\nconsent: marketing",
        "rate_limit: 0",
        "rate_limit: 1.5",
        "concurrency: 129",
        "on: {transitions: {}}",
        "on: {transitions: {tags: []}}",
        "headers: {}",
        "headers: {X: \"a\\nb\"}",
        "headers: {'X Y': b}",
        "headers: {webhook-id: a}",
        "headers: {Host: a}",
        "headers: {content-type: text/plain}",
        "headers: {authorization: Bearer x}",
        "order: fifo",
        "states: newest",
        "on: {traits: []}",
        "on: {traits: all}",
        "payload: xml",
        "payload: {}",
        "payload: {template: text}",
        "payload: {view: product-page}",
        "payload: {view: 3, template: {}}",
        "payload: {template: {a: 1}, content_type: text/xml}",
        "payload: segment-track\nfields: {via.value: drop}",
        "states: latest\norder: none",
        "consent: Marketing Mails",
        "fields: {}",
        "fields: {event_id: drop}",
        "fields: {properties.email: md5}",
        "fields: {via.value: hmac}",
        "fields: {via.value: drop}\nfields_key: {env: K}",
        "fields_key: {env: K}",
        "tls: {}",
        "tls: {key: {env: K}}",
        "tls: {certificate: {file: crm.pem}}",
        "tls: {authorities: ca.pem}",
        "timeout: 10",
        "timeout: 1m",
        "hold_above: 0.3",
        "signing_key: {generated: false}",
        "fields: {via.value: hmac}\nfields_key: {generated: true}",
        "previous: {until: 2026-12-24, secret: {generated: true}}",
        "retries: 3",
      })
  void lines_thatAreRefused_areNotValid(String line) {
    String yaml = with(line);
    assertThat(errors(yaml)).isNotEmpty();
    assertThatThrownBy(() -> parse(yaml)).isInstanceOf(DefinitionException.class);
  }

  @Test
  void unsigned_isNotValid() {
    assertThat(errors(LEAST.replace("secret: {env: A}\n", ""))).isNotEmpty();
    assertThat(errors(LEAST.replace("secret:", "signing_key:"))).isEmpty();
  }

  // The least there is, with one line added, or one replaced.
  private static String with(String line) {
    String key = line.replaceFirst("(?s):.*", "");
    String rest = key.isEmpty() ? LEAST : LEAST.replaceFirst("(?m)^" + key + ": .*\n", "");
    return rest + line + "\n";
  }

  private List<String> errors(String yaml) {
    Object loaded = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    return schema.validate(JsonMapper.shared().valueToTree(loaded)).stream()
        .map(String::valueOf)
        .toList();
  }

  private static WebhookDefinition parse(String yaml) {
    return WebhookDefinition.parse(
        Yaml.parse("webhooks/crm.yaml", yaml),
        Set.of("plan", "total_spent"),
        Set.of("frequent-buyers", "vip"),
        Set.of("lifecycle"),
        Map.of("product-page", VIEW));
  }
}
