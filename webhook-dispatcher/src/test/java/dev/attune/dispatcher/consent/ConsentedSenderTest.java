package dev.attune.dispatcher.consent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.webhook.Consents;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.Webhooks;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.proto.v1.Delivery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class ConsentedSenderTest {
  private static final Delivery DELIVERY =
      Delivery.newBuilder().setWebhook("crm").setProfileId("p1").setWebhookId("msg_1").build();

  private final List<Delivery> sent = new ArrayList<>();

  private static WebhookDefinition webhook(String line) {
    return Webhooks.parse(
        """
        name: crm
        url: https://crm.example.com/hook
        secret: {env: SECRET}
        on: {transitions: all}
        %s
        """
            .formatted(line));
  }

  private Outcome send(WebhookDefinition webhook, Consents consents) {
    Sender accepting =
        new Sender() {
          @Override
          public CompletionStage<Outcome> send(WebhookDefinition to, Delivery delivery) {
            sent.add(delivery);
            return CompletableFuture.completedStage(new Outcome.Delivered(200));
          }

          @Override
          public void close() {}
        };
    return new ConsentedSender(accepting, consents)
        .send(webhook, DELIVERY)
        .toCompletableFuture()
        .join();
  }

  @Test
  void send_withConsent_isSent() {
    assertThat(
            send(
                webhook("consent: marketing"),
                (delivery, purpose, _) -> {
                  assertThat(delivery).isEqualTo(DELIVERY);
                  assertThat(purpose).isEqualTo("marketing");
                  return CompletableFuture.completedStage(true);
                }))
        .isEqualTo(new Outcome.Delivered(200));
    assertThat(sent).containsExactly(DELIVERY);
  }

  @Test
  void send_withoutConsent_isBlocked() {
    assertThat(
            send(
                webhook("consent: marketing"),
                (_, _, _) -> CompletableFuture.completedStage(false)))
        .isEqualTo(new Outcome.Blocked("no consent to marketing"));
    assertThat(sent).isEmpty();
  }

  // A store that is away must not decide that somebody consents, nor that they do not.
  @Test
  void send_whenNobodyCanTell_waits() {
    Outcome waits = new Outcome.NotSent("whether people consent could not be asked");
    assertThat(
            send(
                webhook("consent: marketing"),
                (_, _, _) -> CompletableFuture.failedStage(new IllegalStateException("away"))))
        .isEqualTo(waits);
    assertThat(
            send(
                webhook("consent: marketing"),
                (_, _, _) -> {
                  throw new IllegalStateException("closed");
                }))
        .isEqualTo(waits);
    assertThat(sent).isEmpty();
  }

  @Test
  void send_toAWebhookThatAsksForNone_asksNobody() {
    assertThat(
            send(
                webhook(""),
                (_, _, _) -> {
                  throw new AssertionError("nobody is to be asked");
                }))
        .isEqualTo(new Outcome.Delivered(200));
  }
}
