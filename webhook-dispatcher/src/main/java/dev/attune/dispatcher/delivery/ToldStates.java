package dev.attune.dispatcher.delivery;

import com.google.protobuf.ByteString;
import dev.attune.proto.v1.PendingDelivery;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Which state of a person an endpoint was sent last, by queue: a digest, so that a change and back
 * that happened while nothing could be sent tells nobody anything. An entry is made when an attempt
 * begins. Where the endpoint may know something else than what stands here, it is forgotten, and
 * the next state is sent whatever it is.
 */
public final class ToldStates {
  static final String STORE = "told-states";

  /** Of a delivery that says nothing of the person. */
  public static final ByteString NOTHING = ByteString.copyFrom(new byte[] {0});

  private static final byte[] UNKNOWN = {1};

  private final KeyValueStore<Bytes, byte[]> told;

  ToldStates(KeyValueStore<Bytes, byte[]> told) {
    this.told = told;
  }

  /** Writes the store and leaves it as it was. */
  void touch() {
    Bytes nobody = Bytes.wrap(new byte[0]);
    told.put(nobody, UNKNOWN);
    told.delete(nobody);
  }

  /** Whether the endpoint knows already what a delivery says, and nothing newer. */
  boolean isTold(PendingDelivery delivery) {
    ByteString state = delivery.getDelivery().getState();
    if (state.isEmpty() || delivery.getDelivery().getReplay() || delivery.getAttempts() > 0) {
      return false;
    }
    byte[] last = told.get(PendingDeliveries.queue(delivery));
    return last == null ? state.equals(NOTHING) : Arrays.equals(last, state.toByteArray());
  }

  /** An attempt of a delivery begins. */
  void begun(PendingDelivery delivery) {
    if (delivery.getDelivery().getReplay()) {
      // It is not the newest.
      forget(delivery);
    } else if (!delivery.getDelivery().getState().isEmpty()) {
      told.put(PendingDeliveries.queue(delivery), delivery.getDelivery().getState().toByteArray());
    }
  }

  /** It is not known what the endpoint knows, because of a delivery that ended otherwise. */
  void forget(PendingDelivery delivery) {
    if (!delivery.getDelivery().getState().isEmpty()) {
      told.put(PendingDeliveries.queue(delivery), UNKNOWN);
    }
  }
}
