package dev.attune.core.profile;

import dev.attune.core.profile.WriteToken.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * How far events have been applied, as the refresher's marks in the store say. Every call ends
 * within its timeout, with a {@link StoreException} when it could not be done.
 */
public interface ProgressReader {
  /**
   * The mark that says when the store was last seen to have lost acknowledged writes, in
   * microseconds: what the other marks say is not so until {@link #FOUND} is as high.
   */
  String LOST = "events/lost";

  /** The mark that says up to which {@link #LOST} everything was brought back. */
  String FOUND = "events/found";

  /**
   * For each partition of the events topic the offset up to and including which every event has
   * been handled, applied or rejected; -1 when nothing is known of it, or the store has lost some
   * of them for now.
   */
  CompletionStage<Map<Integer, Long>> handled(Collection<Integer> partitions, Duration timeout);

  /**
   * True when one of the events that a token names ended in dead letters. Reads a mark for each
   * span and, only where an event as late as the token's was rejected, one for each event.
   */
  CompletionStage<Boolean> anyRejected(WriteToken token, Duration timeout);

  /** The mark that holds how far a partition has been handled. */
  static String handledMark(int partition) {
    return "events/" + partition;
  }

  /** The mark that says that an event ended in dead letters. */
  static String rejectedMark(int partition, long offset) {
    return rejectedMark(partition) + "/" + offset;
  }

  /** The mark that holds the last offset of a partition whose event ended in dead letters. */
  static String rejectedMark(int partition) {
    return "rejected/" + partition;
  }

  /** Reads the marks of a store. */
  static ProgressReader of(ProfileStore store) {
    return new ProgressReader() {
      private static final int PAGE = 256;

      @Override
      public CompletionStage<Map<Integer, Long>> handled(
          Collection<Integer> partitions, Duration timeout) {
        List<Integer> asked = List.copyOf(partitions);
        List<String> names = new ArrayList<>(asked.size() + 2);
        asked.forEach(partition -> names.add(handledMark(partition)));
        names.addAll(List.of(LOST, FOUND));
        return store
            .readMarks(names, timeout)
            .thenApply(
                marks -> {
                  boolean lost = marks.get(asked.size()) > marks.get(asked.size() + 1);
                  Map<Integer, Long> handled = new HashMap<>();
                  for (int i = 0; i < asked.size(); i++) {
                    handled.put(asked.get(i), lost ? -1 : marks.get(i));
                  }
                  return handled;
                });
      }

      @Override
      public CompletionStage<Boolean> anyRejected(WriteToken token, Duration timeout) {
        List<Span> spans = token.spans();
        return store
            .readMarks(spans.stream().map(span -> rejectedMark(span.partition())).toList(), timeout)
            .thenCompose(
                newest -> {
                  List<String> names = new ArrayList<>();
                  for (int i = 0; i < spans.size(); i++) {
                    Span span = spans.get(i);
                    long last = Math.min(span.last(), newest.get(i));
                    for (long offset = span.first(); offset <= last; offset++) {
                      names.add(rejectedMark(span.partition(), offset));
                    }
                  }
                  return any(names, timeout);
                });
      }

      // A page at a time: one token is not to fill the queue that everybody's lookups go through.
      private CompletionStage<Boolean> any(List<String> names, Duration timeout) {
        if (names.isEmpty()) {
          return CompletableFuture.completedFuture(false);
        }
        int page = Math.min(PAGE, names.size());
        return store
            .readMarks(names.subList(0, page), timeout)
            .thenCompose(
                marks ->
                    marks.stream().anyMatch(mark -> mark >= 0)
                        ? CompletableFuture.completedFuture(true)
                        : any(names.subList(page, names.size()), timeout));
      }
    };
  }
}
