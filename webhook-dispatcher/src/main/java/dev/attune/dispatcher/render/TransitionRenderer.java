package dev.attune.dispatcher.render;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.form.Forms;
import dev.attune.dispatcher.guard.FlipGuard;
import dev.attune.dispatcher.guard.Holds;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.state.Changelogs;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Transition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Renders audience transitions. A membership that is only said again is no news and is passed over;
 * so is a transition that is not newer than the last one rendered for its profile.
 */
public final class TransitionRenderer implements Processor<byte[], byte[], byte[], byte[]> {
  /** The store of the last (generation, version) rendered, by profile id. */
  public static final String STORE = "rendered-transitions";

  private final Subscriptions subscriptions;
  private final FlipGuard guard;
  private final Poison poison;
  private final InstantSource clock;
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<Bytes, byte[]> rendered;

  @SuppressWarnings("NullAway.Init") // Streams calls init before anything else.
  public TransitionRenderer(
      DefinitionsSource definitions, Holds holds, Poison poison, InstantSource clock) {
    subscriptions = new Subscriptions(definitions);
    guard = new FlipGuard(holds);
    this.poison = poison;
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
          rendered.put(nobody, new byte[0]);
          rendered.delete(nobody);
        });
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (record.value() == null) {
      return;
    }
    Transition transition;
    try {
      transition = Transition.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      poison.bury(context, record, "the transition does not parse");
      return;
    }
    if (transition.getReason() == Transition.Reason.REASSERTED
        || ComputedKeys.isOne(transition.getAudience())) {
      return;
    }
    List<WebhookDefinition> webhooks = subscriptions.toAudience(transition.getAudience());
    if (webhooks.isEmpty() || isRendered(transition)) {
      return;
    }
    guard.moved(transition, webhooks);
    ByteString body = Payload.of(transition);
    for (WebhookDefinition webhook : webhooks) {
      Delivery delivery =
          Delivery.newBuilder()
              .setWebhook(webhook.name())
              .setProfileId(transition.getProfileId())
              .setWebhookId(WebhookId.of(webhook.name(), transition))
              .setBody(body)
              .setForm(Forms.text(webhook.payload()))
              .setView(webhook.payload().viewName())
              .setCausedAtMicros(transition.getAtMicros())
              .setType(Payload.type(transition))
              .setUnordered(!webhook.ordered())
              .setSubject(webhook.latest() ? Payload.AUDIENCE + transition.getAudience() : "")
              .setTraceparent(transition.getTraceparent())
              .setBulk(!transition.getBatch().isEmpty())
              .setGeneration(transition.getGeneration())
              .setVersion(transition.getVersion())
              .build();
      context.forward(Deliveries.record(delivery, clock));
    }
  }

  private boolean isRendered(Transition transition) {
    Bytes key = Bytes.wrap(transition.getProfileId().getBytes(StandardCharsets.UTF_8));
    byte[] last = rendered.get(key);
    if (last != null) {
      ByteBuffer buffer = ByteBuffer.wrap(last);
      long generation = buffer.getLong();
      long version = buffer.getLong();
      if (transition.getGeneration() < generation
          || (transition.getGeneration() == generation && transition.getVersion() <= version)) {
        return true;
      }
    }
    rendered.put(
        key,
        ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(transition.getGeneration())
            .putLong(transition.getVersion())
            .array());
    return false;
  }
}
