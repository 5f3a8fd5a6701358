package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.KnownGroups;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.audience.ProfileState.Membership;
import dev.attune.core.audience.ProfileState.Taken;
import dev.attune.core.audience.WarehouseMembers;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Departure;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.GroupMember;
import dev.attune.proto.v1.GroupState;
import dev.attune.proto.v1.GroupWord;
import dev.attune.proto.v1.KnownGroup;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.SplitCause;
import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition.Reason;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What each kind of input does to the state of its profile. Pure: nothing is written here, so that
 * an input that fails has done nothing.
 *
 * @param state of the profile; changed in place
 * @param out what is to be told
 */
record Steps(InForce inForce, String profileId, ProfileState state, Now now, Outbox out) {
  /** Most redirects that a move follows. */
  static final int HOPS_MAX = 8;

  /**
   * Takes in a change.
   *
   * @throws InvalidProtocolBufferException when the record's content does not parse
   */
  void change(Changed change) throws InvalidProtocolBufferException {
    Said said = said(change.getRecord());
    // Audiences are of people. A group never has a state of its own, so it is only asked for where
    // there is none.
    if (state.profileVersion() == 0 && said.isGroup()) {
      out.groups().add(group(change.getRecord().getVersion(), said));
      return;
    }
    Decider decider = decider(traceparent(change), Batches.of(change));
    definitions(decider);
    // Nothing was decided before the first record, and nothing while it was a redirect.
    boolean first = state.profileVersion() == 0 || state.isRedirect();
    // Before the record: what a profile that ends leaves to one must not go to another with the
    // rest.
    Set<String> matches = splits(change);
    Set<String> traits = record(change.getRecord(), said, decider);
    matches.addAll(events(change));
    tellGroups();
    if (state.isRedirect() || state.profileVersion() == 0) {
      return;
    }
    decider.carry();
    if (first) {
      decider.all(Reason.CHANGE);
    } else {
      decider.affected(matches, traits, Reason.CHANGE);
    }
  }

  private GroupState group(long version, Said said) {
    Map<String, Value> kept = new TreeMap<>(said.traits());
    kept.keySet().removeIf(trait -> !inForce.audiences().keeps(trait));
    return GroupState.newBuilder()
        .setVersion(version)
        .addAllTraits(KnownGroups.stored(kept))
        .build();
  }

  /** Takes in what a group of the person is by now. */
  void group(KnownGroup said) {
    Decider decider = decider("", "");
    definitions(decider);
    Set<String> changed = state.answer(said);
    if (!changed.isEmpty()) {
      decider.affected(Set.of(), changed, Reason.CHANGE);
    }
  }

  private void tellGroups() {
    KnownGroups.Notice notice = state.setGroups();
    if (!notice.joined().isEmpty()) {
      GroupMember member =
          GroupMember.newBuilder().addAllTraits(inForce.audiences().groupTraits()).build();
      notice.joined().forEach(id -> tell(id, GroupWord.newBuilder().setJoined(member)));
    }
    notice.left().forEach(id -> tell(id, GroupWord.newBuilder().setLeft(true)));
  }

  private void tell(String group, GroupWord.Builder word) {
    out.moves()
        .add(
            StateMove.newBuilder()
                .setFromProfileId(profileId)
                .setIntoProfileId(group)
                .setGroup(word)
                .build());
  }

  // A record that is not newer than the state is not looked at.
  private Said said(ProfileRecord record) throws InvalidProtocolBufferException {
    return record.hasLive() && record.getVersion() > state.profileVersion()
        ? new Said(
            new Served(record.getLive().getServed()).profile(),
            Facts.parseFrom(record.getLive().getFacts()))
        : Said.NOTHING;
  }

  /**
   * Takes in what comes from a profile that was merged into this one, or that lost identifiers to
   * it.
   *
   * @throws InvalidProtocolBufferException when the state in it does not parse
   */
  void move(StateMove move) throws InvalidProtocolBufferException {
    StateMove here = withoutDeparted(move);
    if (isRedirectedSince(here.getLeftVersion())) {
      forward(here, state.redirectTo(), state.profileVersion());
      return;
    }
    Decider decider = decider("", "");
    definitions(decider);
    EvaluatorState moved = EvaluatorState.parseFrom(here.getState());
    Set<String> matches = new TreeSet<>(state.merge(moved, now.micros()));
    matches.addAll(add(here.getEventsList()));
    if (moved.getGeneration() != 0) {
      state.setCounters(
          Math.max(state.generation(), moved.getGeneration()),
          Math.max(state.transitionVersion(), moved.getTransitionVersion()) + 1);
    }
    // Before its first record it is not known what the profile was told to be in; and what comes
    // here may come before the record that ends the redirect.
    state.carry(moved);
    if (state.profileVersion() != 0 && !state.isRedirect()) {
      decider.carry();
      decider.affected(matches, Set.of(), Reason.CHANGE);
    }
  }

