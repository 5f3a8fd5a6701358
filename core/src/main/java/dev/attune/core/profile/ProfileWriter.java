package dev.attune.core.profile;

import com.google.protobuf.ByteString;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Partition.Component;
import dev.attune.core.profile.ChangeEmitter.Told;
import dev.attune.core.profile.IdentityView.Move;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.CatalogCause;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.MembershipCause;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.MergeCause;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.RestoreCause;
import dev.attune.proto.v1.SplitCause;
import dev.attune.proto.v1.Transition;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Writes what events, rows and transitions say into profiles, and tells what changed.
 *
 * <p>Any number of writers may work at once, in any number of processes: every record is read,
 * folded and compare-and-set, and a conflict begins again from the links. When a call returns,
 * everything is stored and told; when it throws or the process dies, repeating it completes what
 * was begun. The order that makes it so:
 *
 * <ol>
 *   <li>links and first assignments, so that whoever comes next computes the same people;
 *   <li>the profiles that gain, with what they gain, and their changes;
 *   <li>the identity records of what moves: they point to the new profile, and remember the old
 *       one;
 *   <li>the profiles that lose: a redirect, or the rest, requiring the very version that was read;
 *   <li>the changes of the identity records, then the marks of new links and moves. Until they are
 *       gone, the next writer to meet one of these identifiers does all of it again.
 * </ol>
 */
public final class ProfileWriter {
  /** Largest content of a profile, in bytes. What would make it larger is refused. */
  public static final int FACTS_BYTES_MAX = 256 << 10;

  /** Why something is written again that the log knew and the store did not. */
  static final Cause RESTORED =
      Cause.newBuilder().setRestore(RestoreCause.getDefaultInstance()).build();

  private static final int ATTEMPTS_MAX = 40;
  // One record that another writer changes meanwhile costs all inputs of the attempt another one:
  // the more they are, the likelier that is. So they part after a few.
  private static final int ATTEMPTS_TOGETHER = 4;
  private static final long BACKOFF_NANOS_MAX = 50_000_000;

  private final StoreCalls store;
  private final ChangeEmitter changes;
  private final Newcomers newcomers;
  private final Supplier<Catalog> catalog;
  private final InstantSource clock;

  /**
   * A writer.
   *
   * @param catalog the one in force; asked at each attempt
   * @param timeout of each call to the store
   */
  public ProfileWriter(
      ProfileStore store,
      ChangeSink sink,
      Supplier<Catalog> catalog,
      InstantSource clock,
      Duration timeout) {
    this.store = new StoreCalls(store, timeout);
    this.changes = new ChangeEmitter(this.store, sink);
    this.newcomers = new Newcomers(this.store, changes, this::refolded);
    this.catalog = catalog;
    this.clock = clock;
  }

  /**
   * Writes inputs; blocks until they are stored and their changes are in the log.
   *
   * @throws StoreException when the store does not do its work; nothing is lost by repeating the
   *     call
   */
  public void apply(List<ProfileInput> inputs) {
    apply(inputs, _ -> Set.of());
  }

  /**
   * The same, for inputs of which many may be of people who are not there yet, such as rows of a
   * table: those are created at less than half of what {@link #apply(List)} costs, all others cost
   * a little more.
   */
  public void load(List<ProfileInput> inputs) {
    apply(newcomers.create(inputs));
  }

  /**
   * The same.
   *
   * @param doubted identifiers that are looked at anew together with an input, besides its own
   */
  private void apply(List<ProfileInput> inputs, Function<ProfileInput, Set<Identifier>> doubted) {
    List<ProfileInput> pending = inputs;
    Set<Identifier> suspects = new LinkedHashSet<>();
    inputs.forEach(input -> suspects.addAll(doubted.apply(input)));
    for (int attempt = 0;
        pending.size() == 1 || (!pending.isEmpty() && attempt < ATTEMPTS_TOGETHER);
        attempt++) {
      backOff(attempt);
      try {
        pending = new Attempt(pending, suspects).run();
      } catch (TooManyIdentifiersException e) {
        if (pending.size() < 2) {
          throw e;
        }
        // Together they are too many, alone each may be well.
        break;
      }
    }
    // What the attempts suspected besides, those of a half find again.
    int half = pending.size() / 2;
    if (half > 0) {
      apply(pending.subList(0, half), doubted);
      apply(pending.subList(half, pending.size()), doubted);
    }
  }

