package dev.attune.core.profile;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.identity.Partition;
import dev.attune.core.identity.Partition.Component;
import dev.attune.core.identity.Partition.Decision;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Link;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt at writing knows of the identity records: as read, with the input's links added.
 * The parts that changed, or look unfinished, are closed over their links and partitioned anew.
 */
final class IdentityView {
  /**
   * Most identifiers looked at in one attempt; if one input alone has more, its data is at fault.
   */
  static final int CLUSTER_MAX = 5_000;

  private final StoreCalls store;
  private final Catalog catalog;
  private final Map<Identifier, IdentityRecord> records = new LinkedHashMap<>();
  private final Map<Identifier, Long> storedVersions = new HashMap<>();
  private final Set<Identifier> dirty = new LinkedHashSet<>();
  private final Set<Identifier> closed = new LinkedHashSet<>();
  private final Set<Identifier> foundOpen = new HashSet<>();
  private @Nullable Partition partition;

  IdentityView(StoreCalls store, Catalog catalog) {
    this.store = store;
    this.catalog = catalog;
  }

  /** Reads the records that are not known yet. */
  void load(Collection<Identifier> identifiers) {
    List<Identifier> missing =
        identifiers.stream().filter(i -> !records.containsKey(i)).distinct().toList();
    List<Optional<IdentityRecord>> read = store.readIdentities(missing);
    for (int i = 0; i < missing.size(); i++) {
      IdentityRecord record = read.get(i).orElse(IdentityRecord.getDefaultInstance());
      records.put(missing.get(i), record);
      storedVersions.put(missing.get(i), record.getVersion());
      if (isOpen(record)) {
        foundOpen.add(missing.get(i));
      }
    }
  }

  /** Adds a link at both ends, which must be loaded. */
  void add(Link link) {
    for (Identifier end : List.of(Identifier.of(link.getA()), Identifier.of(link.getB()))) {
      Links.add(record(end), end, link, catalog)
          .ifPresent(
              record -> {
                records.put(end, record.toBuilder().setUnsettled(true).build());
                dirty.add(end);
              });
    }
  }

  /** The profile that an identifier is assigned to; empty before there is one. */
  String assigned(Identifier identifier) {
    return record(identifier).getProfileId();
  }

  /**
   * Closes over the links of everything that is unsettled, has no profile yet, or is named,
   * together with the other identifiers of the profiles that lose something; then partitions it and
   * gives the unassigned their profile.
   */
  void settle(Set<Identifier> suspects) {
    Set<Identifier> open = new LinkedHashSet<>(dirty);
    open.addAll(suspects);
    records.forEach(
        (identifier, record) -> {
          if (record.getProfileId().isEmpty() || isOpen(record)) {
            open.add(identifier);
          }
        });
    while (!open.isEmpty()) {
      close(open);
      open.clear();
      Partition computed = Partition.of(closed, effectiveLinks(), catalog);
      partition = computed;
      Set<String> losing = new TreeSet<>();
      sources(computed).forEach(move -> losing.add(move.from()));
      // Their identifiers may no longer be linked, once one of them turned out to be shared.
      for (Identifier identifier : store.identifiersOf(losing)) {
        if (!closed.contains(identifier)) {
          open.add(identifier);
        }
      }
    }
    for (Identifier identifier : closed) {
      if (assigned(identifier).isEmpty()) {
        assign(identifier);
      }
    }
    unsettle(suspects);
  }

  // Whoever repeats a move after a crash may suspect nobody any longer, and would not come by.
  private void unsettle(Set<Identifier> suspects) {
    Set<String> profiles = new HashSet<>();
    for (Move move : moves()) {
      profiles.add(move.from());
      profiles.add(move.into().profileId());
    }
    for (Identifier identifier : suspects) {
      IdentityRecord record = record(identifier);
      if (!record.getUnsettled() && profiles.contains(record.getProfileId())) {
        records.put(identifier, record.toBuilder().setUnsettled(true).build());
        dirty.add(identifier);
      }
    }
  }

