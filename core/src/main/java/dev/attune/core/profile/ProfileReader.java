package dev.attune.core.profile;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Served profiles as a lookup wants them: from nearby where that is fresh enough, from the store
 * where it is not. Every call ends within its timeout, with a {@link StoreException} when it could
 * not be done.
 */
public interface ProfileReader {
  /**
   * The profile of whoever is known by an identifier.
   *
   * @param maxAge how old the answer may be; zero asks the store itself
   */
  CompletionStage<Reading> find(Identifier identifier, Duration maxAge, Duration timeout);

  /**
   * The profile with an id, or the one that it was merged into.
   *
   * @param maxAge how old the answer may be; zero asks the store itself
   */
  CompletionStage<Reading> findById(String profileId, Duration maxAge, Duration timeout);

  /**
   * As {@link #find}, of many at once, in the order asked; at most {@link ProfileStore#BATCH_MAX}.
   * Each is answered, or fails, by itself and as soon as it can be.
   */
  default List<CompletionStage<Reading>> findAll(
      List<Identifier> identifiers, Duration maxAge, Duration timeout) {
    return OneByOne.ask(identifiers, identifier -> find(identifier, maxAge, timeout));
  }

  /** As {@link #findAll}, by profile id. */
  default List<CompletionStage<Reading>> findAllById(
      List<String> profileIds, Duration maxAge, Duration timeout) {
    return OneByOne.ask(profileIds, profileId -> findById(profileId, maxAge, timeout));
  }

  /**
   * The same, if it is nearby; null when the store has to be asked for it. Never waits, so that
   * what does wait can be bounded by itself.
   */
  default @Nullable Reading nearby(Identifier identifier, Duration maxAge) {
    return null;
  }

  /** As {@link #nearby}, by profile id. */
  default @Nullable Reading nearbyById(String profileId, Duration maxAge) {
    return null;
  }

  /** True when the error means "send less", so that callers can shed load. */
  boolean isOverload(Throwable error);

  /**
   * What was found, and as of when.
   *
   * @param readAtMicros when the store was asked, in microseconds
   */
  record Reading(LookupResult result, long readAtMicros) {}

  /** Asks the store every time. */
  static ProfileReader direct(ProfileStore store, InstantSource clock) {
    return new ProfileReader() {
      @Override
      public CompletionStage<Reading> find(
          Identifier identifier, Duration maxAge, Duration timeout) {
        long now = now();
        return store.find(identifier, timeout).thenApply(result -> new Reading(result, now));
      }

      @Override
      public CompletionStage<Reading> findById(
          String profileId, Duration maxAge, Duration timeout) {
        long now = now();
        return store.findById(profileId, timeout).thenApply(result -> new Reading(result, now));
      }

      @Override
      public List<CompletionStage<Reading>> findAll(
          List<Identifier> identifiers, Duration maxAge, Duration timeout) {
        long now = now();
        return readings(store.findAll(identifiers, timeout), now);
      }

      @Override
      public List<CompletionStage<Reading>> findAllById(
          List<String> profileIds, Duration maxAge, Duration timeout) {
        long now = now();
        return readings(store.findAllById(profileIds, timeout), now);
      }

      private static List<CompletionStage<Reading>> readings(
          List<CompletionStage<LookupResult>> results, long now) {
        List<CompletionStage<Reading>> readings = new ArrayList<>(results.size());
        for (CompletionStage<LookupResult> result : results) {
          readings.add(result.thenApply(answer -> new Reading(answer, now)));
        }
        return readings;
      }

      @Override
      public boolean isOverload(Throwable error) {
        return store.isOverload(error);
      }

      // Before the store is asked: the answer is at least as new.
      private long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
      }
    };
  }
}