  /**
   * Folds transitions into the memberships of their profiles; older ones than the state are
   * ignored.
   */
  public void applyMemberships(List<Transition> transitions) {
    Map<String, List<Transition>> byProfile =
        transitions.stream()
            .collect(
                Collectors.groupingBy(
                    Transition::getProfileId, LinkedHashMap::new, Collectors.toList()));
    change(
        byProfile.keySet(),
        (id, facts) -> memberships(facts, byProfile.getOrDefault(id, List.of())),
        id -> membershipCauses(byProfile.getOrDefault(id, List.of())));
  }

  /**
   * Adds the memberships and the former ids that profiles had, as far as they are not known to
   * them; an older membership than theirs is ignored. The facts are not looked at: those come back
   * as inputs.
   */
  void restore(Map<String, Facts> known) {
    change(
        known.keySet(),
        (id, facts) -> {
          Facts lost = known.getOrDefault(id, Facts.getDefaultInstance());
          TreeSet<String> merged = new TreeSet<>(facts.getMergedFromList());
          merged.addAll(lost.getMergedFromList());
          merged.remove(id);
          return withMemberships(
              facts.toBuilder().clearMergedFrom().addAllMergedFrom(merged).build(),
              lost.getMembershipsList());
        },
        _ -> List.of(RESTORED));
  }

  private void change(
      Set<String> profileIds,
      BiFunction<String, Facts, Facts> change,
      Function<String, List<Cause>> causes) {
    Set<String> pending = profileIds;
    for (int attempt = 0; !pending.isEmpty(); attempt++) {
      backOff(attempt);
      pending = tryChange(pending, change, causes);
    }
  }

  /**
   * Folds profiles again after the catalog changed, and partitions their identifiers anew: limits
   * and strength of namespaces may have changed too.
   */
  public void refold(Collection<String> profileIds, long catalogVersion) {
    settle(
        profileIds,
        Cause.newBuilder()
            .setCatalog(CatalogCause.newBuilder().setCatalogVersion(catalogVersion))
            .build());
  }

  /** Partitions the identifiers of profiles anew: their records may be out of date. */
  void settle(Collection<String> profileIds) {
    settle(profileIds, RESTORED);
  }

  private void settle(Collection<String> profileIds, Cause cause) {
    Map<ProfileInput, Set<Identifier>> owners = new LinkedHashMap<>();
    for (Set<Identifier> own : store.identifiersByProfile(profileIds)) {
      // While an identifier is on its way, both profiles may name it: one input stands for both.
      owners
          .computeIfAbsent(
              new ProfileInput(own.iterator().next(), List.of(), List.of(), cause),
              _ -> new LinkedHashSet<>())
          .addAll(own);
    }
    apply(List.copyOf(owners.keySet()), input -> owners.getOrDefault(input, Set.of()));
  }

  // The profiles that were written by someone else meanwhile. Redirected ones are passed over: the
  // profile that they became is told for itself.
  private Set<String> tryChange(
      Set<String> profileIds,
      BiFunction<String, Facts, Facts> change,
      Function<String, List<Cause>> causes) {
    List<ProfileWrite> writes = new ArrayList<>();
    List<Told> told = new ArrayList<>();
    for (Optional<ProfileRecord> found : store.readProfiles(profileIds).values()) {
      if (found.isEmpty() || !found.get().hasLive()) {
        continue;
      }
      ProfileRecord record = found.get();
      refolded(record, change.apply(record.getProfileId(), Content.of(record).facts()))
          .ifPresentOrElse(
              writes::add,
              // Told again: whoever wrote it may have died before telling.
              () -> told.add(Told.of(record, causes.apply(record.getProfileId()))));
    }
    List<Boolean> written = store.writeProfiles(writes);
    Set<String> again = new LinkedHashSet<>();
    for (int i = 0; i < writes.size(); i++) {
      ProfileRecord record = writes.get(i).record();
      if (written.get(i)) {
        told.add(Told.of(record, causes.apply(record.getProfileId())));
      } else {
        again.add(record.getProfileId());
      }
    }
    changes.emit(told);
    return again;
  }

  private static List<Cause> membershipCauses(List<Transition> transitions) {
    return transitions.stream().map(ProfileWriter::membershipCause).toList();
  }

