package dev.attune.dispatcher.send;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.proto.v1.Delivery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactionTest {
  private static final Delivery DELIVERY =
      delivery(
          """
          {"type":"event","timestamp":"2026-03-01T10:00:00Z","data":{
            "event":"Order Completed","event_id":"order-2",
            "via":{"namespace":"user_id","value":"Zoë \\"Z\\" Ö"},
            "properties":{"city":"Bern","total":1250,"items":[{"sku":"hat-7"}],"n":1}}}
          """);

  private static Delivery delivery(String body) {
    return Delivery.newBuilder().setBody(ByteString.copyFromUtf8(body)).build();
  }

  private static String redacted(String answer) {
    return Redaction.of(answer.getBytes(UTF_8), DELIVERY);
  }

  // Endpoints say in their errors what they were sent.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          no such user Zoë "Z" Ö        | no such user [redacted]
          {"user":"Zoë \\"Z\\" Ö"}      | {"user":"[redacted]"}
          BERN is unknown               | [redacted] is unknown
          total 1250 > 1000             | total [redacted] > 1000
          no stock of hat-7             | no stock of [redacted]
          """)
  void valuesOfTheDelivery_areTakenOut(String answer, String kept) {
    assertThat(redacted(answer)).isEqualTo(kept);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          mail ada@example.com bounced     | mail [redacted] bounced
          /users?mail=ada%40example.com    | /users?mail=[redacted]
          call +41 44 668 18 00 or wait    | call [redacted] or wait
          card 4111-1111-1111-1111 refused | card [redacted] refused
          Bearer eyJhbGciOiJIUzI1NiJ9.e30  | Bearer [redacted]
          key whsec_MfKQ9r8GKYqrTwjUPD8IL  | key [redacted]
          """)
  void whatLooksLikeSomebodyOrASecret_isTakenOut(String answer, String kept) {
    assertThat(redacted(answer)).isEqualTo(kept);
  }

  @Test
  void otherWords_areKept() {
    String answer = "{\"error\": \"quota of 100 calls exceeded\",\n\t\"code\": 42}";
    assertThat(redacted(answer)).isEqualTo(answer);
    assertThat(redacted("")).isEmpty();
  }

  @Test
  void bytesThatAreNoText_areMarked() {
    assertThat(Redaction.of(new byte[] {0, 27, (byte) 0xff, 'a', '\n'}, DELIVERY))
        .isEqualTo("???a\n");
  }

  // Looking for each of a million values would take longer than the attempt.
  @Test
  void deliveryWithTooManyValues_keepsNothingOfTheAnswer() {
    StringBuilder body = new StringBuilder("{\"data\":{\"properties\":{\"list\":[1");
    for (int i = 1_000; i < 5_000; i++) {
      body.append(',').append(i);
    }
    assertThat(Redaction.of("anything".getBytes(UTF_8), delivery(body.append("]}}}").toString())))
        .isEqualTo("[redacted]");
  }
}
