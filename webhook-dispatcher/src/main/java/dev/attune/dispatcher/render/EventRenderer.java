package dev.attune.dispatcher.render;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.delivery.ToldOnce;
import dev.attune.dispatcher.form.Forms;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Event;
import java.util.List;
import java.util.function.Consumer;

/**
 * Renders the events among the causes of profile changes. History and other causes are passed over.
 *
 * <p>An event is addressed to the profile that is made of the identifier that brought it, whoever
 * that person is by now: so whatever is told of it, and of its copies, meets in one partition of
 * the deliveries, where {@link ToldOnce} recognises the copies.
 */
final class EventRenderer {
  /** The type of the deliveries that it renders. */
  static final String TYPE = Payload.EVENT;

  private static final long REMEMBERED_MICROS = ToldOnce.REMEMBERED.toMillis() * 1_000;

  private final Subscriptions subscriptions;
  private final Runnable late;

  /**
   * @param late told of each event that came so late that its first copy may be forgotten
   */
  EventRenderer(Subscriptions subscriptions, Runnable late) {
    this.subscriptions = subscriptions;
    this.late = late;
  }

  void render(Changed change, Consumer<Delivery> forward) {
    for (Cause cause : change.getCausesList()) {
      if (cause.hasEvent() && isNews(cause.getEvent())) {
        render(cause.getEvent(), cause.getTraceparent(), forward);
      }
    }
  }

  private static boolean isNews(Event event) {
    return !event.getHistorical() && !event.getReplayed();
  }

  private void render(Event event, String traceparent, Consumer<Delivery> forward) {
    List<WebhookDefinition> webhooks = subscriptions.toEvent(event);
    if (webhooks.isEmpty()) {
      return;
    }
    if (event.getReceivedAtMicros() - event.getOccurredAtMicros() > REMEMBERED_MICROS) {
      late.run();
    }
    String profileId = ProfileIds.of(Identifier.of(event.getVia()));
    ByteString body = Payload.of(event);
    for (WebhookDefinition webhook : webhooks) {
      Delivery delivery =
          Delivery.newBuilder()
              .setWebhook(webhook.name())
              .setProfileId(profileId)
              .setAbout(event.getVia())
              .setWebhookId(WebhookId.of(webhook.name(), event))
              .setBody(body)
              .setForm(Forms.text(webhook.payload()))
              .setView(webhook.payload().viewName())
              .setCausedAtMicros(
                  // What a client's clock says is in the body; latency counts from the acceptance.
                  event.getReceivedAtMicros() != 0
                      ? event.getReceivedAtMicros()
                      : event.getOccurredAtMicros())
              .setType(Payload.EVENT)
              .setUnordered(!webhook.ordered())
              .setTraceparent(traceparent)
              .build();
      forward.accept(delivery);
    }
  }
}
