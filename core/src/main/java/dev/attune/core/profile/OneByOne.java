package dev.attune.core.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Many questions where there is no way to ask them together. */
final class OneByOne {
  private OneByOne() {}

  /** The answers, in the order of the keys; a question that cannot be put fails alone. */
  static <K, R> List<CompletionStage<R>> ask(
      List<K> keys, Function<K, CompletionStage<R>> question) {
    if (keys.size() > ProfileStore.BATCH_MAX) {
      throw new IllegalArgumentException(
          "batch: "
              + keys.size()
              + " questions (expected: at most "
              + ProfileStore.BATCH_MAX
              + ")");
    }
    List<CompletionStage<R>> answers = new ArrayList<>(keys.size());
    for (K key : keys) {
      try {
        answers.add(question.apply(key));
      } catch (RuntimeException e) {
        answers.add(CompletableFuture.failedFuture(e));
      }
    }
    return answers;
  }
}
