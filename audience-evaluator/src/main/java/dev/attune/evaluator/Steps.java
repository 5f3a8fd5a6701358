package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.audience.ProfileState.Added;
import dev.attune.core.audience.ProfileState.Membership;
import dev.attune.core.audience.WarehouseMembers;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.SplitCause;
import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition.Reason;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
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
record Steps(AudienceSet audiences, String profileId, ProfileState state, Now now, Outbox out) {
  /** Most redirects that a move follows. */
  static final int HOPS_MAX = 8;

  /**
   * Takes in a change.
   *
   * @throws InvalidProtocolBufferException when the record's content does not parse
   */
  void change(Changed change) throws InvalidProtocolBufferException {
    if (state.profileVersion() == 0 && isGroup(change.getRecord())) {
      return;
    }
    Decider decider = decider(traceparent(change));
    definitions(decider);
    // Nothing was decided before the first record, and nothing while it was a redirect.
    boolean first = state.profileVersion() == 0 || state.isRedirect();
    Set<String> traits = record(change.getRecord(), decider);
    Set<String> events = causes(change);
    if (state.isRedirect() || state.profileVersion() == 0) {
      return;
    }
    if (first) {
      decider.all(Reason.CHANGE);
    } else {
      decider.affected(events, traits, Reason.CHANGE);
    }
  }

  // Audiences are of people. A group never has a state, so it is only asked for where there is
  // none.
  private static boolean isGroup(ProfileRecord record) {
    return record.hasLive()
        && new Served(record.getLive().getServed())
            .profile().getIdentifiersList().stream()
                .map(identifier -> identifier.getNamespace())
                .toList()
                .equals(List.of(Namespace.GROUP));
  }

  /**
   * Takes in what comes from a profile that was merged into this one, or that lost identifiers to
   * it.
   *
   * @throws InvalidProtocolBufferException when the state in it does not parse
   */
  void move(StateMove move) throws InvalidProtocolBufferException {
    if (state.isRedirect() && move.getSplitVersion() <= state.profileVersion()) {
      forward(move.toBuilder().setHops(move.getHops() + 1));
      return;
    }
    Decider decider = decider("");
    definitions(decider);
    EvaluatorState moved = EvaluatorState.parseFrom(move.getState());
    Set<String> events = new TreeSet<>(state.merge(moved, now.micros()));
    events.addAll(add(move.getEventsList()));
    if (moved.getGeneration() != 0) {
      state.setCounters(
          Math.max(state.generation(), moved.getGeneration()),
          Math.max(state.transitionVersion(), moved.getTransitionVersion()) + 1);
    }
    // Before its first record it is not known what the profile was told to be in; and what a split
    // brings
    // back may come before the record that ends the redirect.
    if (state.profileVersion() != 0 && !state.isRedirect()) {
      decider.affected(events, Set.of(), Reason.CHANGE);
    }
  }

  /** The time has come that the state named as due. */
  void due() {
    Reason reason = state.dueMicros() == Decider.AT_ONCE ? Reason.CHANGE : Reason.TIME;
    state.setDueMicros(0);
    // Asked for before the rings are cleared: an event that has just left the longest window is why
    // somebody who must not have done it enters now.
    Set<String> events = Set.copyOf(state.events());
    state.forget(now.micros());
    Decider decider = decider("");
    if (state.definitionsFingerprint() != audiences.fingerprint()) {
      decider.all(reason == Reason.CHANGE ? reason : Reason.DEFINITION);
    } else {
      decider.timed(events, reason);
    }
  }

  /** The definitions may have changed since the state was decided. */
  void definitions() {
    definitions(decider(""));
  }

  private void definitions(Decider decider) {
    if (state.profileVersion() != 0
        && !state.isRedirect()
        && state.definitionsFingerprint() != audiences.fingerprint()) {
      decider.all(Reason.DEFINITION);
    }
  }