  private void close(Set<Identifier> open) {
    Set<Identifier> frontier = new LinkedHashSet<>(open);
    while (!frontier.isEmpty()) {
      load(frontier);
      closed.addAll(frontier);
      if (closed.size() > CLUSTER_MAX) {
        throw new TooManyIdentifiersException(CLUSTER_MAX);
      }
      Set<Identifier> next = new LinkedHashSet<>();
      for (Identifier identifier : frontier) {
        for (Link link : record(identifier).getLinksList()) {
          Identifier partner = Links.partner(link, identifier);
          // What was taken back, or keeps people apart, leads to nobody.
          if (Links.joins(link) && !closed.contains(partner)) {
            next.add(partner);
          }
        }
      }
      frontier = next;
    }
  }

  /** The ends of a link, and who may take it back. */
  private record Said(Identifier a, Identifier b, String source) {}

  // A link counts only while both ends still keep it: either may have dropped it at its limit.
  // Their stamps may differ for a moment, while a stronger one is on its way into both. A split
  // counts at one end already: what errs, errs on the side of keeping people apart.
  private Collection<Link> effectiveLinks() {
    Map<Said, List<Link>> ends = new HashMap<>();
    for (Identifier identifier : closed) {
      for (Link link : record(identifier).getLinksList()) {
        ends.computeIfAbsent(
                new Said(Identifier.of(link.getA()), Identifier.of(link.getB()), link.getSource()),
                _ -> new ArrayList<>())
            .add(link);
      }
    }
    return ends.values().stream()
        .filter(kept -> kept.size() == 2 || kept.getFirst().getSplit())
        .map(kept -> kept.stream().reduce(Links::stronger).orElseThrow())
        .toList();
  }

  /** The identifiers that were partitioned anew. */
  Set<Identifier> closed() {
    return Collections.unmodifiableSet(closed);
  }

  /** Whose identifier this is; empty when nothing about it changed and its assignment stands. */
  Optional<Component> component(Identifier identifier) {
    return partition != null && closed.contains(identifier)
        ? Optional.of(partition.component(identifier))
        : Optional.empty();
  }

  /** What became of the links of all that was partitioned, in the order they were taken. */
  List<Decision> decisions() {
    return partition == null ? List.of() : partition.decisions();
  }

  private static boolean isOpen(IdentityRecord record) {
    return record.getUnsettled() || record.getMovingFromCount() > 0;
  }

  /** The identifiers that have to move, from each profile that may hold facts of theirs. */
  List<Move> moves() {
    return partition == null ? List.of() : sources(partition);
  }

  private List<Move> sources(Partition computed) {
    List<Move> moves = new ArrayList<>();
    for (Identifier identifier : closed) {
      Component component = computed.component(identifier);
      Set<String> from = new LinkedHashSet<>(record(identifier).getMovingFromList());
      from.add(assigned(identifier));
      from.remove("");
      from.remove(component.profileId());
      from.forEach(source -> moves.add(new Move(identifier, source, component)));
    }
    return moves;
  }

  /** One identifier's way to another profile. */
  record Move(Identifier identifier, String from, Component into) {}

  /** Writes what changed; false when another writer was faster. */
  boolean write() {
    return write(writes());
  }

  private List<IdentityWrite> writes() {
    List<IdentityWrite> writes = new ArrayList<>();
    for (Identifier identifier : dirty) {
      long stored = storedVersions.getOrDefault(identifier, 0L);
      IdentityRecord record = record(identifier).toBuilder().setVersion(stored + 1).build();
      records.put(identifier, record);
      writes.add(new IdentityWrite(identifier, stored, record));
    }
    return writes;
  }

  /** Writes these; false when another writer was faster. */
  boolean write(List<IdentityWrite> writes) {
    boolean all = store.writeIdentities(writes);
    dirty.forEach(i -> storedVersions.put(i, record(i).getVersion()));
    dirty.clear();
    return all;
  }

