package dev.attune.dispatcher.api;

import static dev.attune.core.webhook.SigningSecret.Scheme.ED25519;
import static dev.attune.core.webhook.SigningSecret.Scheme.HMAC_SHA256;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.standardwebhooks.Webhook;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.dispatcher.TestClock;
import dev.attune.dispatcher.api.SecretEdits.Shown;
import dev.attune.dispatcher.api.WebhookEdits.Condition;
import dev.attune.dispatcher.api.WebhookEdits.Put;
import dev.attune.dispatcher.send.GeneratedSecrets;
import dev.attune.dispatcher.send.LocalSecrets;
import dev.attune.dispatcher.send.SealingKeys;
import dev.attune.dispatcher.send.Secrets;
import dev.attune.dispatcher.send.SigningKey;
import dev.attune.platform.definition.DefinitionEdits.Edit;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Definition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class WebhookEditsTest {
  private static final Condition ANY = new Condition("", "");
  private static final String BODY =
      """
      {"description": "\\"caf\\u00e9\\" \\/ # it's: {new}", "url": "https://crm.example.com/hook",
       "secret": {"env": "CRM"}, "on": {"transitions": "all"}}
      """;

  private static final String GENERATED =
      """
      {"url": "https://crm.example.com/hook", "on": {"transitions": "all"},
       "secret": {"generated": true}, "signing_key": {"generated": true}}
      """;
  private static final String KEY = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  private static final String NEW_KEY = "k2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
  private static final Map<String, String> KEYS = Map.of(SealingKeys.VARIABLE, KEY);

  private final Map<String, Definition> stored = new HashMap<>();
  private final TestClock clock = new TestClock();
  private WebhookEdits edits = edits(Map.of());
  private long version = 100;

  private WebhookEdits edits(Map<String, String> environment) {
    return new WebhookEdits(new SecretEdits(SealingKeys.of(environment), clock));
  }

  private Put put(String name, String body, Condition condition) {
    Edit<Put> edit = edits.put(stored, ++version, name, json(body), condition);
    Map<String, Definition> result = new HashMap<>(stored);
    result.putAll(edit.write());
    assertThat(edit.remove()).isEmpty();
    Definitions.parse(result.values());
    stored.putAll(edit.write());
    return edit.result();
  }

  private static JsonNode json(String body) {
    return Json.parse(body.getBytes(StandardCharsets.UTF_8));
  }

  private Definition of(String name) {
    return Objects.requireNonNull(stored.get("webhook/" + name));
  }

  private void ofFiles(String name) {
    stored.put(
        "webhook/" + name,
        Definition.newBuilder()
            .setKind("webhook")
            .setId(name)
            .setVersion(7)
            .setPath("webhooks/" + name + ".yaml")
            .setYaml("name: " + name + "\n" + BODY)
            .build());
  }

  @Test
  void put_definesWhatAFileWould_andTheSameAgainChangesNothing() {
    assertThat(put("crm", BODY, ANY)).isEqualTo(new Put(101, true, List.of()));
    assertThat(of("crm").getOwner()).isEqualTo("api");
    Definitions defined = Definitions.parse(stored.values());
    assertThat(defined.webhooksOfApi()).containsExactly("crm");
    assertThat(defined.webhooks().get("crm")).isNotNull();
    assertThat(put("crm", BODY, ANY)).isEqualTo(new Put(101, false, List.of()));
    assertThat(put("crm", BODY.replace("CRM", "CRM_2"), ANY))
        .isEqualTo(new Put(103, false, List.of()));
  }

  @Test
  void put_ofAnotherVersionThanIsMatched_isRefused() {
    Put first = put("crm", BODY, new Condition("", "*"));
    assertThat(first.created()).isTrue();
    assertRefused(412, () -> put("crm", BODY, new Condition("", "*")));
    assertRefused(412, () -> put("crm", BODY, new Condition("\"7\"", "")));
    assertRefused(412, () -> put("other", BODY, new Condition("*", "")));
    assertRefused(400, () -> put("other", BODY, new Condition("", "\"7\"")));
    String changed = BODY.replace("CRM", "CRM_2");
    assertThat(put("crm", changed, new Condition("\"101\"", "")).created()).isFalse();
    assertRefused(412, () -> WebhookEdits.delete(stored, "crm", new Condition("\"101\"", "")));
  }

  @Test
  void whatFilesDefine_isNotTouched() {
    ofFiles("crm");
    assertRefused(409, () -> put("crm", BODY, ANY))
        .hasMessage("the webhook is defined in webhooks/crm.yaml: change it there, and apply it");
    assertRefused(409, () -> WebhookEdits.delete(stored, "crm", ANY));
    assertThat(of("crm").getOwner()).isEmpty();
  }

  @Test
  void delete_takesWhatWasSaidOfIt_too() {
    put("crm", BODY, ANY);
    stored.put("webhook-state/crm", Definition.getDefaultInstance());
    stored.put("webhook-state/other", Definition.getDefaultInstance());
    assertThat(WebhookEdits.delete(stored, "crm", ANY).remove())
        .containsExactlyInAnyOrder("webhook/crm", "webhook-state/crm");
    assertRefused(404, () -> WebhookEdits.delete(stored, "crn", ANY))
        .hasMessage("there is no such webhook; did you mean \"crm\"?");
  }

  @Test
  void body_thatIsNone_isRefused() {
    assertRefused(400, () -> put("crm", "[]", ANY)).hasMessage("the body is not an object");
    assertRefused(400, () -> put("crm", "{\"name\": \"other\"}", ANY))
        .hasMessage("the name in the body is another one than that in the path");
  }

  // Shown once, and nowhere else; what is signed afterwards fits what was shown.
  @Test
  void put_ofGeneratedSecrets_generatesThem_andShowsThemOnce() throws Exception {
    assertRefused(409, () -> put("crm", GENERATED, ANY))
        .hasMessageStartingWith("no secret is generated without a key to keep it with");
    assertThat(stored).isEmpty();
    edits = edits(KEYS);
    Put put = put("crm", GENERATED, ANY);
    assertThat(put.shown()).extracting(Shown::scheme).containsExactly(HMAC_SHA256, ED25519);
    String secret = put.shown().getFirst().shown();
    assertThat(secret).startsWith("whsec_").hasSize(6 + 44);
    assertThat(put.shown().getLast().shown()).startsWith("whpk_");
    assertThat(put.toString()).doesNotContain(secret);
    assertThat(stored.toString()).doesNotContain(secret.substring(6, 20));
    assertThat(put("crm", GENERATED, ANY).shown()).isEmpty();
    assertThat(signatures()).hasSize(2).contains(signedWith(secret));
  }

  @Test
  void rotate_signsWithBoth_untilTheOverlapEnds() throws Exception {
    edits = edits(KEYS);
    String before = put("crm", GENERATED, ANY).shown().getFirst().shown();
    // Another key was put first: the old secret is opened with the old one.
    edits = edits(Map.of(SealingKeys.VARIABLE, NEW_KEY + "," + KEY));
    String after = rotate(Duration.ofHours(1)).getFirst().shown();
    assertThat(after).isNotEqualTo(before);
    assertThat(signatures()).hasSize(4).startsWith(signedWith(after)).contains(signedWith(before));
    clock.advance(Duration.ofHours(1));
    assertThat(signatures()).hasSize(2).contains(signedWith(after));
    String third = rotate(Duration.ZERO).getFirst().shown();
    assertThat(signatures()).hasSize(2).contains(signedWith(third));
  }

  @Test
  void rotate_tooOften_orOfWhatIsNotGenerated_isRefused() {
    edits = edits(KEYS);
    put("crm", GENERATED, ANY);
    rotate(Duration.ofDays(1));
    rotate(Duration.ofDays(1));
    assertRefused(409, () -> rotate(Duration.ofDays(1)))
        .hasMessageStartingWith("the webhook has 3 secrets in use already");
    rotate(Duration.ZERO);
    put("crm", BODY, ANY);
    assertRefused(409, () -> rotate(Duration.ZERO))
        .hasMessageStartingWith("the definition of the webhook says where its secrets are");
    stored.clear();
    assertRefused(404, () -> rotate(Duration.ZERO));
  }

  private List<Shown> rotate(Duration overlap) {
    Edit<List<Shown>> edit = edits.rotate(stored, ++version, "crm", overlap);
    stored.putAll(edit.write());
    return edit.result();
  }

  // Of one message, by the definitions as they are stored now, in a process that has both keys.
  private List<String> signatures() throws Exception {
    Definitions current = Definitions.parse(stored.values());
    Secrets secrets =
        new GeneratedSecrets(
            LocalSecrets.ofProcess(),
            DefinitionsSource.fixed(current),
            SealingKeys.of(Map.of(SealingKeys.VARIABLE, NEW_KEY + "," + KEY)));
    List<String> signatures = new ArrayList<>();
    for (SigningSecret secret : Objects.requireNonNull(current.webhooks().get("crm")).signing()) {
      for (SigningKey key : secrets.keys(secret, clock.instant())) {
        signatures.add(key.sign("m", 1, ByteString.copyFromUtf8("{}")));
      }
    }
    return signatures;
  }

  private static String signedWith(String secret) throws Exception {
    return new Webhook(secret).sign("m", 1, "{}");
  }

  // As of a file, with its place.
  @Test
  void definition_thatAFileCouldNotHold_isRefused() {
    assertThatThrownBy(() -> put("crm", BODY.replace("\"on\"", "\"no\""), ANY))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("webhooks/crm (API):")
        .hasMessageContaining("unknown key \"no\"; did you mean \"on\"?");
    assertThatThrownBy(() -> put("CRM", BODY, ANY))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("\"CRM\" is not a name");
    assertThatThrownBy(() -> put("crm", BODY.replace("{\"env\": \"CRM\"}", "\"whsec_abc\""), ANY))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("the secret itself must not stand in a definition")
        .hasMessageNotContaining("whsec_abc");
    assertThat(stored).isEmpty();
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      int status, ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HttpProblem.class, problem -> assertThat(problem.status()).isEqualTo(status));
  }
}
