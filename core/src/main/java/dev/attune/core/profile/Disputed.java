package dev.attune.core.profile;

import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Profiles that hold an identifier which is assigned to another one: since the loss it was given to
 * one that knew nothing of it, or the log gave it back to its own. What it has there moves, as in
 * any merge.
 */
final class Disputed {
  private static final int ATTEMPTS = 8;

  private final StoreCalls store;
  private final ProfileWriter writer;
  // And where the identifier is that it is disputed for.
  private final Map<String, String> profileIds = new LinkedHashMap<>();
  private final Set<Identifier> moved = new LinkedHashSet<>();

  Disputed(StoreCalls store, ProfileWriter writer) {
    this.store = store;
    this.writer = writer;
  }

  /**
   * Adds one.
   *
   * @param assigned where an identifier belongs that it holds, or may be about to hold
   */
  void add(String profileId, String assigned) {
    profileIds.put(profileId, assigned);
  }

  int size() {
    return profileIds.size() + moved.size();
  }

  /**
   * Marks what has to move. To be done by everybody before anybody settles: that may merge a
   * profile away in which somebody else's identifier has something.
   *
   * @throws StoreException when others write the same all the time; it may be repeated
   */
  void mark() {
    Map<Identifier, Long> marked = new HashMap<>();
    for (int attempt = 0; !profileIds.isEmpty(); attempt++) {
      if (attempt == ATTEMPTS) {
        throw new StoreException(
            StoreException.Kind.OVERLOADED,
            "gave up after " + ATTEMPTS + " conflicts with other writers");
      }
      if (tryMark(marked)) {
        profileIds.clear();
      }
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

  // The mark of a move that is not complete: the writer completes it. Written also where it is:
  // somebody who saw less to move may be about to take it away. False on a conflict.
  private boolean tryMark(Map<Identifier, Long> marked) {
    Map<String, Optional<ProfileRecord>> profiles = store.readProfiles(profileIds.keySet());
    boolean fenced = fence(profiles);
    Map<Identifier, Set<String>> holders = holders(profiles);
    List<Identifier> identifiers = List.copyOf(holders.keySet());
    List<Optional<IdentityRecord>> stored = store.readIdentities(identifiers);
    List<IdentityWrite> writes = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      Identifier identifier = identifiers.get(i);
      IdentityRecord record = stored.get(i).orElse(IdentityRecord.getDefaultInstance());
      Set<String> from = new LinkedHashSet<>(holders.getOrDefault(identifier, Set.of()));
      from.remove(record.getProfileId());
      if (record.getProfileId().isEmpty()
          || from.isEmpty()
          || marked.getOrDefault(identifier, 0L) == record.getVersion()) {
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
    List<Boolean> written = store.tryIdentities(writes);
    for (int i = 0; i < writes.size(); i++) {
      if (written.get(i)) {
        marked.put(writes.get(i).identifier(), writes.get(i).record().getVersion());
      }
    }
    return fenced && !written.contains(false);
  }

  // Where there is no profile yet, somebody who saw the identifier there may be about to write one.
  // Then they must look again. Of the lowest version, so that one of the log goes over it; nobody
  // is told, since nobody ever was told of this profile, or the log has it.
  private boolean fence(Map<String, Optional<ProfileRecord>> profiles) {
    List<ProfileWrite> writes = new ArrayList<>();
    profiles.forEach(
        (id, found) -> {
          if (found.isEmpty()) {
            ProfileRecord gone =
                ProfileRecord.newBuilder()
                    .setProfileId(id)
                    .setVersion(1)
                    .setRedirectTo(profileIds.getOrDefault(id, ""))
                    .build();
            writes.add(new ProfileWrite(0, gone));
          }
        });
    return store.writeProfiles(writes).stream().allMatch(written -> written);
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