  /** Whether anything waits for {@link #completion}. */
  boolean incomplete() {
    return !moves().isEmpty() || closed.stream().anyMatch(i -> isOpen(record(i)));
  }

  /**
   * Whether everything the partition rests on is still as it was read. Records that were only read
   * are in no compare-and-set: without this, two writers could each leave out what the other added.
   */
  boolean stillHolds() {
    List<Identifier> read = List.copyOf(closed);
    List<Optional<IdentityRecord>> now = store.readIdentities(read);
    for (int i = 0; i < read.size(); i++) {
      long version = now.get(i).map(IdentityRecord::getVersion).orElse(0L);
      if (version != storedVersions.getOrDefault(read.get(i), 0L)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Assigns what moves to its new profile, which holds its facts by now, and remembers where it
   * comes from. Only then may anything be taken away there: whoever moves it on meanwhile looks in
   * both. False on a conflict.
   */
  boolean assignMoves() {
    for (Move move : moves()) {
      IdentityRecord record = record(move.identifier());
      Set<String> from = new LinkedHashSet<>(record.getMovingFromList());
      from.add(move.from());
      records.put(
          move.identifier(),
          record.toBuilder()
              .setProfileId(move.into().profileId())
              .clearMovingFrom()
              .addAllMovingFrom(from)
              .build());
      dirty.add(move.identifier());
    }
    return write();
  }

  /**
   * The writes that mark moves and links as complete. The log has to have them first: once the
   * marks are gone nobody comes by to tell it.
   */
  List<IdentityWrite> completion() {
    Set<Identifier> others = besideOthersMarks();
    for (Identifier identifier : closed) {
      if (others.contains(identifier) || isOpen(record(identifier))) {
        records.put(
            identifier,
            record(identifier).toBuilder().setUnsettled(false).clearMovingFrom().build());
        dirty.add(identifier);
      }
    }
    return writes();
  }

  // Whoever set the marks that are taken away may still be at work, with an older view of the same
  // people. What they are about to move must not be as they read it.
  private Set<Identifier> besideOthersMarks() {
    ArrayDeque<Identifier> next = new ArrayDeque<>(foundOpen);
    next.retainAll(closed);
    if (next.isEmpty()) {
      return Set.of();
    }
    Map<String, List<Identifier>> byProfile = new HashMap<>();
    for (Identifier identifier : closed) {
      profilesOf(identifier)
          .forEach(id -> byProfile.computeIfAbsent(id, _ -> new ArrayList<>()).add(identifier));
    }
    Set<Identifier> beside = new HashSet<>();
    while (!next.isEmpty()) {
      Identifier identifier = next.remove();
      if (!closed.contains(identifier) || !beside.add(identifier)) {
        continue;
      }
      for (Link link : record(identifier).getLinksList()) {
        next.add(Links.partner(link, identifier));
      }
      for (String profile : profilesOf(identifier)) {
        List<Identifier> same = byProfile.remove(profile);
        if (same != null) {
          next.addAll(same);
        }
      }
    }
    return beside;
  }

  private Set<String> profilesOf(Identifier identifier) {
    Set<String> profiles = new HashSet<>(record(identifier).getMovingFromList());
    profiles.add(assigned(identifier));
    component(identifier).ifPresent(component -> profiles.add(component.profileId()));
    return profiles;
  }

  private void assign(Identifier identifier) {
    String profileId = component(identifier).orElseThrow().profileId();
    records.put(identifier, record(identifier).toBuilder().setProfileId(profileId).build());
    dirty.add(identifier);
  }

  /** The component whose profile has this id, if there is one. */
  Optional<Component> componentOf(String profileId) {
    return closed.stream()
        .flatMap(identifier -> component(identifier).stream())
        .filter(component -> component.profileId().equals(profileId))
        .findFirst();
  }

  /** What is known of an identifier that was read. */
  IdentityRecord record(Identifier identifier) {
    IdentityRecord record = records.get(identifier);
    if (record == null) {
      throw new IllegalStateException("identity: used before it was read");
    }
    return record;
  }
}