  /** The facts with what transitions say, of which the newer of two stays. */
  static Facts memberships(Facts facts, List<Transition> transitions) {
    List<MembershipState> said = new ArrayList<>();
    for (Transition t : transitions) {
      MembershipState.Builder state =
          MembershipState.newBuilder()
              .setAudience(t.getAudience())
              .setMember(t.getEntered())
              .setEnteredAtMicros(enteredAt(t))
              .setValidUntilMicros(t.getValidUntilMicros())
              .setCompleteFromMicros(t.getEntered() ? t.getCompleteFromMicros() : 0)
              .setGeneration(t.getGeneration())
              .setVersion(t.getVersion());
      if (t.hasValue()) {
        state.setValue(t.getValue());
      }
      said.add(state.build());
    }
    return withMemberships(facts, said);
  }

  private static long enteredAt(Transition t) {
    if (!t.getEntered()) {
      return 0;
    }
    return t.getSinceMicros() == 0 ? t.getAtMicros() : t.getSinceMicros();
  }

  /** The facts with further memberships, of which the newer of two stays. */
  static Facts withMemberships(Facts facts, List<MembershipState> said) {
    TreeMap<String, MembershipState> states = new TreeMap<>();
    facts.getMembershipsList().forEach(state -> states.put(state.getAudience(), state));
    said.forEach(state -> states.merge(state.getAudience(), state, ProfileWriter::newer));
    return facts.toBuilder().clearMemberships().addAllMemberships(states.values()).build();
  }

  private static MembershipState newer(MembershipState stored, MembershipState said) {
    Comparator<MembershipState> order =
        Comparator.comparingLong(MembershipState::getGeneration)
            .thenComparingLong(MembershipState::getVersion);
    if (order.compare(said, stored) <= 0) {
      return stored;
    }
    // Said again while it lasts: the person entered when they entered.
    return said.getMember() && stored.getMember() && !said.hasValue()
        ? said.toBuilder().setEnteredAtMicros(stored.getEnteredAtMicros()).build()
        : said;
  }

  private static Cause membershipCause(Transition t) {
    return Cause.newBuilder()
        .setMembership(
            MembershipCause.newBuilder()
                .setAudience(t.getAudience())
                .setGeneration(t.getGeneration())
                .setVersion(t.getVersion()))
        .setTraceparent(t.getTraceparent())
        .build();
  }

  /** The write that a changed content needs; none when the record would stay the same. */
  private Optional<ProfileWrite> refolded(ProfileRecord stored, Facts facts) {
    return refolded(stored, facts, false);
  }

  /**
   * The same.
   *
   * @param anew also when it would stay the same, so that it is newer than all that was told of it
   */
  private Optional<ProfileWrite> refolded(ProfileRecord stored, Facts facts, boolean anew) {
    Profile same = Fold.serve(stored.getProfileId(), facts, stored.getVersion(), catalog.get());
    ByteString content = Content.bytes(facts);
    if (!anew
        && stored.hasLive()
        && content.equals(stored.getLive().getFacts())
        && Served.of(same).bytes().equals(stored.getLive().getServed())) {
      return Optional.empty();
    }
    if (content.size() > FACTS_BYTES_MAX) {
      throw new IllegalStateException(
          "the profile would hold more than " + FACTS_BYTES_MAX + " bytes of facts");
    }
    Profile served = same.toBuilder().setVersion(nextVersion(stored.getVersion())).build();
    return Optional.of(new ProfileWrite(stored.getVersion(), Content.live(content, served)));
  }

  private long nextVersion(long stored) {
    return Math.max(stored + 1, TraitFit.micros(clock.instant()));
  }

