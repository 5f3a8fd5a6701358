package dev.attune.core.profile;

import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.ProfileRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Profile records on their way back.
 *
 * <p>A record of the log goes over a stored one that is older and holds nothing that it lacks. All
 * facts that are left out on the way are looked for at the end where their identifier is now: after
 * a merge they are in the other profile, and nothing is to be done.
 */
final class LostProfiles {
  private static final int WAITING_MAX = 50_000;
  private static final int ATTEMPTS = 8;
  private static final int INPUTS = 500;

  private final StoreCalls store;
  private final ProfileWriter writer;
  private final Map<Identifier, FactSet> leftOut = new LinkedHashMap<>();
  private FirstSeen seen = new FirstSeen();
  private final Map<String, Facts> memberships = new LinkedHashMap<>();
  private final Set<String> touched = new LinkedHashSet<>();
  private final Disputed disputed;
  private int waiting;
  private long written;
  private long merged;

  LostProfiles(StoreCalls store, ProfileWriter writer) {
    this.store = store;
    this.writer = writer;
    this.disputed = new Disputed(store, writer);
  }

  long written() {
    return written;
  }

  long merged() {
    return merged;
  }

  void restore(List<ProfileRecord> records) {
    Map<String, List<ProfileRecord>> told =
        records.stream()
            .collect(
                Collectors.groupingBy(
                    ProfileRecord::getProfileId, LinkedHashMap::new, Collectors.toList()));
    for (int attempt = 0; !told.isEmpty() && attempt < ATTEMPTS; attempt++) {
      told = write(told);
    }
    // Somebody writes them all the time: theirs stays, and takes what it lacks.
    told.values().forEach(list -> list.forEach(record -> leaveOut(factsOf(record))));
    touched.addAll(told.keySet());
    if (waiting + touched.size() + disputed.size() + memberships.size() > WAITING_MAX) {
      finish();
    }
  }

  /** What is to become of one profile. */
  private record Plan(
      List<ProfileRecord> told, ProfileRecord newest, Optional<ProfileRecord> known, boolean over) {
    ProfileRecord kept() {
      return over ? newest : known.orElseThrow();
    }
  }

  /** Writes what the store does not have; those that someone else wrote meanwhile are left. */
  private Map<String, List<ProfileRecord>> write(Map<String, List<ProfileRecord>> told) {
    Map<String, Optional<ProfileRecord>> stored = store.readProfiles(told.keySet());
    List<Plan> plans = new ArrayList<>();
    List<ProfileWrite> writes = new ArrayList<>();
    told.forEach(
        (id, list) -> {
          Plan plan = plan(list, stored.getOrDefault(id, Optional.empty()));
          plans.add(plan);
          if (plan.over()) {
            writes.add(
                new ProfileWrite(
                    plan.known().map(ProfileRecord::getVersion).orElse(0L), plan.newest()));
          }
        });
    List<Boolean> done = store.writeProfiles(writes);
    Set<String> conflicts = new HashSet<>();
    for (int i = 0; i < writes.size(); i++) {
      if (!done.get(i)) {
        conflicts.add(writes.get(i).record().getProfileId());
      }
    }
    written += writes.size() - conflicts.size();
    List<Plan> settled =
        plans.stream().filter(plan -> !conflicts.contains(plan.newest().getProfileId())).toList();
    settled.forEach(this::account);
    assign(settled);
    Map<String, List<ProfileRecord>> again = new LinkedHashMap<>(told);
    again.keySet().retainAll(conflicts);
    return again;
  }

  private static Plan plan(List<ProfileRecord> told, Optional<ProfileRecord> known) {
    ProfileRecord newest = told.getFirst();
    for (ProfileRecord record : told) {
      if (record.getVersion() >= newest.getVersion()) {
        newest = record;
      }
    }
    return new Plan(told, newest, known, known.isEmpty() || isLater(newest, known.get(), told));
  }

