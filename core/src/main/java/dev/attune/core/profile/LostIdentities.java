package dev.attune.core.profile;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.proto.v1.IdentityChange;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.ProfileRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Identity records on their way back. All records of an identifier add up, link by link. */
final class LostIdentities {
  private static final int WAITING_MAX = 20_000;
  private static final int ATTEMPTS = 8;

  private final StoreCalls store;
  private final ProfileWriter writer;
  private final Supplier<Catalog> catalog;
  private final Set<ProfileInput> waiting = new LinkedHashSet<>();
  // Whom we wrote unsettled, and with which version: nobody has begun anything there. The mark in
  // the store is what counts, these are the names.
  private final Map<Identifier, Long> doubted = new LinkedHashMap<>();
  private final Disputed disputed;
  private long merged;

  LostIdentities(StoreCalls store, ProfileWriter writer, Supplier<Catalog> catalog) {
    this.store = store;
    this.writer = writer;
    this.catalog = catalog;
    this.disputed = new Disputed(store, writer);
  }

  long merged() {
    return merged;
  }

  void restore(List<IdentityChange> changes) {
    Map<Identifier, IdentityRecord> told = new LinkedHashMap<>();
    for (IdentityChange change : changes) {
      Identifier identifier = Identifier.of(change.getIdentifier());
      told.merge(identifier, change.getRecord(), (a, b) -> union(identifier, a, b));
    }
    for (int attempt = 0; !told.isEmpty() && attempt < ATTEMPTS; attempt++) {
      told = write(told);
    }
    told.forEach((identifier, record) -> wait(identifier, record.getLinksList()));
    if (waiting.size() + disputed.size() > WAITING_MAX) {
      finish();
    }
    if (doubted.size() > WAITING_MAX) {
      finish();
      settleDoubted();
    }
  }

  /** Writes what the store does not have; those that someone else wrote meanwhile are left. */
  private Map<Identifier, IdentityRecord> write(Map<Identifier, IdentityRecord> told) {
    List<Identifier> identifiers = List.copyOf(told.keySet());
    List<Optional<IdentityRecord>> stored = store.readIdentities(identifiers);
    List<IdentityWrite> writes = new ArrayList<>();
    Map<Identifier, IdentityRecord> grown = new LinkedHashMap<>();
    Map<String, Optional<ProfileRecord>> left = left(told, identifiers, stored);
    for (int i = 0; i < identifiers.size(); i++) {
      Identifier identifier = identifiers.get(i);
      IdentityRecord record = recordOf(told, identifier);
      IdentityRecord known = stored.get(i).orElse(IdentityRecord.getDefaultInstance());
      IdentityRecord both = union(identifier, known, record);
      if (stored.get(i).isEmpty()) {
        writes.add(new IdentityWrite(identifier, 0, record));
        if (record.getUnsettled()) {
          wait(identifier, List.of());
        }
      } else if (isLater(record, known, both, doubted.getOrDefault(identifier, 0L))) {
        IdentityRecord back = inPlaceOf(known, identifier, record, left);
        if (!back.getUnsettled()
            && (known.getUnsettled() || !linksOf(back).equals(linksOf(known)))) {
          back = back.toBuilder().setUnsettled(true).build();
          grown.put(identifier, back);
        }
        writes.add(new IdentityWrite(identifier, known.getVersion(), back));
      } else if (both.getShared() && !known.getShared()) {
        writes.add(new IdentityWrite(identifier, known.getVersion(), shared(known)));
        wait(identifier, List.of());
      } else if (!linksOf(both).equals(linksOf(known))) {
        List<Link> lost = new ArrayList<>(both.getLinksList());
        lost.removeAll(known.getLinksList());
        wait(identifier, lost);
      } else if (known.getUnsettled()) {
        wait(identifier, List.of());
      }
    }
    List<Boolean> written = store.tryIdentities(writes);
    Map<Identifier, IdentityRecord> again = new LinkedHashMap<>();
    for (int i = 0; i < writes.size(); i++) {
      Identifier identifier = writes.get(i).identifier();
      if (!written.get(i)) {
        again.put(identifier, recordOf(told, identifier));
      }
    }
    grown.keySet().removeAll(again.keySet());
    doubt(grown);
    return again;
  }

  /** The profiles that identifiers are in which the log has in others. */
  private Map<String, Optional<ProfileRecord>> left(
      Map<Identifier, IdentityRecord> told,
      List<Identifier> identifiers,
      List<Optional<IdentityRecord>> stored) {
    Set<String> leaving = new LinkedHashSet<>();
    for (int i = 0; i < identifiers.size(); i++) {
      String to = recordOf(told, identifiers.get(i)).getProfileId();
      stored
          .get(i)
          .map(IdentityRecord::getProfileId)
          .filter(from -> !from.equals(to))
          .ifPresent(leaving::add);
    }
    return store.readProfiles(leaving);
  }

  /** The log's record, as it goes over a stored one. */
  private IdentityRecord inPlaceOf(
      IdentityRecord known,
      Identifier identifier,
      IdentityRecord record,
      Map<String, Optional<ProfileRecord>> left) {
    String from = known.getProfileId();
    boolean moves = !from.isEmpty() && !from.equals(record.getProfileId());
    if (moves) {
      disputed.add(from);
    }
    boolean leaves = moves && mayHold(identifier, left.getOrDefault(from, Optional.empty()));
    if (record.getUnsettled() || leaves) {
      wait(identifier, List.of());
    }
    return leaves ? movingFrom(from, record) : record;
  }

