package dev.attune.dispatcher.form;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.attune.dispatcher.Webhooks;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Delivery;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import java.net.URI;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FormsTest {
  private static final String ENTERED =
      """
      {"type":"audience.entered","timestamp":"2026-03-01T10:00:00Z","data":{"profile_id":"0f4a",\
      "audience":"vip","reason":"change","at":"2026-03-01T10:00:00Z","evidence":["a5c7e1d20f4b98"],\
      "definition_version":7}}""";
  private static final String EVENT =
      """
      {"type":"event","timestamp":"2026-03-01T10:00:00Z","data":{"event":"Order Completed",\
      "event_id":"order-2","occurred_at":"2026-03-01T10:00:00Z","via":{"namespace":"user_id",\
      "value":"42"},"properties":{"total":12.5,"a.b":1,"a":{"b":2,"c":3},"items":[1,"ä"],"gift":null,\
      "note":"say \\"hi\\"\\r\\nX-Evil: 1, {{id}}"}}}""";

  @Test
  void document_isSentAsItStands() throws Exception {
    Forms.Formed formed = formed("document", ENTERED);
    assertThat(formed.body()).isEqualTo(ByteString.copyFromUtf8(ENTERED));
    assertThat(formed.contentType()).isEqualTo("application/json");
  }

  // Read by the CloudEvents project's own library.
  @Test
  void cloudEvents_areReadByTheirSdk() throws Exception {
    Forms.Formed formed = formed("cloudevents", ENTERED);
    assertThat(formed.contentType()).isEqualTo(JsonFormat.CONTENT_TYPE);
    CloudEvent event = new JsonFormat().deserialize(formed.body().toByteArray());
    assertThat(event.getId()).isEqualTo("msg_1");
    assertThat(event.getSource()).isEqualTo(URI.create("/webhooks/crm"));
    assertThat(event.getType()).isEqualTo("dev.attune.audience.entered");
    assertThat(event.getSubject()).isEqualTo("0f4a");
    assertThat(event.getTime()).hasToString("2026-03-01T10:00Z");
    assertThat(event.getDataContentType()).isEqualTo("application/json");
    assertThat(Json.parse(Objects.requireNonNull(event.getData()).toBytes()))
        .isEqualTo(json(ENTERED).path("data"));
    assertThat(
            new JsonFormat()
                .deserialize(formed("cloudevents", EVENT).body().toByteArray())
                .getSubject())
        .as("an identifier is no subject: envelopes are logged")
        .isNull();
  }

  // As Segment's documentation of Engage has them.
  @Test
  void segment_audienceIsATrackOrAnIdentifyCall() throws Exception {
    String context =
        """
        {"personas":{"computation_class":"audience","computation_id":"vip",\
        "computation_key":"vip","namespace":"attune","space_id":"attune"}}""";
    assertThat(sent("segment-track", ENTERED))
        .isEqualTo(
            json(
                """
                {"type":"track","event":"Audience Entered","messageId":"msg_1","userId":"0f4a",
                 "timestamp":"2026-03-01T10:00:00Z","context":%s,
                 "properties":{"audience_key":"vip","vip":true}}"""
                    .formatted(context)));
    assertThat(sent("segment-identify", ENTERED.replace("entered", "exited")))
        .isEqualTo(
            json(
                """
                {"type":"identify","messageId":"msg_1","userId":"0f4a",
                 "timestamp":"2026-03-01T10:00:00Z","context":%s,"traits":{"vip":false}}"""
                    .formatted(context)));
  }

  @Test
  void segment_eventIsTheTrackCallThatItWas() throws Exception {
    JsonNode call = sent("segment-track", EVENT);
    assertThat(call.path("properties")).isEqualTo(json(EVENT).path("data").path("properties"));
    assertThat(call.path("messageId").asText()).isEqualTo("order-2");
    assertThat(call.path("userId").asText()).isEqualTo("42");
    assertThat(call.path("event").asText()).isEqualTo("Order Completed");
    JsonNode anonymous = sent("segment-identify", EVENT.replace("user_id", "anonymous_id"));
    assertThat(anonymous.path("anonymousId").asText()).isEqualTo("42");
    assertThat(anonymous.has("userId")).isFalse();
    JsonNode other = sent("segment-track", EVENT.replace("user_id", "email"));
    assertThat(other.path("userId").asText()).isEqualTo("email:42");
    assertThat(other.at("/context/externalIds/0/type").asText()).isEqualTo("email");
  }

  @Test
  void template_valuesKeepTheirTypes_inTextsTheyAreText() throws Exception {
    String template =
        """
        {template: {id: "{{id}}", who: "{{ webhook }}: {{data.via.value}}", total: "{{data.properties.total}}",
          text: "{{data.properties.total}} EUR", all: "{{data.properties.items}}", list: ["{{data.properties.items}}!", 1, null, true, 1.50],
          dotted: "{{data.properties.a.b}}", inner: "{{data.properties.a.c}}", gift: "{{data.properties.gift}}", none: "{{data.properties.none}}", empty: "[{{data.properties.none}}]"}}
        """;
    assertThat(sent(template, EVENT))
        .isEqualTo(
            json(
                """
                {"id":"msg_1","who":"crm: 42","total":12.5,"text":"12.5 EUR","all":[1,"ä"],
                 "list":["[1,\\"ä\\"]!",1,null,true,1.5],"dotted":1,"inner":3,"gift":null,"none":null,
                 "empty":"[]"}"""));
  }

  // Neither the shape nor the request can be changed by what somebody wrote into an event; and what
  // was filled in is not looked at for places again.
  @Test
  void template_filledWithAnything_isJsonOfItsShape() throws Exception {
    Forms.Formed formed =
        formed("{template: [\"{{data.properties.note}}\", \"<{{data.properties.note}}>\"]}", EVENT);
    assertThat(formed.body().toStringUtf8()).doesNotContain("\r").doesNotContain("\n");
    String note = "say \"hi\"\r\nX-Evil: 1, {{id}}";
    JsonNode sent = Json.parse(formed.body().toByteArray());
    assertThat(sent).hasSize(2);
    assertThat(sent.get(0).asText()).isEqualTo(note);
    assertThat(sent.get(1).asText()).isEqualTo("<" + note + ">");
  }

  @Test
  void form_ofALaterVersion_isNotSent() {
    Delivery delivery =
        Delivery.newBuilder().setForm("xml").setBody(ByteString.copyFromUtf8(ENTERED)).build();
    assertThatThrownBy(() -> Forms.of(delivery))
        .hasMessage("the form of a delivery is not known to this version");
  }

  private static JsonNode sent(String payload, String document) throws Exception {
    return Json.parse(formed(payload, document).body().toByteArray());
  }

  private static Forms.Formed formed(String payload, String document) throws Exception {
    String form =
        Forms.text(
            Webhooks.parse(
                    """
                    name: crm
                    url: https://crm.example.com/hook
                    secret: {env: SECRET}
                    on: {transitions: all, events: {names: [Order Completed]}}
                    payload: %s
                    """
                        .formatted(payload.strip()))
                .payload());
    return Forms.of(
        Delivery.newBuilder()
            .setWebhook("crm")
            .setWebhookId("msg_1")
            .setForm(form)
            .setBody(ByteString.copyFromUtf8(document))
            .build());
  }

  private static JsonNode json(String text) {
    return Json.parse(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }
}
