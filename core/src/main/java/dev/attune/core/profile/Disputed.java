package dev.attune.core.profile;

import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Profiles that hold an identifier which is assigned to another one, or are about to: since the
 * loss it was given to one that knew nothing of it, or the log gave it back to its own. What it has
 * there moves, as in any merge.
 */
final class Disputed {
  private final StoreCalls store;
  private final ProfileWriter writer;
  private final Set<String> profileIds = new LinkedHashSet<>();
  private final Set<Identifier> moved = new LinkedHashSet<>();

  Disputed(StoreCalls store, ProfileWriter writer) {
    this.store = store;
    this.writer = writer;
  }

  void add(String profileId) {
    profileIds.add(profileId);
  }

  int size() {
    return profileIds.size() + moved.size();
  }

  /**
   * Marks what has to move, and keeps the place of profiles that do not exist. To be done by
   * everybody before anybody settles: that may merge a profile away in which somebody else's
   * identifier has something.
   *
   * @throws StoreException when others write the same all the time; it may be repeated
   */
  void mark() {
    for (List<String> chunk : LostProfiles.chunks(profileIds)) {
      Set<String> left = new LinkedHashSet<>(chunk);
      for (int attempt = 0; !left.isEmpty(); attempt++) {
        ProfileWriter.backOff(attempt);
        left = tryMark(left);
      }
      chunk.forEach(profileIds::remove);
    }
  }

  /** Moves what has to; says how many identifiers. Those of history are settled already. */
  int settle() {
    mark();
    LostProfiles.apply(
        writer,
        moved.stream()
            .map(via -> new ProfileInput(via, List.of(), List.of(), ProfileWriter.RESTORED))
            .toList());
    int settled = moved.size();
    moved.clear();
    return settled;
  }

  /** The profiles of which somebody wrote something meanwhile. */
  private Set<String> tryMark(Set<String> ids) {
    Map<String, Optional<ProfileRecord>> profiles = store.readProfiles(ids);
    Set<String> refused = fence(profiles);
    Map<Identifier, Set<String>> holders = holders(profiles);
    List<IdentityWrite> writes = marks(holders);
    List<Boolean> written = store.tryIdentities(writes);
    for (int i = 0; i < writes.size(); i++) {
      if (!written.get(i)) {
        refused.addAll(holders.getOrDefault(writes.get(i).identifier(), Set.of()));
      }
    }
    return refused;
  }

  // The mark of a move that is not complete: the writer completes it. Written also where it is:
  // somebody who saw less to move may be about to take it away.
  private List<IdentityWrite> marks(Map<Identifier, Set<String>> holders) {
    List<Identifier> identifiers = List.copyOf(holders.keySet());
    List<Optional<IdentityRecord>> stored = store.readIdentities(identifiers);
    List<IdentityWrite> writes = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      Identifier identifier = identifiers.get(i);
      IdentityRecord record = stored.get(i).orElse(IdentityRecord.getDefaultInstance());
      Set<String> from = new LinkedHashSet<>(holders.getOrDefault(identifier, Set.of()));
      from.remove(record.getProfileId());
      if (record.getProfileId().isEmpty() || from.isEmpty()) {
        continue;
      }
      moved.add(identifier);
      from.addAll(record.getMovingFromList());
      writes.add(
          new IdentityWrite(
              identifier,
              record.getVersion(),
              record.toBuilder()
                  .clearMovingFrom()
                  .addAllMovingFrom(from)
                  .setVersion(record.getVersion() + 1)
                  .build()));
    }
    return writes;
  }

  /**
   * Keeps the place of profiles that do not exist: somebody who saw the identifier there may be
   * about to write one, and must look again. With a redirect that leads to nobody, since other
   * identifiers may still be assigned to it, and of the lowest version, so that a record of the log
   * goes over it. Nobody is told: it either is in the log, or nobody ever heard of it.
   *
   * @return those that exist by now
   */
  private Set<String> fence(Map<String, Optional<ProfileRecord>> profiles) {
    List<ProfileWrite> writes = new ArrayList<>();
    profiles.forEach(
        (id, found) -> {
          if (found.isEmpty()) {
            ProfileRecord gone =
                ProfileRecord.newBuilder()
                    .setProfileId(id)
                    .setVersion(1)
                    .setRedirectTo(ProfileIds.NOBODY)
                    .build();
            writes.add(new ProfileWrite(0, gone));
          }
        });
    List<Boolean> written = store.writeProfiles(writes);
    Set<String> refused = new LinkedHashSet<>();
    for (int i = 0; i < writes.size(); i++) {
      if (!written.get(i)) {
        refused.add(writes.get(i).record().getProfileId());
      }
    }
    return refused;
  }

  private static Map<Identifier, Set<String>> holders(
      Map<String, Optional<ProfileRecord>> profiles) {
    Map<Identifier, Set<String>> holders = new LinkedHashMap<>();
    profiles.forEach(
        (id, record) ->
            record
                .map(content -> Content.of(content).facts().getIdentifiersList())
                .ifPresent(
                    own ->
                        own.forEach(
                            i ->
                                holders
                                    .computeIfAbsent(Identifier.of(i), _ -> new LinkedHashSet<>())
                                    .add(id))));
    return holders;
  }
}