  // An event that met one end of a link while the other was missing has passed it over, and may
  // have given its own end to somebody else. Otherwise the log's end is as settled as it was there.
  // Looked at after the write: who is about to move the other end looks at this one last.
  private void doubt(Map<Identifier, IdentityRecord> grown) {
    Set<Identifier> partners = new LinkedHashSet<>();
    grown.forEach((end, record) -> partners.addAll(partners(end, record)));
    List<Identifier> read = List.copyOf(partners);
    List<Optional<IdentityRecord>> stored = store.readIdentities(read);
    Map<Identifier, String> profiles = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      Identifier partner = read.get(i);
      stored.get(i).ifPresent(record -> profiles.put(partner, record.getProfileId()));
    }
    List<IdentityWrite> agreed = new ArrayList<>();
    grown.forEach(
        (end, record) -> {
          String own = record.getProfileId();
          if (partners(end, record).stream()
              .allMatch(partner -> profiles.getOrDefault(partner, own).equals(own))) {
            doubted.remove(end);
            // A record of the log that has this very version tells the same links once more, or a
            // move whose end comes with a later one.
            agreed.add(
                new IdentityWrite(
                    end,
                    record.getVersion(),
                    record.toBuilder()
                        .setUnsettled(false)
                        .setVersion(record.getVersion() + 1)
                        .build()));
          } else {
            doubted.put(end, record.getVersion());
          }
        });
    // One that is refused is somebody's work by now, who settles it.
    var _ = store.tryIdentities(agreed);
  }

  private static List<Identifier> partners(Identifier end, IdentityRecord record) {
    return record.getLinksList().stream()
        .filter(Links::joins)
        .map(link -> Links.partner(link, end))
        .toList();
  }

  private static IdentityRecord recordOf(
      Map<Identifier, IdentityRecord> told, Identifier identifier) {
    return told.getOrDefault(identifier, IdentityRecord.getDefaultInstance());
  }

  // While a store that lost all is filled, nobody is anywhere yet. A redirect may be about to be
  // written over, by an event that saw the identifier there.
  private static boolean mayHold(Identifier identifier, Optional<ProfileRecord> profile) {
    return profile
        .filter(
            record ->
                record.hasRedirectTo()
                    || Content.of(record)
                        .facts()
                        .getIdentifiersList()
                        .contains(identifier.toProto()))
        .isPresent();
  }

  // At once: with the next event somebody might merge the profile that it leaves away.
  private static IdentityRecord movingFrom(String profileId, IdentityRecord record) {
    return record.getMovingFromList().contains(profileId)
        ? record
        : record.toBuilder().addMovingFrom(profileId).build();
  }

  // Whether the log's record is what became of the stored one.
  private static boolean isLater(
      IdentityRecord told, IdentityRecord known, IdentityRecord both, long doubtedVersion) {
    return told.getVersion() > known.getVersion()
        && (!known.getUnsettled() || known.getVersion() == doubtedVersion)
        && known.getMovingFromCount() == 0
        && linksOf(told).equals(linksOf(both));
  }

  private static IdentityRecord linksOf(IdentityRecord record) {
    return IdentityRecord.newBuilder()
        .addAllLinks(record.getLinksList())
        .setShared(record.getShared())
        .build();
  }

  // Whoever meets it settles what follows.
  private static IdentityRecord shared(IdentityRecord known) {
    return known.toBuilder()
        .clearLinks()
        .setShared(true)
        .setUnsettled(true)
        .setVersion(known.getVersion() + 1)
        .build();
  }

  /** The newer record with the links of both; unsettled when nobody has seen them together. */
  private IdentityRecord union(Identifier identifier, IdentityRecord a, IdentityRecord b) {
    boolean grows = b.getVersion() >= a.getVersion();
    IdentityRecord newer = grows ? b : a;
    IdentityRecord older = grows ? a : b;
    if (older.getShared() && !newer.getShared()) {
      return newer.toBuilder().clearLinks().setShared(true).setUnsettled(true).build();
    }
    IdentityRecord both = newer;
    for (Link link : older.getLinksList()) {
      both = Links.add(both, identifier, link, catalog.get()).orElse(both);
    }
    return linksOf(both).equals(linksOf(newer))
        ? newer
        : both.toBuilder().setUnsettled(true).build();
  }

  private void wait(Identifier identifier, List<Link> links) {
    waiting.add(new ProfileInput(identifier, List.of(), links, ProfileWriter.RESTORED));
  }

  /** See {@link Disputed#mark}. */
  void mark() {
    disputed.mark();
  }

  void finish() {
    doubtAgain();
    // First, or what waits might merge a profile away that still holds what somebody else's
    // identifier brought meanwhile.
    merged += disputed.settle();
    LostProfiles.apply(writer, List.copyOf(waiting));
    merged += waiting.size();
    waiting.clear();
  }

  // The other ends came back meanwhile, most of them to the same profile.
  private void doubtAgain() {
    List<Identifier> ends = List.copyOf(doubted.keySet());
    List<Optional<IdentityRecord>> stored = store.readIdentities(ends);
    Map<Identifier, IdentityRecord> untouched = new LinkedHashMap<>();
    for (int i = 0; i < ends.size(); i++) {
      Identifier end = ends.get(i);
      stored
          .get(i)
          .filter(record -> record.getVersion() == doubted.getOrDefault(end, 0L))
          .ifPresent(record -> untouched.put(end, record));
    }
    doubt(untouched);
  }

  /**
   * Looks anew at whom an event may have kept apart. Best when the profiles are back, and {@link
   * #finish} was called: before, each would get one of its own that is poorer than the log's.
   */
  void settleDoubted() {
    LostProfiles.apply(
        writer,
        doubted.keySet().stream()
            .map(end -> new ProfileInput(end, List.of(), List.of(), ProfileWriter.RESTORED))
            .toList());
    doubted.clear();
  }
}
