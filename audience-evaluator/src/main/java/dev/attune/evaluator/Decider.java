package dev.attune.evaluator;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.CompiledTrait;
import dev.attune.core.audience.Evaluation;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.audience.ProfileState.Membership;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Transition.Reason;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares what audiences say of one profile with what was told, tells the difference, and sees to
 * it that the profile is asked again when time alone changes an answer.
 */
final class Decider {
  /** Due at once, as soon as the clock is known. */
  static final long AT_ONCE = 1;

  /** While a told end is at least this far away, a later one need not be told yet. */
  private static final long TELL_AHEAD_MICROS = 3_600_000_000L;

  private final InForce inForce;
  private final AudienceSet audiences;
  private final String profileId;
  private final ProfileState state;
  private final Now now;
  private final String traceparent;
  private final String batch;
  private final Outbox out;

  /**
   * @param batch as {@link Transition#getBatch}, of what is not decided because of a definition
   */
  Decider(
      InForce inForce,
      String profileId,
      ProfileState state,
      Now now,
      String traceparent,
      String batch,
      Outbox out) {
    this.inForce = inForce;
    this.audiences = inForce.audiences();
    this.profileId = profileId;
    this.state = state;
    this.now = now;
    this.traceparent = traceparent;
    this.batch = batch;
    this.out = out;
  }

  /** Asks everything, and ends the memberships and values of what is gone. */
  void all(Reason reason) {
    for (var held : new ArrayList<>(state.memberships().entrySet())) {
      String key = held.getKey();
      if (audiences.audience(key).isEmpty() && audiences.computed(key).isEmpty()) {
        exit(key, held.getValue().definitionVersion(), Reason.DEFINITION, null);
      }
    }
    boolean computed = computed(audiences.computed(), reason, new TreeSet<>());
    if (some(audiences.audiences(), reason) && computed) {
      state.setDefinitionsFingerprint(inForce.fingerprint());
    }
  }

  /**
   * Asks every audience whose answer time can change: those of the events at hand, those of dates,
   * and those held.
   *
   * @param matches keys of the events, as {@link ProfileState#matches}
   */
  void timed(Collection<String> matches, Reason reason) {
    Map<String, CompiledTrait> computed = new TreeMap<>();
    matches.forEach(match -> putComputed(computed, match));
    Map<String, CompiledAudience> asked = new TreeMap<>();
    matches.forEach(match -> put(asked, audiences.byMatch(match)));
    put(asked, audiences.dated(state));
    for (String held : state.memberships().keySet()) {
      audiences.audience(held).ifPresent(audience -> asked.put(held, audience));
      audiences.computed(held).ifPresent(trait -> computed.put(held, trait));
    }
    SortedSet<String> changed = new TreeSet<>();
    computed(computed.values(), reason, changed);
    changed.forEach(trait -> put(asked, audiences.byTrait(trait)));
    some(asked.values(), reason);
  }

  /**
   * Asks the audiences that events or traits concern.
   *
   * @param matches keys of the events, as {@link ProfileState#matches}
   */
  void affected(Collection<String> matches, Collection<String> traits, Reason reason) {
    Map<String, CompiledTrait> computed = new TreeMap<>();
    matches.forEach(match -> putComputed(computed, match));
    SortedSet<String> changed = new TreeSet<>(traits);
    computed(computed.values(), reason, changed);
    Map<String, CompiledAudience> asked = new TreeMap<>();
    matches.forEach(match -> put(asked, audiences.byMatch(match)));
    changed.forEach(trait -> put(asked, audiences.byTrait(trait)));
    some(asked.values(), reason);
  }

  private void putComputed(Map<String, CompiledTrait> asked, String match) {
    audiences.computedByMatch(match).forEach(trait -> asked.put(trait.key(), trait));
  }

