package dev.attune.core.profile;

import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Identity and profile records. Constructing a store performs no I/O; every call is asynchronous
 * and ends within its timeout, with a {@link StoreException} when it could not be done. Lists are
 * answered in their order, and are bounded by {@link #BATCH_MAX}.
 *
 * <p>Writes compare and set: a record is written only if the stored version is the expected one,
 * all of it or nothing. There are no transactions over several records.
 */
public interface ProfileStore extends AutoCloseable {
  /** Most records in one call. */
  int BATCH_MAX = 5_000;

  /** Follows at most this many redirects from one profile id. */
  int REDIRECTS_MAX = 8;

  /** The served profile of whoever is known by an identifier; follows redirects. */
  CompletionStage<LookupResult> find(Identifier identifier, Duration timeout);

  /** The served profile with an id; follows redirects. */
  CompletionStage<LookupResult> findById(String profileId, Duration timeout);

  /**
   * As {@link #find}, of many at once, in the order asked. Each is answered, or fails, by itself
   * and as soon as it can be: one that fails or is late holds up no other.
   */
  default List<CompletionStage<LookupResult>> findAll(
      List<Identifier> identifiers, Duration timeout) {
    return OneByOne.ask(identifiers, identifier -> find(identifier, timeout));
  }

  /** As {@link #findAll}, by profile id. */
  default List<CompletionStage<LookupResult>> findAllById(
      List<String> profileIds, Duration timeout) {
    return OneByOne.ask(profileIds, profileId -> findById(profileId, timeout));
  }

  /** Identity records, in the order asked; empty where there is none. */
  CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout);

  /**
   * Profile records (facts, served, or a redirect), in the order asked; empty where there is none.
   */
  CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout);

  /** The stored versions of profile records, in the order asked; 0 where there is none. */
  CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout);

  /** Writes each record whose stored version is the expected one; says for each whether it was. */
  CompletionStage<List<Boolean>> writeIdentities(List<IdentityWrite> writes, Duration timeout);

  /** Writes each record whose stored version is the expected one; says for each whether it was. */
  CompletionStage<List<Boolean>> writeProfiles(List<ProfileWrite> writes, Duration timeout);

  /** Whether {@link #createPeople} does its work here; else it must not be called. */
  default boolean createsPeople() {
    return false;
  }

  /**
   * Creates people who are not there yet: of each both records, in one step, or nothing if either
   * is there already. Says for each whether it was created. Only for stores that can do so for many
   * at less than what it costs to write the records one by one.
   */
  default CompletionStage<List<Boolean>> createPeople(List<NewPerson> people, Duration timeout) {
    throw new UnsupportedOperationException("this store writes one record in a step");
  }

  /**
   * Raises marks: named numbers that only grow, such as how far a reader of the log has come. Where
   * a mark is as high or higher already it stays.
   *
   * @param marks names of 1 to 200 characters a-z, 0-9, {@code /}, {@code .} and {@code -}, to
   *     numbers from 0 to 2^53
   * @param keep how long each is kept at least after it was last raised
   */
  CompletionStage<Void> raiseMarks(Map<String, Long> marks, Duration keep, Duration timeout);

  /** Marks, in the order asked; -1 where there is none. */
  CompletionStage<List<Long>> readMarks(List<String> names, Duration timeout);

  /**
   * A page of all profile ids, in no order; a profile written meanwhile may or may not be among
   * them, and an id may come twice.
   */
  CompletionStage<ProfileIdPage> scanProfileIds(String cursor, Duration timeout);

  /** True when the error means "send less", so that callers can shed load. */
  boolean isOverload(Throwable error);

  @Override
  void close();

  /**
   * A compare-and-set of an identity record.
   *
   * @param expectedVersion the stored record's version, 0 for "there is none"
   */
  record IdentityWrite(Identifier identifier, long expectedVersion, IdentityRecord record) {
    public IdentityWrite {
      if (record.getVersion() <= expectedVersion) {
        throw new IllegalArgumentException("record: version does not grow");
      }
    }
  }

  /**
   * A compare-and-set of a profile record.
   *
   * @param expectedVersion the stored record's version, 0 for "there is none"
   */
  record ProfileWrite(long expectedVersion, ProfileRecord record) {
    public ProfileWrite {
      if (record.getVersion() <= expectedVersion) {
        throw new IllegalArgumentException("record: version does not grow");
      }
    }
  }

  /**
   * Someone who is not there yet.
   *
   * @param identity of the only identifier; names the profile
   */
  record NewPerson(Identifier identifier, IdentityRecord identity, ProfileRecord profile) {
    public NewPerson {
      if (identity.getVersion() <= 0 || profile.getVersion() <= 0 || !profile.hasLive()) {
        throw new IllegalArgumentException("person: without a version, or not live");
      }
      if (!identity.getProfileId().equals(profile.getProfileId())) {
        throw new IllegalArgumentException("person: the identifier is another profile's");
      }
    }
  }

  /** Some profile ids, and the cursor of the next page: empty after the last one. */
  record ProfileIdPage(List<String> profileIds, String nextCursor) {
    /** Cursor of the first page. */
    public static final String FIRST = "0";

    public ProfileIdPage {
      profileIds = List.copyOf(profileIds);
    }
  }
}