  static void backOff(int attempt) {
    if (attempt >= ATTEMPTS_MAX) {
      throw new StoreException(
          StoreException.Kind.OVERLOADED,
          "gave up after " + ATTEMPTS_MAX + " conflicts with other writers");
    }
    if (attempt > 0) {
      long bound = Math.min(BACKOFF_NANOS_MAX, 200_000L << Math.min(attempt, 10));
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(bound));
    }
  }

  /** One try at writing a batch of inputs. */
  private final class Attempt {
    private final List<ProfileInput> inputs;
    private final Set<Identifier> suspects;
    private final IdentityView identities = new IdentityView(store, catalog.get());
    private final Map<String, Target> targets = new LinkedHashMap<>();
    private final FirstSeen said = new FirstSeen();
    private final Map<String, Optional<String>> endings = new HashMap<>();
    private Map<String, Optional<ProfileRecord>> records = Map.of();
    private List<Move> moves = List.of();

    Attempt(List<ProfileInput> inputs, Set<Identifier> suspects) {
      this.inputs = inputs;
      this.suspects = suspects;
    }

    /** The inputs that have to be tried again. */
    List<ProfileInput> run() {
      Set<Identifier> named = new LinkedHashSet<>();
      for (ProfileInput input : inputs) {
        named.addAll(ends(input));
        ends(input).forEach(end -> said.add(end, input.saidAtMicros()));
      }
      identities.load(named);
      inputs.forEach(input -> input.links().forEach(identities::add));
      identities.settle(suspectsNow());
      if (!identities.write()) {
        return inputs;
      }
      moves = identities.moves();
      // Everyone in a cluster that was looked at, so that what an earlier attempt left open is
      // completed too.
      identities.closed().forEach(this::target);
      inputs.forEach(input -> target(input.via()).inputs.add(input));
      moves.forEach(move -> target(move.identifier()).gained.add(move));
      Set<String> read = new LinkedHashSet<>(targets.keySet());
      moves.forEach(move -> read.add(move.from()));
      records = store.readProfiles(read);
      if (findUnfinished() || !identities.stillHolds()) {
        return inputs;
      }
      List<ProfileInput> again = writeTargets();
      if (!identities.incomplete()) {
        return again;
      }
      // Looked at again: a restore may have brought a link back since, and it looks only at where
      // the link's ends are when it writes.
      boolean done =
          again.isEmpty()
              && identities.assignMoves()
              && writeLosers()
              && identities.stillHolds()
              && complete();
      return done ? List.of() : inputs;
    }

    // What others wrote meanwhile is told by them, too; but ours may have come behind theirs.
    private boolean complete() {
      List<IdentityWrite> completion = identities.completion();
      changes.emitIdentities(completion);
      boolean all = identities.write(completion);
      if (!all) {
        changes.emitOvertaken(completion);
      }
      return all;
    }

    // An identifier that is assigned elsewhere than its partner: a move that stopped half-way, or a
    // skipped link.
    private Set<Identifier> suspectsNow() {
      Set<Identifier> found = new LinkedHashSet<>(suspects);
      for (ProfileInput input : inputs) {
        for (Identifier end : ends(input)) {
          if (!identities.assigned(end).equals(identities.assigned(input.via()))) {
            found.add(end);
            found.add(input.via());
          }
        }
      }
      return found;
    }

    // A profile that is not there, is a redirect, or does not know its identifier: someone stopped
    // half-way.
    private boolean findUnfinished() {
      boolean found = false;
      for (Target target : targets.values()) {
        if (target.component.isPresent()) {
          continue;
        }
        Set<dev.attune.proto.v1.Identifier> known =
            new HashSet<>(content(target.profileId).facts().getIdentifiersList());
        for (ProfileInput input : target.inputs) {
          for (Identifier end : ends(input)) {
            if (!known.contains(end.toProto())) {
              suspects.add(end);
              suspects.add(input.via());
              found = true;
            }
          }
        }
      }
      return found;
    }

    private Target target(Identifier identifier) {
      Optional<Component> component = identities.component(identifier);
      return targets.computeIfAbsent(targetId(identifier), id -> new Target(id, component));
    }

    private String targetId(Identifier identifier) {
      return identities
          .component(identifier)
          .map(Component::profileId)
          .orElseGet(() -> identities.assigned(identifier));
    }

    private Content content(String profileId) {
      return record(profileId).map(Content::of).orElse(Content.NOTHING);
    }

    private Optional<ProfileRecord> record(String profileId) {
      return records.getOrDefault(profileId, Optional.empty());
    }

    private List<ProfileInput> writeTargets() {
      List<ProfileWrite> writes = new ArrayList<>();
      List<Told> tellings = new ArrayList<>();
      List<Told> told = new ArrayList<>();
      for (Target target : targets.values()) {
        ProfileRecord stored = storedOrNew(target.profileId);
        Facts facts = target.facts();
        Moved moved = target.moved(facts);
        // What comes here is about to be taken away elsewhere. A restore that has an older redirect
        // of this profile in hand must not put that over it meanwhile.
        Optional<ProfileWrite> write = refolded(stored, facts, !target.gained.isEmpty());
        if (write.isPresent()) {
          writes.add(write.get());
          tellings.add(new Told(write.get().record(), target.causes(), moved));
        } else {
          // Also without a cause: whoever wrote it may have died before telling.
          told.add(new Told(stored, target.causes(), moved));
        }
      }
      List<Boolean> done = store.writeProfiles(writes);
      Set<String> refused = new HashSet<>();
      Map<String, Optional<ProfileRecord>> now = new LinkedHashMap<>(records);
      for (int i = 0; i < writes.size(); i++) {
        ProfileRecord record = writes.get(i).record();
        if (done.get(i)) {
          now.put(record.getProfileId(), Optional.of(record));
          told.add(tellings.get(i));
        } else {
          refused.add(record.getProfileId());
        }
      }
      records = now;
      changes.emit(told);
      // What names an identifier of theirs: it is kept there when that was seen first.
      List<ProfileInput> again =
          inputs.stream()
              .filter(input -> ends(input).stream().map(this::targetId).anyMatch(refused::contains))
              .toList();
      // A gain without inputs that was refused: everything that moves is tried again.
      return again.isEmpty() && !refused.isEmpty() ? inputs : again;
    }

    private ProfileRecord storedOrNew(String profileId) {
      return record(profileId).orElse(ProfileRecord.newBuilder().setProfileId(profileId).build());
    }

    /** Takes what moved away from the profiles it left. */
    private boolean writeLosers() {
      List<ProfileWrite> writes = new ArrayList<>();
      List<Told> told = new ArrayList<>();
      for (String from : new TreeSet<>(moves.stream().map(Move::from).toList())) {
        List<Move> lost = lost(from);
        ProfileRecord stored = storedOrNew(from);
        Optional<Component> rest = rest(from);
        Facts before = Content.of(stored).facts();
        Facts after =
            rest.map(component -> without(before, lost, component))
                .orElse(Facts.getDefaultInstance());
        // Also if nothing of it is there: a restore may be about to bring it back.
        ProfileWrite write =
            rest.isPresent()
                ? refolded(stored, after, true).orElseThrow()
                : redirected(stored, heir(from));
        writes.add(write);
        told.add(
            new Told(
                write.record(),
                lossCauses(from, lost),
                Moved.between(before, after, List.of(), identifiers(lost))));
      }
      boolean all = store.writeProfiles(writes).stream().allMatch(written -> written);
      if (all) {
        changes.emit(told);
      }
      return all;
    }

    private List<Move> lost(String from) {
      return moves.stream().filter(move -> move.from().equals(from)).toList();
    }

    private Optional<Component> rest(String profileId) {
      return identities.componentOf(profileId);
    }

    // Where the identifier went that the id was made of; else the strongest.
    private String heir(String profileId) {
      List<Move> lost = lost(profileId);
      return lost.stream()
          .filter(move -> ProfileIds.of(move.identifier()).equals(profileId))
          .findFirst()
          .orElseGet(
              () ->
                  lost.stream()
                      .min(
                          Comparator.comparingInt(
                                  (Move m) -> catalog.get().rank(m.identifier().namespace()))
                              .thenComparing(Move::identifier))
                      .orElseThrow())
          .into()
          .profileId();
    }

    private ProfileWrite redirected(ProfileRecord stored, String into) {
      return new ProfileWrite(
          stored.getVersion(),
          ProfileRecord.newBuilder()
              .setProfileId(stored.getProfileId())
              .setVersion(nextVersion(stored.getVersion()))
              .setRedirectTo(into)
              .build());
    }

    /** Whether a profile ends in another one, as opposed to losing some identifiers to it. */
    private boolean isMerge(String from, String into) {
      return endings
          .computeIfAbsent(
              from, id -> rest(id).isPresent() ? Optional.empty() : Optional.of(heir(id)))
          .filter(into::equals)
          .isPresent();
    }

    private Cause moveCause(String from, String into, List<Move> moved) {
      return isMerge(from, into) ? mergeCause(from, into) : splitCause(from, into, moved);
    }

    private List<Cause> lossCauses(String from, List<Move> lost) {
      Map<String, List<Move>> byHeir =
          lost.stream().collect(Collectors.groupingBy(move -> move.into().profileId()));
      return byHeir.entrySet().stream()
          .map(e -> moveCause(from, e.getKey(), e.getValue()))
          .toList();
    }

    private Facts without(Facts facts, List<Move> lost, Component rest) {
      Set<Identifier> gone = lost.stream().map(Move::identifier).collect(Collectors.toSet());
      // What comes to life again is no former id any more.
      TreeSet<String> merged = new TreeSet<>(facts.getMergedFromList());
      lost.forEach(move -> merged.remove(move.into().profileId()));
      return new FactSet()
          .addAll(facts.getFactsList())
          .retain(via -> !gone.contains(via))
          .toProto(
              facts.toBuilder().clearMergedFrom().addAllMergedFrom(merged),
              rest.identifiers(),
              FirstSeen.of(facts).without(gone));
    }

    /** A profile that takes inputs, or identifiers from elsewhere. */
    private final class Target {
      final String profileId;
      final Optional<Component> component;
      final List<ProfileInput> inputs = new ArrayList<>();
      final List<Move> gained = new ArrayList<>();

      Target(String profileId, Optional<Component> component) {
        this.profileId = profileId;
        this.component = component;
      }

      Facts facts() {
        Facts before = content(profileId).facts();
        FactSet facts = new FactSet().addAll(before.getFactsList());
        FirstSeen seen = FirstSeen.of(before);
        Set<String> merged = new TreeSet<>(before.getMergedFromList());
        byOrigin()
            .forEach(
                (origin, moves) -> {
                  Facts from = content(origin).facts();
                  FirstSeen seenThere = FirstSeen.of(from);
                  moves.forEach(
                      move -> seen.add(move.identifier(), seenThere.at(move.identifier())));
                  var moved = new HashSet<>(identifiers(moves));
                  facts.addAll(
                      from.getFactsList().stream()
                          .filter(fact -> moved.contains(fact.getVia()))
                          .toList());
                  if (isMerge(origin, profileId) && record(origin).isPresent()) {
                    merged.add(origin);
                    merged.addAll(from.getMergedFromList());
                  }
                });
        merged.remove(profileId);
        List<Identifier> identifiers =
            component
                .map(Component::identifiers)
                .orElseGet(() -> before.getIdentifiersList().stream().map(Identifier::of).toList());
        identifiers.forEach(identifier -> seen.add(identifier, said.at(identifier)));
        return facts
            .addAll(inputs.stream().flatMap(input -> input.facts().stream()).toList())
            .toProto(
                before.toBuilder().clearMergedFrom().addAllMergedFrom(merged), identifiers, seen);
      }

      private Map<String, List<Move>> byOrigin() {
        return gained.stream().collect(Collectors.groupingBy(Move::from));
      }

      Moved moved(Facts after) {
        return Moved.between(content(profileId).facts(), after, identifiers(gained), List.of());
      }

      List<Cause> causes() {
        List<Cause> causes = new ArrayList<>();
        inputs.forEach(input -> causes.add(input.cause()));
        byOrigin().forEach((from, moved) -> causes.add(moveCause(from, profileId, moved)));
        return causes;
      }
    }
  }

  private static Set<Identifier> ends(ProfileInput input) {
    Set<Identifier> ends = new LinkedHashSet<>(Set.of(input.via()));
    for (Link link : input.links()) {
      ends.add(Identifier.of(link.getA()));
      ends.add(Identifier.of(link.getB()));
    }
    return ends;
  }

  private static List<dev.attune.proto.v1.Identifier> identifiers(List<Move> moves) {
    return moves.stream().map(move -> move.identifier().toProto()).distinct().toList();
  }

  private static Cause mergeCause(String from, String into) {
    return Cause.newBuilder()
        .setMerge(MergeCause.newBuilder().setFromProfileId(from).setIntoProfileId(into))
        .build();
  }

  private static Cause splitCause(String from, String into, List<Move> moved) {
    return Cause.newBuilder()
        .setSplit(
            SplitCause.newBuilder()
                .setFromProfileId(from)
                .setIntoProfileId(into)
                .addAllIdentifiers(identifiers(moved)))
        .build();
  }
}
