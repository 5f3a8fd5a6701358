package dev.attune.refresher.consume;

import dev.attune.core.profile.StoreException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/** What fails again however often it is tried; everything else passes with time. */
public final class Poison {
  private Poison() {}

  /** Whether a failure to write is the fault of what was to be written. */
  public static boolean isOne(RuntimeException failure) {
    return switch (failure) {
      case StoreException store -> store.kind() == StoreException.Kind.CORRUPT;
      case RecordTooLargeException _ -> true;
      case KafkaException _ -> false;
      default ->
          failure instanceof IllegalStateException || failure instanceof IllegalArgumentException;
    };
  }

  /** Why, in a few words: messages of others may hold values. */
  public static String why(RuntimeException failure) {
    return failure instanceof StoreException || failure.getClass() == IllegalStateException.class
        ? String.valueOf(failure.getMessage())
        : failure.getClass().getSimpleName();
  }
}
