package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.platform.http.HttpProblem;
import dev.attune.proto.v1.EvaluatorState;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * The states of the profiles whose partitions this process has, for those who only look. Stream
 * threads write them: what is found may be of a transaction that has not ended.
 *
 * @param store of all of its partitions; fails while the states are restored, or are somebody
 *     else's
 * @param partitions that it has; fails likewise
 * @param partition the store of one; fails likewise
 * @param clock what windows are measured against, in microseconds; 0 while it is not known
 */
record ProfileStates(
    Supplier<ReadOnlyKeyValueStore<String, byte[]>> store,
    Supplier<SortedSet<Integer>> partitions,
    IntFunction<ReadOnlyKeyValueStore<String, byte[]>> partition,
    LongSupplier clock) {
  /**
   * Where a scan stands.
   *
   * @param profileId the last one that was seen; empty: none of the partition
   */
  record Position(int partition, String profileId) {
    static final Position FIRST = new Position(0, "");

    private static final Pattern TEXT = Pattern.compile("(\\d{1,6})-([0-9a-f]{32})");

    /** As {@link #toString} writes it; empty when it is none. */
    static Optional<Position> parse(String text) {
      Matcher matcher = TEXT.matcher(text);
      return matcher.matches()
          ? Optional.of(new Position(Integer.parseInt(matcher.group(1)), matcher.group(2)))
          : Optional.empty();
    }

    @Override
    public String toString() {
      return partition + "-" + profileId;
    }
  }

  /** Looks at one state as it is stored. */
  interface StoredLook {
    /** False to see no more. */
    boolean at(String profileId, EvaluatorState state);
  }

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
   * How many partitions are here; profiles of others are not seen.
   *
   * @throws HttpProblem 503 while states are restored
   */
  int partitionCount() {
    return numbers().size();
  }

  /**
   * The numbers of the partitions that are here.
   *
   * @throws HttpProblem 503 while states are restored
   */
  SortedSet<Integer> numbers() {
    try {
      return partitions.get();
    } catch (InvalidStateStoreException e) {
      throw away();
    }
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

  /**
   * Shows states in an order that stays the same, as long as the process keeps its partitions.
   *
   * @param after what was seen before
   * @return where to go on; empty when all were seen
   * @throws HttpProblem 503 while states are restored
   */
  Optional<Position> scan(Position after, StoredLook look) {
    try {
      SortedSet<Integer> here = partitions.get();
      if (!after.equals(Position.FIRST) && !here.contains(after.partition())) {
        throw away();
      }
      for (int each : here.tailSet(after.partition())) {
        String seen = each == after.partition() ? after.profileId() : "";
        Optional<Position> stopped = scan(each, seen, look);
        if (stopped.isPresent()) {
          return stopped;
        }
      }
      return Optional.empty();
    } catch (InvalidStateStoreException e) {
      throw away();
    }
  }

  private Optional<Position> scan(int each, String seen, StoredLook look) {
    var states = partition.apply(each);
    try (KeyValueIterator<String, byte[]> entries =
        seen.isEmpty() ? states.all() : states.range(seen, null)) {
      while (entries.hasNext()) {
        var entry = entries.next();
        if (!entry.key.equals(seen) && !look.at(entry.key, parse(entry.value))) {
          return Optional.of(new Position(each, entry.key));
        }
      }
    }
    return Optional.empty();
  }

  private static HttpProblem away() {
    return HttpProblem.unavailable("the evaluator's states are not here yet, or no more");
  }

  private static ProfileState decode(byte[] bytes, AudienceSet audiences) {
    return ProfileState.decode(parse(bytes), audiences);
  }

  private static EvaluatorState parse(byte[] bytes) {
    try {
      return EvaluatorState.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the stored state does not parse", e);
    }
  }
}
