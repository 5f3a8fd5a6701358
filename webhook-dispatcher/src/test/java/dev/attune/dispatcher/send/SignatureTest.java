package dev.attune.dispatcher.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import dev.attune.dispatcher.Webhooks;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SignatureTest {
  private static final byte[] KEY =
      Base64.getDecoder().decode(Webhooks.SECRET.substring("whsec_".length()));

  // The public vector of Standard Webhooks' own libraries.
  @Test
  void of_knownVector_isEqual() {
    assertThat(
            Signature.of(
                KEY,
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                ByteString.copyFromUtf8("{\"test\": 2432232314}")))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void of_verifiesWithTheReferenceLibrary_unlessTampered() throws Exception {
    String body = "{\"type\":\"event\",\"data\":{\"name\":\"Zoë 😀\"}}";
    long now = Instant.now().getEpochSecond();
    Map<String, List<String>> headers =
        Map.of(
            "webhook-id",
            List.of("msg_1"),
            "webhook-timestamp",
            List.of(Long.toString(now)),
            "webhook-signature",
            List.of(Signature.of(KEY, "msg_1", now, ByteString.copyFromUtf8(body))));
    Webhook verifier = new Webhook(Webhooks.SECRET);
    assertThatCode(() -> verifier.verify(body, headers)).doesNotThrowAnyException();
    assertThatThrownBy(() -> verifier.verify(body + " ", headers))
        .isInstanceOf(WebhookVerificationException.class);
  }
}
