package dev.attune.dispatcher.render;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.state.Changelogs;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.ProfileChange;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Renders the events among the causes of profile changes. Watermarks, history and other causes are
 * passed over.
 *
 * <p>A replay upstream emits an event again, and a sender may send it again, under the same id: an
 * event that was rendered in the last {@link #REMEMBERED} is not rendered again. The memory counts
 * from the rendering, by the wall clock, so that a record with a wrong time can neither slip
 * through nor make it forget. It is that of one partition: an event that comes again under a
 * profile into which its own was merged is rendered again, with the same webhook-id, and with the
 * same body unless the copy says another time.
 */
public final class EventRenderer implements Processor<byte[], byte[], byte[], byte[]> {
  /** The store of what was rendered: a digest of identifier and event id, in windows. */
  public static final String STORE = "rendered-events";

  /** Longer than the events topic keeps what could be replayed. */
  public static final Duration REMEMBERED = Duration.ofDays(8);

  private static final long REMEMBERED_MICROS = REMEMBERED.toMillis() * 1_000;
  private static final byte[] PRESENT = {1};

  private final Subscriptions subscriptions;
  private final Poison poison;
  private final Copies copies;
  private final InstantSource clock;
  private ProcessorContext<byte[], byte[]> context;
  private WindowStore<Bytes, byte[]> rendered;

  /** Who counts copies. */
  @FunctionalInterface
  public interface Copies {
    /**
     * One event that a webhook wants.
     *
     * @param recognised it was told already; else it came so late that it may have been
     */
    void met(boolean recognised);
  }

  @SuppressWarnings("NullAway.Init") // Streams calls init before anything else.
  public EventRenderer(
      DefinitionsSource definitions, Poison poison, Copies copies, InstantSource clock) {
    subscriptions = new Subscriptions(definitions);
    this.poison = poison;
    this.copies = copies;
    this.clock = clock;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    rendered = context.getStateStore(STORE);
    Changelogs.begin(
        context,
        () -> {
          Bytes nobody = Bytes.wrap(new byte[0]);
          long now = clock.millis();
          rendered.put(nobody, PRESENT, now);
          rendered.put(nobody, null, now);
        });
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
    String profileId = change.getChanged().getRecord().getProfileId();
    for (Cause cause : change.getChanged().getCausesList()) {
      if (cause.hasEvent() && !cause.getEvent().getHistorical()) {
        render(profileId, cause.getEvent(), cause.getTraceparent());
      }
    }
  }

  private void render(String profileId, Event event, String traceparent) {
    List<String> webhooks = subscriptions.toEvent(event.getName());
    if (webhooks.isEmpty()) {
      return;
    }
    if (isRendered(event)) {
      copies.met(true);
      return;
    }
    if (event.getReceivedAtMicros() - event.getOccurredAtMicros() > REMEMBERED_MICROS) {
      copies.met(false);
    }
    ByteString body = Payload.of(event);
    for (String webhook : webhooks) {
      Delivery delivery =
          Delivery.newBuilder()
              .setWebhook(webhook)
              .setProfileId(profileId)
              .setWebhookId(WebhookId.of(webhook, event))
              .setBody(body)
              .setCausedAtMicros(
                  // What a client's clock says is in the body; latency counts from the acceptance.
                  event.getReceivedAtMicros() != 0
                      ? event.getReceivedAtMicros()
                      : event.getOccurredAtMicros())
              .setType(Payload.EVENT)
              .setTraceparent(traceparent)
              .build();
      context.forward(Deliveries.record(delivery, clock));
    }
  }

  private boolean isRendered(Event event) {
    Bytes key = Bytes.wrap(WebhookId.eventKey(event));
    long now = clock.millis();
    // The future too: the clock may have been set back.
    try (var found = rendered.fetch(key, now - REMEMBERED.toMillis(), Long.MAX_VALUE)) {
      if (found.hasNext()) {
        return true;
      }
    }
    rendered.put(key, PRESENT, now);
    return false;
  }
}