  // Before the audiences, which may ask for them. True when all could be computed.
  private boolean computed(
      Collection<CompiledTrait> asked, Reason reason, SortedSet<String> changed) {
    boolean complete = true;
    for (CompiledTrait trait : asked) {
      Optional<CompiledTrait> deciding = inForce.deciding(trait);
      if (deciding.isEmpty()) {
        continue;
      }
      if (!now.decides(true)) {
        state.setDueMicros(AT_ONCE);
        complete = false;
      } else if (compute(deciding.get(), reason)) {
        changed.add(trait.name());
      }
    }
    return complete;
  }

  private boolean compute(CompiledTrait trait, Reason reason) {
    CompiledTrait.Result result = trait.compute(state, now.micros());
    due(result.flipMicros());
    Membership held = state.memberships().get(trait.key());
    Value told = held == null ? null : held.value();
    Value value = result.value().orElse(null);
    if (Objects.equals(told, value)) {
      return false;
    }
    if (value == null) {
      exit(trait.key(), trait.version(), reason, null);
    } else {
      tellValue(trait, value, reason);
    }
    return true;
  }

  private void tellValue(CompiledTrait trait, Value value, Reason reason) {
    state.setComputed(trait.key(), new Membership(at(), trait.version(), 0, value));
    out.transitions()
        .add(
            transition(trait.key(), trait.version(), reason)
                .setEntered(true)
                .setValue(value)
                .build());
  }

  private static void put(Map<String, CompiledAudience> asked, Collection<CompiledAudience> more) {
    more.forEach(audience -> asked.put(audience.name(), audience));
  }

  // True when all could be asked: one that looks at time waits until the clock is known.
  private boolean some(Collection<CompiledAudience> asked, Reason reason) {
    boolean complete = true;
    for (CompiledAudience audience : asked) {
      CompiledAudience deciding = inForce.deciding(audience).orElse(null);
      if (deciding == null || !audience.isConsented(state)) {
        hold(audience, reason);
      } else if (!deciding.groupTraits().isEmpty() && !state.knowsGroups()) {
        awaitGroups(deciding, reason);
      } else if (!now.decides(deciding.isTimed())) {
        state.setDueMicros(AT_ONCE);
        complete = false;
      } else {
        decide(deciding, reason);
      }
    }
    return complete;
  }

  // Whoever belongs goes on to, and nobody knows until when; all are asked when the wait is over.
  // Only who does not consent leaves: to what it is by now, whatever it was before.
  private void hold(CompiledAudience audience, Reason reason) {
    Membership held = state.memberships().get(audience.name());
    if (held == null) {
      return;
    }
    if (!audience.isConsented(state)) {
      exit(audience.name(), audience.version(), reason, audience);
    } else if (held.toldValidUntilMicros() != 0) {
      tellMember(audience, held.sinceMicros(), 0, Reason.REASSERTED);
    }
  }

  // Groups answer soon, and the last answer has it asked. An end that was told may come first.
  private void awaitGroups(CompiledAudience audience, Reason reason) {
    Membership held = state.memberships().get(audience.name());
    if (held == null) {
      return;
    }
    if (held.toldValidUntilMicros() <= at()) {
      hold(audience, reason);
    } else {
      due(held.toldValidUntilMicros());
    }
  }

  /**
   * Takes over what another profile that became this one was in, or had computed, and of which
   * nobody is asked for now. Who does not consent may be about to.
   */
  void carry() {
    state.carried().entrySet().removeIf(each -> !carry(each.getKey(), each.getValue()));
  }

  // True when it is to be kept.
  private boolean carry(String key, Membership theirs) {
    if (!inForce.isHeld(key) || state.memberships().containsKey(key)) {
      return false;
    }
    Optional<CompiledAudience> audience = audiences.audience(key);
    if (audience.isPresent()) {
      if (!audience.get().isConsented(state)) {
        return true;
      }
      tellMember(audience.get(), theirs.sinceMicros(), 0, Reason.CHANGE);
    }
    audiences.computed(key).ifPresent(trait -> tellValue(trait, theirs.value(), Reason.CHANGE));
    return false;
  }