  private static boolean isLater(
      ProfileRecord newest, ProfileRecord known, List<ProfileRecord> told) {
    if (newest.getVersion() <= known.getVersion()) {
      return false;
    }
    if (!newest.hasLive() || !known.hasLive()) {
      return true;
    }
    Facts later = factsOf(newest);
    Facts earlier = factsOf(known);
    // What another identifier brought went with it.
    Set<dev.attune.proto.v1.Identifier> own = new HashSet<>(later.getIdentifiersList());
    List<Fact> kept =
        earlier.getFactsList().stream().filter(fact -> own.contains(fact.getVia())).toList();
    boolean redirectedMeanwhile =
        told.stream().anyMatch(r -> r.getVersion() > known.getVersion() && r.hasRedirectTo());
    return new FactSet().addAll(later.getFactsList()).lacks(kept).isEmpty()
        && (redirectedMeanwhile || lostMemberships(earlier, later).isEmpty());
  }

  // A record may keep what an identifier brought that has left it; it is not served there.
  private static FactSet ownFacts(Facts facts) {
    Set<Identifier> own =
        facts.getIdentifiersList().stream().map(Identifier::of).collect(Collectors.toSet());
    return new FactSet().addAll(facts.getFactsList()).retain(own::contains);
  }

  private static Facts factsOf(ProfileRecord record) {
    return Content.of(record).facts();
  }

  private static List<MembershipState> lostMemberships(Facts from, Facts into) {
    List<MembershipState> states =
        ProfileWriter.withMemberships(into, from.getMembershipsList()).getMembershipsList();
    return states.stream().filter(state -> !into.getMembershipsList().contains(state)).toList();
  }

  private void account(Plan plan) {
    Facts kept = factsOf(plan.kept());
    FactSet known = ownFacts(kept);
    FirstSeen keptSeen = FirstSeen.of(kept);
    List<ProfileRecord> others = new ArrayList<>(plan.told());
    plan.known().ifPresent(others::add);
    for (ProfileRecord other : others) {
      Facts facts = factsOf(other);
      leaveOut(known.lacks(facts.getFactsList()));
      FirstSeen otherSeen = FirstSeen.of(facts);
      seen.addAll(facts);
      for (var identifier : facts.getIdentifiersList()) {
        if (!kept.getIdentifiersList().contains(identifier)
            || otherSeen.isEarlier(Identifier.of(identifier), keptSeen)) {
          leftOut.computeIfAbsent(Identifier.of(identifier), _ -> new FactSet());
          waiting++;
        }
      }
    }
    if (plan.over() || !plan.kept().hasLive() || !plan.newest().hasLive()) {
      return;
    }
    Facts newest = factsOf(plan.newest());
    String id = plan.newest().getProfileId();
    if (!lostMemberships(newest, kept).isEmpty()
        || !kept.getMergedFromList().containsAll(newest.getMergedFromList())) {
      memberships.merge(
          id,
          newest,
          (a, b) ->
              ProfileWriter.withMemberships(a, b.getMembershipsList()).toBuilder()
                  .addAllMergedFrom(b.getMergedFromList())
                  .build());
    }
  }

  private void leaveOut(Facts facts) {
    seen.addAll(facts);
    leaveOut(facts.getFactsList());
  }

  private void leaveOut(Collection<Fact> facts) {
    for (Fact fact : facts) {
      leftOut
          .computeIfAbsent(Identifier.of(fact.getVia()), _ -> new FactSet())
          .addAll(List.of(fact));
      waiting++;
    }
  }

  // Identifiers without links are in no record of their own: their profile alone knows them.
  private void assign(List<Plan> plans) {
    Map<Identifier, List<String>> holders = new LinkedHashMap<>();
    for (Plan plan : plans) {
      for (var identifier : factsOf(plan.kept()).getIdentifiersList()) {
        holders
            .computeIfAbsent(Identifier.of(identifier), _ -> new ArrayList<>())
            .add(plan.kept().getProfileId());
      }
    }
    Set<Identifier> refused = tryAssign(holders);
    if (!refused.isEmpty()) {
      // Somebody assigned them meanwhile, perhaps elsewhere. Nobody takes an assignment away again,
      // so that the second look has nothing left to write.
      holders.keySet().retainAll(refused);
      var _ = tryAssign(holders);
    }
  }

