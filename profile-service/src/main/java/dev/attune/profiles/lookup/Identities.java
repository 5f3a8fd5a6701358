package dev.attune.profiles.lookup;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.IdentityReader;
import dev.attune.core.profile.ProfileStore;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.GetIdentityResponse;
import dev.attune.proto.v1.TokenState;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Why somebody is one person, for people who ask. It reads a whole cluster from the store, and
 * blocks; so few may ask at once.
 */
public final class Identities {
  private static final Logger LOG = LoggerFactory.getLogger(Identities.class);
  private static final int AT_ONCE_MAX = 8;

  private final ProfileStore store;
  private final IdentityReader reader;
  private final DefinitionsSource definitions;
  private final InstantSource clock;
  private final Semaphore places = new Semaphore(AT_ONCE_MAX);

  /** Reads nothing yet; it does not own the store. */
  public Identities(ProfileStore store, DefinitionsSource definitions, InstantSource clock) {
    this.store = store;
    this.reader = new IdentityReader(store, clock);
    this.definitions = definitions;
    this.clock = clock;
  }

  /**
   * The identity of somebody; blocks, within the patience for all of it.
   *
   * @throws Refusal when there is no answer
   */
  GetIdentityResponse of(Who who, Patience patience) {
    Catalog catalog = definitions.current().catalog();
    Object key = Lookup.key(who, catalog);
    if (!places.tryAcquire()) {
      throw new Refusal(Reason.OVERLOADED, Messages.OVERLOADED);
    }
    // Before the store is asked: the answer is at least as new.
    long readAt = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    Optional<GetIdentityResponse> found;
    try {
      found =
          key instanceof Identifier identifier
              ? reader.find(identifier, catalog, patience.read(), patience.total())
              : reader.findById((String) key, catalog, patience.read(), patience.total());
    } catch (RuntimeException e) {
      throw refusal(e);
    } finally {
      places.release();
    }
    return found.orElseThrow(
        () -> new Refusal(Outcome.Failed.absent(readAt, TokenState.TOKEN_STATE_UNSPECIFIED)));
  }

  private Refusal refusal(RuntimeException error) {
    if (error instanceof IllegalStateException) {
      LOG.error("an identity could not be told", error);
      return new Refusal(Reason.INTERNAL, Messages.CORRUPT);
    }
    return Lookup.failed(error, store::isOverload) instanceof Outcome.Failed failed
        ? new Refusal(failed)
        : new Refusal(Reason.UNAVAILABLE, Messages.UNAVAILABLE);
  }
}
