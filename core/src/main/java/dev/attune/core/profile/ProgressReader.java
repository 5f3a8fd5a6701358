package dev.attune.core.profile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * How far events have been applied, as the refresher's marks in the store say. Every call ends
 * within its timeout, with a {@link StoreException} when it could not be done.
 */
public interface ProgressReader {
  /**
   * For each partition of the events topic the offset up to and including which every event has
   * been handled, applied or rejected; -1 when nothing is known of it.
   */
  CompletionStage<Map<Integer, Long>> handled(Collection<Integer> partitions, Duration timeout);

  /** True when one of the events that a token names ended in dead letters. */
  CompletionStage<Boolean> anyRejected(WriteToken token, Duration timeout);

  /** The mark that holds how far a partition has been handled. */
  static String handledMark(int partition) {
    return "events/" + partition;
  }

  /** The mark that says that an event ended in dead letters. */
  static String rejectedMark(int partition, long offset) {
    return "rejected/" + partition + "/" + offset;
  }

  /** Reads the marks of a store. */
  static ProgressReader of(ProfileStore store) {
    return new ProgressReader() {
      @Override
      public CompletionStage<Map<Integer, Long>> handled(
          Collection<Integer> partitions, Duration timeout) {
        List<Integer> asked = List.copyOf(partitions);
        return store
            .readMarks(asked.stream().map(ProgressReader::handledMark).toList(), timeout)
            .thenApply(
                marks -> {
                  Map<Integer, Long> handled = new HashMap<>();
                  for (int i = 0; i < marks.size(); i++) {
                    handled.put(asked.get(i), marks.get(i));
                  }
                  return handled;
                });
      }

      @Override
      public CompletionStage<Boolean> anyRejected(WriteToken token, Duration timeout) {
        List<String> names = new ArrayList<>();
        token
            .lastOffsets()
            .forEach((partition, offset) -> names.add(rejectedMark(partition, offset)));
        return store
            .readMarks(names, timeout)
            .thenApply(marks -> marks.stream().anyMatch(mark -> mark >= 0));
      }
    };
  }
}