  // Names of the traits that changed.
  private Set<String> record(ProfileRecord record, Decider decider)
      throws InvalidProtocolBufferException {
    if (record.getVersion() <= state.profileVersion()) {
      return Set.of();
    }
    Set<String> changed = Set.of();
    switch (record.getContentCase()) {
      case LIVE -> {
        if (state.profileVersion() == 0) {
          seed(record.getLive());
        }
        state.revive();
        changed = state.setTraits(traits(record.getLive()));
      }
      case REDIRECT_TO -> redirect(record.getRedirectTo(), decider);
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
  private void seed(LiveProfile live) throws InvalidProtocolBufferException {
    long generation = Math.max(state.generation(), now.wallMicros());
    for (MembershipState said : Facts.parseFrom(live.getFacts()).getMembershipsList()) {
      generation = Math.max(generation, said.getGeneration() + 1);
      if (said.getMember()) {
        state
            .memberships()
            .put(
                said.getAudience(),
                new Membership(said.getEnteredAtMicros(), 0, said.getValidUntilMicros()));
      }
    }
    state.setCounters(generation, state.transitionVersion());
  }

  private static Map<String, Value> traits(LiveProfile live) throws InvalidProtocolBufferException {
    Map<String, Value> traits = new TreeMap<>();
    for (Trait trait : new Served(live.getServed()).profile().getTraitsList()) {
      traits.put(trait.getName(), trait.getValue());
    }
    WarehouseMembers.add(Facts.parseFrom(live.getFacts()), traits);
    return traits;
  }

  private void redirect(String into, Decider decider) {
    decider.exitAllMerged();
    EvaluatorState moving =
        state.encode().toBuilder().clearTraits().clearMemberships().clearDueMicros().build();
    state.redirect(into);
    state.setDueMicros(0);
    if (moving.getRingsCount() > 0 || moving.getTransitionVersion() > 0) {
      forward(StateMove.newBuilder().setFromProfileId(profileId).setState(moving.toByteString()));
    }
  }

  // Names of the events of which something new was learnt.
  private Set<String> causes(Changed change) {
    List<Event> events = new ArrayList<>();
    for (Cause cause : change.getCausesList()) {
      if (cause.hasEvent()) {
        events.add(cause.getEvent());
      } else if (cause.hasSplit()) {
        split(cause.getSplit(), change.getRecord().getVersion());
      }
    }
    if (!state.isRedirect()) {
      return add(events);
    }
    if (!events.isEmpty()) {
      forward(StateMove.newBuilder().setFromProfileId(profileId).addAllEvents(events));
    }
    return Set.of();
  }

  private Set<String> add(List<Event> events) {
    Set<String> changed = new TreeSet<>();
    for (Event event : events) {
      Added added = state.add(event, now.micros());
      out.copies().count(event, added);
      if (added.isNews()) {
        changed.add(event.getName());
      }
    }
    return changed;
  }

  private void split(SplitCause split, long version) {
    if (!split.getFromProfileId().equals(profileId) || state.isRedirect()) {
      return;
    }
    Set<String> before = state.events();
    EvaluatorState leaving =
        state.split(split.getIdentifiersList().stream().map(Identifier::of).toList());
    if (leaving.getRingsCount() > 0) {
      decider("").affected(before, Set.of(), Reason.CHANGE);
      out.moves()
          .add(
              StateMove.newBuilder()
                  .setFromProfileId(profileId)
                  .setIntoProfileId(split.getIntoProfileId())
                  .setState(leaving.toByteString())
                  .setSplitVersion(version)
                  .build());
    }
  }

  private void forward(StateMove.Builder move) {
    if (move.getHops() > HOPS_MAX) {
      throw new IllegalArgumentException(
          "a move followed more than " + HOPS_MAX + " redirects: they form a circle");
    }
    out.moves().add(move.setIntoProfileId(state.redirectTo()).build());
  }

  private Decider decider(String traceparent) {
    return new Decider(audiences, profileId, state, now, traceparent, out);
  }

  private static String traceparent(Changed change) {
    return change.getCausesList().stream()
        .map(Cause::getTraceparent)
        .filter(t -> !t.isEmpty())
        .findFirst()
        .orElse("");
  }
}
