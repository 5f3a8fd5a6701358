package dev.attune.dispatcher.fields;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.Webhooks;
import dev.attune.dispatcher.send.LocalSecrets;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.proto.v1.Delivery;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskedSenderTest {
  private static final String BODY =
      "{\"type\":\"event\",\"timestamp\":\"2026-03-01T10:00:00Z\",\"data\":{\"event\":\"Signed"
          + " Up\",\"via\":{\"namespace\":\"email\",\"value\":\"ada@example.com\"},"
          + "\"properties\":{\"email\":\"ada@example.com\",\"type\":\"x\",\"total\":1.50E+3,\"n\":null,"
          + "\"address\":{\"city\":\"Bern\",\"zip\":3000},\"friends\":[{\"email\":\"bob@example.com\","
          + "\"age\":7},{\"email\":null}]}}}";

  @TempDir Path folder;

  private final List<String> sent = new ArrayList<>();

  private Outcome send(String rules) {
    return send(rules, BODY);
  }

  private Outcome send(String rules, String body) {
    WebhookDefinition webhook =
        Webhooks.parse(
            """
            name: crm
            url: https://crm.example.com/hook
            secret: {env: SECRET}
            on: {events: {names: [Signed Up]}}
            %s
            """
                .formatted(rules));
    Sender accepting =
        new Sender() {
          @Override
          public CompletionStage<Outcome> send(WebhookDefinition to, Delivery delivery) {
            sent.add(delivery.getBody().toStringUtf8());
            return CompletableFuture.completedStage(new Outcome.Delivered(200));
          }

          @Override
          public void close() {}
        };
    Delivery delivery = Delivery.newBuilder().setBody(ByteString.copyFromUtf8(body)).build();
    return new MaskedSender(accepting, LocalSecrets.ofProcess())
        .send(webhook, delivery)
        .toCompletableFuture()
        .join();
  }

  // The other profile's id is one, too.
  @Test
  void profileId_isAlsoThatOfAMerge_andTraitsHaveRules() {
    assertThat(
            send(
                "fields: {profile_id: drop, traits.consent.marketing: drop}",
                "{\"type\":\"profile.changed\",\"data\":{\"profile_id\":\"p1\",\"merged_into\":\"p2\","
                    + "\"traits\":{\"consent.marketing\":true,\"plan\":null}}}"))
        .isEqualTo(new Outcome.Delivered(200));
    assertThat(sent)
        .containsExactly("{\"type\":\"profile.changed\",\"data\":{\"traits\":{\"plan\":null}}}");
  }

  // What a view shows are traits like those of a profile change.
  @Test
  void views_haveTheRulesOfTraits() {
    assertThat(
            send(
                "fields: {traits.plan: drop, traits.total_spent: sha256}",
                "{\"type\":\"event\",\"data\":{\"event\":\"E\"},\"view\":{\"traits\":{\"plan\":\"gold\","
                    + "\"total_spent\":null,\"city\":\"Bern\"},\"audiences\":[\"vip\"]}}"))
        .isEqualTo(new Outcome.Delivered(200));
    assertThat(sent)
        .containsExactly(
            "{\"type\":\"event\",\"data\":{\"event\":\"E\"},\"view\":{\"traits\":{"
                + "\"total_spent\":null,\"city\":\"Bern\"},\"audiences\":[\"vip\"]}}");
  }

  @Test
  void drop_leavesTheFieldOut_andEverythingElseAsItWas() {
    assertThat(send("fields: {properties.address: drop, properties.friends.email: drop}"))
        .isEqualTo(new Outcome.Delivered(200));
    assertThat(sent)
        .containsExactly(
            BODY.replace("\"address\":{\"city\":\"Bern\",\"zip\":3000},", "")
                .replace("\"email\":\"bob@example.com\",\"age\":7", "\"age\":7")
                .replace("{\"email\":null}", "{}"));
  }

  @Test
  void sha256_isThatOfTheText_ofEachLeafBelow() throws Exception {
    assertThat(send("fields: {properties.email: sha256, properties.address: sha256}"))
        .isEqualTo(new Outcome.Delivered(200));
    assertThat(sent)
        .containsExactly(
            BODY.replace(
                    "{\"email\":\"ada@example.com\"",
                    "{\"email\":\"" + sha256("ada@example.com") + "\"")
                .replace("\"Bern\"", "\"" + sha256("Bern") + "\"")
                .replace("3000", "\"" + sha256("3000") + "\""));
  }

  @Test
  void hmac_needsItsKey_andIsTheSameEachTime() throws Exception {
    Path key = folder.resolve("key");
    String rules = "fields: {via.value: hmac}\nfields_key: {file: \"" + key + "\"}";
    assertThat(send(rules))
        .isEqualTo(
            new Outcome.NotSent("the file " + key + " cannot be read (NoSuchFileException)"));
    assertThat(sent).isEmpty();

    Files.writeString(key, Webhooks.SECRET);
    assertThat(send(rules)).isEqualTo(new Outcome.Delivered(200));
    assertThat(send(rules)).isEqualTo(new Outcome.Delivered(200));
    String value = hmac("ada@example.com");
    assertThat(sent)
        .hasSize(2)
        .containsOnly(BODY.replace("\"value\":\"ada@example.com\"", "\"value\":\"" + value + "\""));
  }

  @Test
  void bodyThatDoesNotParse_isNotSent() {
    for (String body : new String[] {"", "ada@example.com", "{\"data\":{\"properties\":{"}) {
      assertThat(send("fields: {properties.email: drop}", body))
          .isEqualTo(
              new Outcome.Unsendable(
                  "the body does not parse, so that its fields cannot be masked"));
    }
    assertThat(sent).isEmpty();
  }

  @Test
  void withoutRules_theBodyIsNotTouched() {
    assertThat(send("")).isEqualTo(new Outcome.Delivered(200));
    assertThat(sent).containsExactly(BODY);
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
  }

  private static String hmac(String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    byte[] key = Base64.getDecoder().decode(Webhooks.SECRET.substring("whsec_".length()));
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return HexFormat.of().formatHex(mac.doFinal(text.getBytes(UTF_8)));
  }
}