  private void decide(CompiledAudience audience, Reason reason) {
    Evaluation evaluation = audience.evaluate(state, now.micros());
    Membership held = state.memberships().get(audience.name());
    if (held == null) {
      if (evaluation.mayEnter()) {
        tellMember(audience, since(audience), evaluation.flipMicros(), reason);
      }
    } else if (!evaluation.member()) {
      exit(audience.name(), audience.version(), reason, audience);
    } else {
      stay(audience, held, evaluation.flipMicros());
    }
    due(evaluation.flipMicros());
  }

  // Nobody is served a membership that begins later than it was told.
  private long since(CompiledAudience audience) {
    long listed = audience.listedSince(state);
    return listed == 0 ? at() : Math.min(listed, at());
  }

  private void stay(CompiledAudience audience, Membership held, long until) {
    long told = held.toldValidUntilMicros();
    long tellAt = tellAt(told, until);
    if (tellAt <= now.micros()) {
      tellMember(audience, held.sinceMicros(), until, Reason.REASSERTED);
      return;
    }
    if (told != until) {
      due(tellAt);
    }
    if (held.definitionVersion() != audience.version()) {
      state
          .memberships()
          .put(audience.name(), new Membership(held.sinceMicros(), audience.version(), told));
    }
  }

  /**
   * When readers must hear of another end than the one they were told. An earlier end at once. A
   * later one in time: before half of what is left has passed, and an hour before the told end at
   * the latest. Each event of a busy profile moves the end, and telling each move would double the
   * traffic of the whole pipeline.
   */
  private static long tellAt(long told, long until) {
    if (told == until) {
      return Long.MAX_VALUE;
    }
    if (told == 0 || until == 0 || until < told) {
      return 0;
    }
    return Math.min(told - TELL_AHEAD_MICROS, 2 * told - until);
  }

  private void tellMember(CompiledAudience audience, long since, long until, Reason reason) {
    state.memberships().put(audience.name(), new Membership(since, audience.version(), until));
    out.transitions()
        .add(
            transition(audience.name(), audience.version(), reason)
                .setEntered(true)
                .setSinceMicros(audience.listedSince(state) == 0 ? 0 : since)
                .setValidUntilMicros(until)
                .setCompleteFromMicros(completeFrom(audience))
                .addAllEvidence(audience.evidence(state, now.micros()))
                .build());
  }

  /** Ends every membership, because the profile became another one. */
  void exitAllMerged() {
    for (var held : new ArrayList<>(state.memberships().entrySet())) {
      exit(held.getKey(), held.getValue().definitionVersion(), Reason.MERGED, null);
    }
  }

  private void exit(
      String name, long definitionVersion, Reason reason, @Nullable CompiledAudience audience) {
    state.exit(name);
    Transition.Builder exited = transition(name, definitionVersion, reason);
    if (audience != null) {
      exited
          .setCompleteFromMicros(completeFrom(audience))
          .addAllEvidence(audience.evidence(state, now.micros()));
    }
    out.transitions().add(exited.build());
  }

  private long completeFrom(CompiledAudience audience) {
    return inForce.completeFrom(audience, at()).orElse(0);
  }

  private Transition.Builder transition(String audience, long definitionVersion, Reason reason) {
    return Transition.newBuilder()
        .setProfileId(profileId)
        .setAudience(audience)
        .setAtMicros(at())
        .setGeneration(state.generation())
        .setVersion(state.nextTransitionVersion())
        .setDefinitionVersion(definitionVersion)
        .setReason(reason)
        .setBatch(reason == Reason.DEFINITION ? "definition/" + definitionVersion : batch)
        .setTraceparent(traceparent);
  }

  private long at() {
    return now.isKnown() ? now.micros() : now.wallMicros();
  }

  private void due(long instant) {
    if (instant > 0 && (state.dueMicros() == 0 || instant < state.dueMicros())) {
      state.setDueMicros(instant);
    }
  }
}
