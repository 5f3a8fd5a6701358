package dev.attune.core.profile;

import dev.attune.core.catalog.Catalog;
import dev.attune.proto.v1.IdentityChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Transition;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * Brings back into a store what {@code attune.profile-changes} knows and the store lost: all of it,
 * or the last minutes. Events go on meanwhile.
 *
 * <p>What the store has nothing of, or an older state, is written as it was, with its version, and
 * nobody is told. But an event that came after the loss made a poorer record with a greater
 * version, in the store and in the log: there the newest is not the best. Facts and links only add
 * up, and the people follow from the links, so what is missing goes through {@link ProfileWriter}
 * like any other input. The order of the calls:
 *
 * <ol>
 *   <li>{@link #identities} with all identity records, so that everybody is somebody's again
 *   <li>{@link #mark}, then {@link #finishIdentities}
 *   <li>{@link #profiles} with all profile records, in the log's order
 *   <li>{@link #mark}, then {@link #finishProfiles}
 *   <li>{@link #memberships} with the transitions that came up to then
 * </ol>
 *
 * <p>Not for several threads at once; several instances may share the work, with one partition of
 * the log each, when each step is finished by all before the next. Repeating it changes nothing.
 */
public final class ProfileRestore {
  private final LostIdentities identities;
  private final LostProfiles profiles;
  private final LostMemberships memberships;

  /**
   * Nothing is read yet.
   *
   * @param writer of the same store
   * @param timeout of each call to the store
   */
  public ProfileRestore(
      ProfileStore store, ProfileWriter writer, Supplier<Catalog> catalog, Duration timeout) {
    StoreCalls calls = new StoreCalls(store, timeout);
    identities = new LostIdentities(calls, writer, catalog);
    profiles = new LostProfiles(calls, writer);
    memberships = new LostMemberships(calls, writer);
  }

  /**
   * Brings identity records back.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public void identities(List<IdentityChange> changes) {
    identities.restore(changes);
  }

  /**
   * Brings profile records back.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public void profiles(List<ProfileRecord> records) {
    profiles.restore(records);
  }

  /**
   * Brings memberships back whose profile was not there when they were told.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public void memberships(List<Transition> transitions) {
    memberships.restore(transitions);
  }

  /**
   * Marks what has two homes, before any of it moves. It may be repeated.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public void mark() {
    identities.mark();
    profiles.mark();
  }

  /**
   * Writes the links that could not be written as they were.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public void finishIdentities() {
    identities.finish();
  }

  /**
   * Writes what else could not be written as it was.
   *
   * @throws StoreException when the store does not do its work; the call may be repeated
   */
  public void finishProfiles() {
    profiles.finish();
    identities.settleDoubted();
  }

  /** Profile records that were written as they were. */
  public long written() {
    return profiles.written();
  }

  /** Profiles and identifiers that someone had written meanwhile, to which something was added. */
  public long merged() {
    return identities.merged() + profiles.merged() + memberships.merged();
  }
}
