package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.platform.http.HttpProblem;
import dev.attune.proto.v1.EvaluatorState;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * The states of the profiles whose partitions this process has, for those who only look. Stream
 * threads write them: what is found may be of a transaction that has not ended.
 *
 * @param store fails while the states are restored, or are somebody else's
 * @param clock what windows are measured against, in microseconds; 0 while it is not known
 */
record ProfileStates(Supplier<ReadOnlyKeyValueStore<String, byte[]>> store, LongSupplier clock) {
  /** Looks at one state. */
  interface Look {
    /** False to see no more. */
    boolean at(String profileId, ProfileState state);
  }

  /**
   * @throws HttpProblem 503 while it is not known
   */
  long nowMicros() {
    long now = clock.getAsLong();
    if (now == Now.UNKNOWN) {
      throw HttpProblem.unavailable(
          "the evaluator does not know yet what time its input has reached");
    }
    return now;
  }

  /**
   * The state of one profile.
   *
   * @throws HttpProblem 503 while states are restored
   */
  Optional<ProfileState> find(String profileId, AudienceSet audiences) {
    try {
      return Optional.ofNullable(store.get().get(profileId)).map(bytes -> decode(bytes, audiences));
    } catch (InvalidStateStoreException e) {
      throw away();
    }
  }

  /**
   * Shows all states.
   *
   * @return whether all of them were seen
   * @throws HttpProblem 503 while states are restored
   */
  boolean forEach(AudienceSet audiences, Look look) {
    try (KeyValueIterator<String, byte[]> entries = store.get().all()) {
      while (entries.hasNext()) {
        var entry = entries.next();
        if (!look.at(entry.key, decode(entry.value, audiences))) {
          return !entries.hasNext();
        }
      }
      return true;
    } catch (InvalidStateStoreException e) {
      throw away();
    }
  }

  private static HttpProblem away() {
    return HttpProblem.unavailable("the evaluator's states are not here yet, or no more");
  }

  private static ProfileState decode(byte[] bytes, AudienceSet audiences) {
    try {
      return ProfileState.decode(EvaluatorState.parseFrom(bytes), audiences);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the stored state does not parse", e);
    }
  }
}