  // A redirect that is older than what comes is about to end.
  private boolean isRedirectedSince(long version) {
    return state.isRedirect() && version <= state.profileVersion();
  }

  /** What is left of a move when what has left this profile meanwhile is sent after it. */
  private StateMove withoutDeparted(StateMove move) throws InvalidProtocolBufferException {
    if (!state.hasDepartures()) {
      return move;
    }
    EvaluatorState moved = EvaluatorState.parseFrom(move.getState());
    Map<Departure, List<Identifier>> departed =
        departed(moved.getViasList(), move.getEventsList(), move.getLeftVersion());
    if (departed.isEmpty()) {
      return move;
    }
    ProfileState staying = ProfileState.decode(moved, inForce.audiences());
    List<Event> events = new ArrayList<>(move.getEventsList());
    departed.forEach(
        (left, identifiers) ->
            forward(
                move.toBuilder()
                    .setState(staying.split(identifiers).toByteString())
                    .clearEvents()
                    .addAllEvents(takeOut(events, identifiers))
                    .build(),
                left.getIntoProfileId(),
                left.getVersion()));
    return move.toBuilder()
        .setState(staying.encode().toByteString())
        .clearEvents()
        .addAllEvents(events)
        .build();
  }

  private Map<Departure, List<Identifier>> departed(
      List<dev.attune.proto.v1.Identifier> vias, List<Event> events, long version) {
    if (!state.hasDepartures()) {
      return Map.of();
    }
    Set<Identifier> all = new TreeSet<>();
    vias.forEach(via -> all.add(Identifier.of(via)));
    events.forEach(event -> all.add(Identifier.of(event.getVia())));
    Map<Departure, List<Identifier>> departed = new LinkedHashMap<>();
    for (Identifier via : all) {
      state
          .departed(via, version)
          .ifPresent(left -> departed.computeIfAbsent(left, _ -> new ArrayList<>()).add(via));
    }
    return departed;
  }

  private static List<Event> takeOut(List<Event> events, List<Identifier> vias) {
    List<Event> taken =
        events.stream().filter(event -> vias.contains(Identifier.of(event.getVia()))).toList();
    events.removeAll(taken);
    return taken;
  }

  /** The time has come that the state named as due. */
  void due() {
    Reason reason = state.dueMicros() == Decider.AT_ONCE ? Reason.CHANGE : Reason.TIME;
    state.setDueMicros(0);
    // Asked for before the rings are cleared: an event that has just left the longest window is why
    // somebody who must not have done it enters now.
    Set<String> matches = Set.copyOf(state.matches());
    state.forget(now.micros());
    Decider decider = decider("", "");
    if (reason == Reason.CHANGE || state.definitionsFingerprint() != inForce.fingerprint()) {
      // Nobody remembers which audiences could not be asked while the clock was not known.
      tellGroups();
      decider.all(reason == Reason.CHANGE ? reason : Reason.DEFINITION);
    } else {
      decider.timed(matches, reason);
    }
  }

  /** The definitions may have changed since the state was decided. */
  void definitions() {
    definitions(decider("", ""));
  }

  private void definitions(Decider decider) {
    if (state.profileVersion() != 0
        && !state.isRedirect()
        && state.definitionsFingerprint() != inForce.fingerprint()) {
      if (now.isKnown()) {
        // What no audience asks for any more: one that asks for it again begins anew, with
        // everybody.
        state.forget(now.micros());
      }
      // Before anything is decided by traits that no group was asked for.
      tellGroups();
      decider.all(Reason.DEFINITION);
    }
  }

  // Names of the traits that changed.
  private Set<String> record(ProfileRecord record, Said said, Decider decider) {
    if (record.getVersion() <= state.profileVersion()) {
      return Set.of();
    }
    Set<String> changed = Set.of();
    switch (record.getContentCase()) {
      case LIVE -> {
        if (state.profileVersion() == 0) {
          seed(said.facts());
        }
        state.revive();
        changed = state.setTraits(said.traits());
      }
      case REDIRECT_TO -> redirect(record.getRedirectTo(), record.getVersion(), decider);
      case CONTENT_NOT_SET ->
          throw new IllegalArgumentException("the record is neither live nor a redirect");
    }
    state.setProfileVersion(record.getVersion());
    return changed;
  }

