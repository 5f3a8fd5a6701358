package dev.attune.profiles.lookup;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From an identifier to a profile. Asynchronous end to end: a future completes on the thread on
 * which the store answered, because a hop to another one costs more than the lookup.
 */
public final class Lookup {
  private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);

  /** The reader's own bound holds. */
  private static final Duration ANY_AGE = Duration.ofDays(1);

  private static final Pattern PROFILE_ID = Pattern.compile("[0-9a-f]{32}");

  private final ProfileReader reader;
  private final DefinitionsSource definitions;
  private final int lookupsMax;
  private final InstantSource clock;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * @param lookupsMax under way at once; one more is refused
   */
  public Lookup(
      ProfileReader reader, DefinitionsSource definitions, int lookupsMax, InstantSource clock) {
    this.reader = reader;
    this.definitions = definitions;
    this.lookupsMax = lookupsMax;
    this.clock = clock;
  }

  /** By an identifier as the caller gave it; never fails, and ends within the timeout. */
  CompletableFuture<Outcome> byIdentifier(String namespace, String value, Duration timeout) {
    Identifier identifier;
    try {
      identifier = definitions.current().catalog().identifier(namespace, value);
    } catch (IllegalArgumentException e) {
      return done(new Outcome.Invalid(String.valueOf(e.getMessage())));
    }
    return ask(() -> reader.find(identifier, ANY_AGE, timeout), timeout);
  }

  /** By a profile id; never fails, and ends within the timeout. */
  CompletableFuture<Outcome> byProfileId(String profileId, Duration timeout) {
    if (!PROFILE_ID.matcher(profileId).matches()) {
      return done(new Outcome.Invalid("profile_id: not 32 lower-case hexadecimal characters"));
    }
    return ask(() -> reader.findById(profileId, ANY_AGE, timeout), timeout);
  }

  /** Lookups that have not ended. */
  public int underWay() {
    return underWay.get();
  }

  private CompletableFuture<Outcome> ask(
      Supplier<CompletionStage<ProfileReader.Reading>> question, Duration timeout) {
    if (underWay.incrementAndGet() > lookupsMax) {
      underWay.decrementAndGet();
      return done(new Outcome.Overloaded());
    }
    CompletableFuture<Outcome> ended = new CompletableFuture<>();
    var _ = ended.whenComplete((_, _) -> underWay.decrementAndGet());
    try {
      var _ =
          question
              .get()
              .whenComplete(
                  (result, error) -> ended.complete(error == null ? of(result) : failed(error)));
    } catch (RuntimeException e) {
      ended.complete(failed(e));
    }
    // The store keeps to the timeout, too; this is for one that has lost its way.
    return ended.isDone()
        ? ended
        : ended.completeOnTimeout(
            new Outcome.Unavailable(), timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  private Outcome of(ProfileReader.Reading reading) {
    return switch (reading.result()) {
      case LookupResult.Absent _ -> new Outcome.Absent();
      case LookupResult.Found found -> found(found.served(), reading.readAtMicros());
    };
  }

  private Outcome found(Served served, long readAtMicros) {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    if (served.earliestExpiryMicros() > now) {
      return new Outcome.Found(served.profileBytes(), readAtMicros);
    }
    try {
      return new Outcome.Found(withoutEnded(served.profile(), now), readAtMicros);
    } catch (IllegalStateException e) {
      LOG.error("a stored profile of version {} does not parse", served.version(), e);
      return new Outcome.Corrupt();
    }
  }

  /** The evaluator's exit is on its way; who asks meanwhile must not see the membership. */
  private static ByteString withoutEnded(Profile profile, long now) {
    List<Membership> held =
        profile.getAudiencesList().stream()
            .filter(m -> m.getValidUntilMicros() == 0 || m.getValidUntilMicros() > now)
            .toList();
    return profile.toBuilder().clearAudiences().addAllAudiences(held).build().toByteString();
  }

  private Outcome failed(@Nullable Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (cause != null && reader.isOverload(cause)) {
      return new Outcome.Overloaded();
    }
    if (cause instanceof StoreException known) {
      return switch (known.kind()) {
        case UNAVAILABLE -> new Outcome.Unavailable();
        case OVERLOADED -> new Outcome.Overloaded();
        case CORRUPT -> {
          LOG.error("the store answered something that makes no sense", known);
          yield new Outcome.Corrupt();
        }
      };
    }
    LOG.warn("the store failed", cause);
    return new Outcome.Unavailable();
  }

  private static CompletableFuture<Outcome> done(Outcome outcome) {
    return CompletableFuture.completedFuture(outcome);
  }
}
