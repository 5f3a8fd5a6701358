package dev.attune.dispatcher.render;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.delivery.ToldOnce;
import dev.attune.dispatcher.form.Forms;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.ProfileChange;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Renders the events among the causes of profile changes. Watermarks, history and other causes are
 * passed over.
 *
 * <p>An event is addressed to the profile that is made of the identifier that brought it, whoever
 * that person is by now: so whatever is told of it, and of its copies, meets in one partition of
 * the deliveries, where {@link ToldOnce} recognises the copies.
 */
public final class EventRenderer implements Processor<byte[], byte[], byte[], byte[]> {
  /** The type of the deliveries that it renders. */
  public static final String TYPE = Payload.EVENT;

  private static final long REMEMBERED_MICROS = ToldOnce.REMEMBERED.toMillis() * 1_000;

  private final Subscriptions subscriptions;
  private final Poison poison;
  private final Runnable late;
  private final InstantSource clock;
  private ProcessorContext<byte[], byte[]> context;

  /**
   * A renderer.
   *
   * @param late told of each event that came so late that its first copy may be forgotten
   */
  @SuppressWarnings("NullAway.Init") // Streams calls init before anything else.
  public EventRenderer(
      DefinitionsSource definitions, Poison poison, Runnable late, InstantSource clock) {
    subscriptions = new Subscriptions(definitions);
    this.poison = poison;
    this.late = late;
    this.clock = clock;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (record.value() == null || !subscriptions.wantEvents()) {
      return;
    }
    ProfileChange change;
    try {
      change = ProfileChange.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      poison.bury(context, record, "the profile change does not parse");
      return;
    }
    if (!change.hasChanged()) {
      return;
    }
    for (Cause cause : change.getChanged().getCausesList()) {
      if (cause.hasEvent() && isNews(cause.getEvent())) {
        render(cause.getEvent(), cause.getTraceparent());
      }
    }
  }

  private static boolean isNews(Event event) {
    return !event.getHistorical() && !event.getReplayed();
  }

  private void render(Event event, String traceparent) {
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
              .setCausedAtMicros(
                  // What a client's clock says is in the body; latency counts from the acceptance.
                  event.getReceivedAtMicros() != 0
                      ? event.getReceivedAtMicros()
                      : event.getOccurredAtMicros())
              .setType(Payload.EVENT)
              .setUnordered(!webhook.ordered())
              .setTraceparent(traceparent)
              .build();
      context.forward(Deliveries.record(delivery, clock));
    }
  }
}