  /**
   * The first record says what was told before the state was lost, so that nobody enters twice. A
   * greater generation than any of them makes the first version of the new state newer than theirs.
   */
  private void seed(Facts facts) {
    long generation = Math.max(state.generation(), now.wallMicros());
    for (MembershipState said : facts.getMembershipsList()) {
      generation = Math.max(generation, said.getGeneration() + 1);
      if (said.getMember()) {
        out.seeded().add(said.getAudience());
        state
            .memberships()
            .put(
                said.getAudience(),
                new Membership(
                    said.getEnteredAtMicros(), 0, said.getValidUntilMicros(), said.getValue()));
      }
    }
    state.setCounters(generation, state.transitionVersion());
  }

  private void redirect(String into, long version, Decider decider) {
    EvaluatorState.Builder moving =
        state.encode().toBuilder()
            .clearTraits()
            .clearMemberships()
            .clearDueMicros()
            .clearDepartures()
            .clearGroups()
            .clearGroupsAsked();
    moving.addAllCarried(state.encode().getMembershipsList());
    decider.exitAllMerged();
    moving.setTransitionVersion(state.transitionVersion());
    state.redirect(into);
    state.setDueMicros(0);
    if (moving.getViasCount() > 0 || moving.getTransitionVersion() > 0) {
      send(StateMove.newBuilder().setState(moving.build().toByteString()), into, version);
    }
  }

  // Keys of the events of which something has left.
  private Set<String> splits(Changed change) {
    Set<String> left = new TreeSet<>();
    for (Cause cause : change.getCausesList()) {
      if (cause.hasSplit() && cause.getSplit().getFromProfileId().equals(profileId)) {
        left.addAll(split(cause.getSplit(), change.getRecord().getVersion()));
      }
    }
    return left;
  }

  private Set<String> split(SplitCause split, long version) {
    List<Identifier> identifiers = split.getIdentifiersList().stream().map(Identifier::of).toList();
    state.depart(identifiers, split.getIntoProfileId(), version);
    Set<String> before = state.matches();
    EvaluatorState leaving = state.split(identifiers);
    if (leaving.getViasCount() == 0) {
      return Set.of();
    }
    send(
        StateMove.newBuilder().setState(leaving.toByteString()), split.getIntoProfileId(), version);
    return before;
  }

  // Keys of the events of which something new was learnt.
  private Set<String> events(Changed change) throws InvalidProtocolBufferException {
    List<Event> events = new ArrayList<>();
    change.getCausesList().stream()
        .filter(Cause::hasEvent)
        .forEach(cause -> events.add(cause.getEvent()));
    // Whoever wrote this record may have been overtaken by who took an identifier away.
    departed(List.of(), events, change.getRecord().getVersion())
        .forEach(
            (left, identifiers) ->
                send(
                    StateMove.newBuilder().addAllEvents(takeOut(events, identifiers)),
                    left.getIntoProfileId(),
                    left.getVersion()));
    if (!state.isRedirect()) {
      return add(events);
    }
    if (!events.isEmpty()) {
      send(StateMove.newBuilder().addAllEvents(events), state.redirectTo(), state.profileVersion());
    }
    return Set.of();
  }

  private Set<String> add(List<Event> events) {
    Set<String> changed = new TreeSet<>();
    for (Event event : events) {
      Taken taken = state.add(event, now.micros());
      out.copies().count(event, taken.added());
      changed.addAll(taken.news());
    }
    return changed;
  }

  private void send(StateMove.Builder move, String into, long version) {
    out.moves()
        .add(
            move.setFromProfileId(profileId)
                .setIntoProfileId(into)
                .setLeftVersion(version)
                .build());
  }

  private void forward(StateMove move, String into, long version) {
    if (move.getHops() >= HOPS_MAX) {
      throw new IllegalArgumentException(
          "a move followed more than " + HOPS_MAX + " redirects or departures: they form a circle");
    }
    out.moves()
        .add(
            move.toBuilder()
                .setIntoProfileId(into)
                .setLeftVersion(version)
                .setHops(move.getHops() + 1)
                .build());
  }

  private Decider decider(String traceparent, String batch) {
    return new Decider(inForce, profileId, state, now, traceparent, batch, out);
  }

  private static String traceparent(Changed change) {
    return change.getCausesList().stream()
        .map(Cause::getTraceparent)
        .filter(t -> !t.isEmpty())
        .findFirst()
        .orElse("");
  }

  /** What a record of a live profile says. Parsed once: that is much of what a change costs. */
  private record Said(Profile served, Facts facts) {
    static final Said NOTHING = new Said(Profile.getDefaultInstance(), Facts.getDefaultInstance());

    boolean isGroup() {
      return served.getIdentifiersCount() == 1
          && served.getIdentifiers(0).getNamespace().equals(Namespace.GROUP);
    }

    Map<String, Value> traits() {
      Map<String, Value> traits = new TreeMap<>();
      for (Trait trait : served.getTraitsList()) {
        traits.put(trait.getName(), trait.getValue());
      }
      WarehouseMembers.add(facts, traits);
      return traits;
    }
  }
}
