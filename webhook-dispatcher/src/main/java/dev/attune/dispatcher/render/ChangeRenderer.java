package dev.attune.dispatcher.render;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.state.Changelogs;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.ProfileChange;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Renders profile changes: the events among their causes, and the states that the changes leave
 * behind. Watermarks and history are passed over.
 */
public final class ChangeRenderer implements Processor<byte[], byte[], byte[], byte[]> {
  /** The type of the deliveries of events. */
  public static final String EVENT_TYPE = EventRenderer.TYPE;

  /** The store of the last state rendered, by webhook and profile id. */
  public static final String STORE = "rendered-states";

  private final Subscriptions subscriptions;
  private final Poison poison;
  private final InstantSource clock;
  private final EventRenderer events;
  private ProcessorContext<byte[], byte[]> context;
  private StateRenderer states;

  /**
   * A renderer.
   *
   * @param late told of each event that came so late that its first copy may be forgotten
   */
  @SuppressWarnings("NullAway.Init") // Streams calls init before anything else.
  public ChangeRenderer(
      DefinitionsSource definitions, Poison poison, Runnable late, InstantSource clock) {
    subscriptions = new Subscriptions(definitions);
    this.poison = poison;
    this.clock = clock;
    events = new EventRenderer(subscriptions, late);
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    KeyValueStore<Bytes, byte[]> rendered = context.getStateStore(STORE);
    states = new StateRenderer(subscriptions, rendered);
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
    if (record.value() == null || !subscriptions.wantChanges()) {
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
    Consumer<Delivery> forward = delivery -> context.forward(Deliveries.record(delivery, clock));
    try {
      states.render(change.getChanged(), forward);
    } catch (StateRenderer.UnreadableRecordException e) {
      poison.bury(context, record, "the profile of the profile change does not parse");
    }
    events.render(change.getChanged(), forward);
  }
}