  /** The identifiers that somebody else wrote meanwhile. */
  private Set<Identifier> tryAssign(Map<Identifier, List<String>> holders) {
    List<Identifier> identifiers = List.copyOf(holders.keySet());
    List<Optional<IdentityRecord>> stored = store.readIdentities(identifiers);
    List<IdentityWrite> writes = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      List<String> holding = holders.getOrDefault(identifiers.get(i), List.of());
      String assigned = stored.get(i).map(IdentityRecord::getProfileId).orElse(holding.getLast());
      if (stored.get(i).isEmpty()) {
        writes.add(
            new IdentityWrite(
                identifiers.get(i),
                0,
                IdentityRecord.newBuilder().setProfileId(assigned).setVersion(1).build()));
      }
      holding.stream().filter(id -> !id.equals(assigned)).forEach(disputed::add);
    }
    List<Boolean> written = store.tryIdentities(writes);
    Set<Identifier> refused = new HashSet<>();
    for (int i = 0; i < writes.size(); i++) {
      if (!written.get(i)) {
        refused.add(writes.get(i).identifier());
      }
    }
    return refused;
  }

  /** See {@link Disputed#mark}. */
  void mark() {
    disputed.mark();
  }

  void finish() {
    merged += disputed.settle();
    List<ProfileInput> inputs = inputs();
    apply(writer, inputs);
    merged += inputs.size();
    leftOut.clear();
    seen = new FirstSeen();
    waiting = 0;
    for (List<String> ids : chunks(touched)) {
      writer.settle(ids);
    }
    touched.clear();
    writer.restore(memberships);
    memberships.clear();
  }

  /** What is still missing where its identifier is now. */
  private List<ProfileInput> inputs() {
    List<Identifier> identifiers = List.copyOf(leftOut.keySet());
    List<Optional<IdentityRecord>> identities = store.readIdentities(identifiers);
    Map<String, ProfileRecord> profiles =
        followed(
            identities.stream()
                .flatMap(Optional::stream)
                .map(IdentityRecord::getProfileId)
                .toList());
    List<ProfileInput> inputs = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      Identifier identifier = identifiers.get(i);
      Collection<Fact> facts = leftOut.getOrDefault(identifier, new FactSet()).all();
      Facts now =
          identities
              .get(i)
              .flatMap(record -> Optional.ofNullable(profiles.get(record.getProfileId())))
              .map(LostProfiles::factsOf)
              .orElse(Facts.getDefaultInstance());
      boolean belongs = now.getIdentifiersList().contains(identifier.toProto());
      List<Fact> missing =
          belongs ? new FactSet().addAll(now.getFactsList()).lacks(facts) : List.copyOf(facts);
      if (!belongs || !missing.isEmpty() || seen.isEarlier(identifier, FirstSeen.of(now))) {
        inputs.add(
            new ProfileInput(
                identifier, missing, List.of(), ProfileWriter.RESTORED, seen.at(identifier)));
      }
    }
    return inputs;
  }

  /** The live records that these ids lead to. */
  private Map<String, ProfileRecord> followed(List<String> profileIds) {
    Map<String, ProfileRecord> live = new HashMap<>();
    Map<String, String> at = new HashMap<>();
    profileIds.forEach(id -> at.put(id, id));
    for (int hop = 0; hop <= ProfileStore.REDIRECTS_MAX && !at.isEmpty(); hop++) {
      Map<String, Optional<ProfileRecord>> read =
          store.readProfiles(new LinkedHashSet<>(at.values()));
      Map<String, String> next = new HashMap<>();
      at.forEach(
          (id, now) ->
              read.getOrDefault(now, Optional.empty())
                  .ifPresent(
                      record -> {
                        if (record.hasLive()) {
                          live.put(id, record);
                        } else {
                          next.put(id, record.getRedirectTo());
                        }
                      }));
      at.clear();
      at.putAll(next);
    }
    return live;
  }

  static void apply(ProfileWriter writer, List<ProfileInput> inputs) {
    for (List<ProfileInput> chunk : chunks(inputs)) {
      writer.apply(chunk);
    }
  }

  static <T> List<List<T>> chunks(Collection<T> all) {
    List<T> items = List.copyOf(all);
    List<List<T>> chunks = new ArrayList<>();
    for (int from = 0; from < items.size(); from += INPUTS) {
      chunks.add(items.subList(from, Math.min(items.size(), from + INPUTS)));
    }
    return chunks;
  }
}
