package dev.attune.dispatcher.render;

import dev.attune.core.webhook.OperationalEvents;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookState;
import dev.attune.proto.v1.Delivery;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Renders what webhooks are told of Attune itself: always the document, about nobody. */
public final class OperationalRenderer {
  /**
   * What stands in the place of a profile id: a webhook's operational deliveries have one order.
   */
  static final String NOBODY = "operational";

  private OperationalRenderer() {}

  /**
   * That a webhook is disabled, with an id that is the same however often it is rendered.
   *
   * @param subscriber who is told
   * @param webhook which one is disabled
   * @param state since when, and why
   */
  public static Delivery disabled(
      WebhookDefinition subscriber, String webhook, WebhookState state) {
    return delivery(
            subscriber,
            WebhookId.of(
                subscriber.name(), OperationalEvents.WEBHOOK_DISABLED, webhook, state.since()),
            webhook,
            state)
        .build();
  }

  static Delivery.Builder delivery(
      WebhookDefinition subscriber, String webhookId, String webhook, WebhookState state) {
    return Delivery.newBuilder()
        .setWebhook(subscriber.name())
        .setProfileId(NOBODY)
        .setWebhookId(webhookId)
        .setBody(Payload.disabled(webhook, state))
        .setCausedAtMicros(ChronoUnit.MICROS.between(Instant.EPOCH, state.since()))
        .setType(OperationalEvents.WEBHOOK_DISABLED)
        .setUnordered(!subscriber.ordered());
  }
}
