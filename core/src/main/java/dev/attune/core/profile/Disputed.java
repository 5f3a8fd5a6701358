package dev.attune.core.profile;

import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.proto.v1.IdentityRecord;
import java.util.ArrayList;
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
   * Marks what has to move. To be done by everybody before anybody settles: that may merge a
   * profile away in which somebody else's identifier has something.
   */
  void mark() {
    for (int attempt = 0; !profileIds.isEmpty() && attempt < ATTEMPTS; attempt++) {
      if (tryMark()) {
        break;
      }
    }
    profileIds.clear();
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

  // The mark of a move that is not complete: the writer completes it. False on a conflict.
  private boolean tryMark() {
    Map<Identifier, Set<String>> holders = holders();
    List<Identifier> identifiers = List.copyOf(holders.keySet());
    List<Optional<IdentityRecord>> stored = store.readIdentities(identifiers);
    List<IdentityWrite> writes = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      Set<String> from = new LinkedHashSet<>(holders.getOrDefault(identifiers.get(i), Set.of()));
      IdentityRecord record = stored.get(i).orElse(IdentityRecord.getDefaultInstance());
      from.remove(record.getProfileId());
      if (record.getProfileId().isEmpty() || from.isEmpty()) {
        continue;
      }
      moved.add(identifiers.get(i));
      if (!record.getMovingFromList().containsAll(from)) {
        from.addAll(record.getMovingFromList());
        writes.add(
            new IdentityWrite(
                identifiers.get(i),
                record.getVersion(),
                record.toBuilder()
                    .clearMovingFrom()
                    .addAllMovingFrom(from)
                    .setVersion(record.getVersion() + 1)
                    .build()));
      }
    }
    return store.writeIdentities(writes);
  }

  private Map<Identifier, Set<String>> holders() {
    Map<Identifier, Set<String>> holders = new LinkedHashMap<>();
    store
        .readProfiles(profileIds)
        .forEach(
            (id, record) ->
                record
                    .map(content -> Content.of(content).facts().getIdentifiersList())
                    .ifPresent(
                        own ->
                            own.forEach(
                                i ->
                                    holders
                                        .computeIfAbsent(
                                            Identifier.of(i), _ -> new LinkedHashSet<>())
                                        .add(id))));
    return holders;
  }
}
