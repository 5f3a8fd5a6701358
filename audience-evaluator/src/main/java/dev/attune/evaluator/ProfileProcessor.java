package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.evaluator.Timers.Timer;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.kafka.CommitPace;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Transition;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the states of the profiles of one partition. A step is computed whole before any of it is
 * written, so that a record that cannot be taken leaves nothing behind but its dead letter.
 */
final class ProfileProcessor implements Processor<String, byte[], String, byte[]> {
  static final String PROFILES = "profiles";
  static final String TIMERS = "timers";
  static final String META = "meta";
  static final String GROUPS = "groups";
  static final String TRANSITIONS_SINK = "transitions";
  static final String MOVES_SINK = "moves-out";

  /** How often time is looked at, and whether to commit. */
  static final Duration TICK = Duration.ofMillis(50);

  // A slice leaves room for live traffic: a wave of expiries must not stall it.
  private static final int SLICE_MAX = 1_000;
  private static final long SLICE_NANOS_MAX = 5_000_000;
  // What a record can carry, with room for its envelope.
  private static final int STATE_BYTES_MAX = 900 << 10;
  private static final String WALKED = "walked";

  private final CurrentAudiences current;
  private final boolean waits;
  private final EvaluatorConfig.Clock clockMode;
  private final InstantSource wall;
  private final Topics topics;
  private final EvaluatorMetrics metrics;
  private final Rejects rejects;
  private final CommitPace.OfThreads paces;

  private @Nullable Task task;

  /**
   * @param waits whether audiences wait for what somebody tells them of past events
   */
  ProfileProcessor(
      CurrentAudiences current,
      boolean waits,
      EvaluatorConfig.Clock clockMode,
      InstantSource wall,
      Topics topics,
      DeadLetters deadLetters,
      EvaluatorMetrics metrics,
      CommitPace.OfThreads paces) {
    this.current = current;
    this.waits = waits;
    this.clockMode = clockMode;
    this.wall = wall;
    this.topics = topics;
    this.metrics = metrics;
    this.paces = paces;
    this.rejects = new Rejects(deadLetters, wall, metrics);
  }

  @Override
  public void init(ProcessorContext<String, byte[]> context) {
    Task opened = new Task(context);
    task = opened;
    // At the same moments in all tasks of a thread, which commit together.
    context.schedule(Instant.EPOCH, TICK, PunctuationType.WALL_CLOCK_TIME, _ -> opened.punctuate());
  }

  @Override
  public void process(Record<String, byte[]> record) {
    Task open = task;
    if (open == null) {
      throw new IllegalStateException("the processor is not open");
    }
    open.process(record);
  }

  @Override
  public void close() {
    if (task != null) {
      metrics.closed(task.partition);
    }
    task = null;
  }

  /** The open processor: its stores are there. */
  private final class Task {
    final int partition;
    private final ProcessorContext<String, byte[]> context;
    private final KeyValueStore<String, byte[]> profiles;
    private final KeyValueStore<String, byte[]> meta;
    private final Timers timers;
    private final Groups groups;
    private final EvaluatorClock clock;
    private final PartitionAudiences audiences;
    private final CommitPace pace;
    private final Sizes sizes;
    // Where the walk over all profiles after a change of the definitions stands.
    private @Nullable String walkCursor;
    private long walking;
    private long walked;

    Task(ProcessorContext<String, byte[]> context) {
      this.context = context;
      this.partition = context.taskId().partition();
      this.profiles = context.getStateStore(PROFILES);
      this.meta = context.getStateStore(META);
      KeyValueStore<Bytes, byte[]> timerStore = context.getStateStore(TIMERS);
      this.timers = new Timers(timerStore);
      this.groups = new Groups(context.getStateStore(GROUPS));
      this.clock = new EvaluatorClock(clockMode, wall, meta);
      boolean empty = isEmpty(profiles);
      this.audiences =
          new PartitionAudiences(current, waits, meta, empty, clock.now().wallMicros());
      this.pace = paces.mine();
      byte[] stored = meta.get(WALKED);
      this.walked = stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
      this.sizes = new Sizes(empty);
      metrics.watermark(partition, clock.least());
      metrics.opened(partition, sizes, audiences);
    }

    private static boolean isEmpty(KeyValueStore<String, byte[]> store) {
      try (var entries = store.all()) {
        return !entries.hasNext();
      }
    }

    void process(Record<String, byte[]> record) {
      if (record.value() == null || record.key() == null) {
        // A compacted topic forgets a key.
        return;
      }
      pace.read(wall.millis() - record.timestamp());
      boolean isMove =
          context
              .recordMetadata()
              .map(metadata -> metadata.topic().equals(topics.evaluatorMoves()))
              .orElse(false);
      Optional<Step> step;
      try {
        step = isMove ? move(record) : change(record);
      } catch (KafkaException e) {
        // The stores, not the record.
        throw e;
      } catch (InvalidProtocolBufferException | RuntimeException e) {
        rejects.take(record, context.recordMetadata(), e);
        return;
      }
      step.ifPresent(this::write);
    }

    private Optional<Step> change(Record<String, byte[]> record)
        throws InvalidProtocolBufferException {
      ProfileChange change = ProfileChange.parseFrom(record.value());
      return switch (change.getKindCase()) {
        case CHANGED -> {
          metrics.change();
          Changed changed = change.getChanged();
          String id = changed.getRecord().getProfileId();
          if (!id.equals(record.key())) {
            throw new IllegalArgumentException("the key is not the record's profile id");
          }
          Loaded loaded = load(id);
          Steps steps = steps(loaded);
          steps.change(changed);
          yield Optional.of(loaded.step(steps.out()));
        }
        case WATERMARK -> {
          if (clock.advance(change.getWatermark())) {
            metrics.watermark(partition, clock.least());
            if (clockMode == EvaluatorConfig.Clock.TICKS) {
              fireAll();
            }
          }
          yield Optional.empty();
        }
        case HISTORY -> {
          audiences.take(change.getHistory(), record.timestamp() * 1_000);
          yield Optional.empty();
        }
        // Links lead to profiles; audiences are decided for those alone.
        case IDENTITY -> Optional.empty();
        case KIND_NOT_SET -> throw new IllegalArgumentException("neither a change nor a watermark");
      };
    }

    private Optional<Step> move(Record<String, byte[]> record)
        throws InvalidProtocolBufferException {
      metrics.move();
      StateMove move = StateMove.parseFrom(record.value());
      if (!move.getIntoProfileId().equals(record.key())) {
        throw new IllegalArgumentException("the key is not the receiving profile's id");
      }
      if (move.hasGroup() && !move.getGroup().hasTraits()) {
        groups.hear(move).ifPresent(this::forward);
        // Or the answer would wait for the interval of commits.
        pace.wrote();
        return Optional.empty();
      }
      Loaded loaded = load(move.getIntoProfileId());
      Steps steps = steps(loaded);
      if (move.hasGroup()) {
        steps.group(move.getGroup().getTraits());
      } else {
        steps.move(move);
      }
      return Optional.of(loaded.step(steps.out()));
    }

    void punctuate() {
      Now now = clock.now();
      if (now.isKnown()) {
        fire(now, System.nanoTime() + SLICE_NANOS_MAX);
        walk(System.nanoTime() + SLICE_NANOS_MAX);
      }
      tellGroups();
      countMembers(System.nanoTime() + SLICE_NANOS_MAX);
      if (pace.isDue(wall.millis())) {
        context.commit();
      }
    }

    private void tellGroups() {
      List<StateMove> told = groups.tell(SLICE_MAX);
      told.forEach(this::forward);
      if (!told.isEmpty()) {
        pace.wrote();
      }
    }

    /** Counts those who were members before this process had the partition. */
    private void countMembers(long deadlineNanos) {
      if (sizes.isComplete()) {
        return;
      }
      String after = sizes.countedUntil();
      try (var entries = profiles.range(after, null)) {
        while (entries.hasNext()) {
          var entry = entries.next();
          if (entry.key.equals(after)) {
            continue;
          }
          sizes.count(entry.key, stored(entry.value));
          if (System.nanoTime() - deadlineNanos > 0) {
            return;
          }
        }
      }
      sizes.complete();
      forgetGone();
    }

    private void forgetGone() {
      AudienceSet there = audiences.get().audiences();
      sizes.forget(name -> there.audience(name).isPresent());
    }

    // One that does not parse is in nothing that anybody could tell; whoever asks it rejects it.
    private static EvaluatorState stored(byte[] bytes) {
      try {
        return EvaluatorState.parseFrom(bytes);
      } catch (InvalidProtocolBufferException e) {
        return EvaluatorState.getDefaultInstance();
      }
    }

    // On ticks nothing else moves the time, so everything that a tick made due happens with it.
    private void fireAll() {
      while (clock.now().isKnown() && fire(clock.now(), Long.MAX_VALUE)) {
        // The next slice.
      }
    }

    /** Asks the profiles that are due; true when there may be more. */
    private boolean fire(Now now, long deadlineNanos) {
      List<Timer> due = now.isKnown() ? timers.due(now.micros(), SLICE_MAX) : List.of();
      int fired = 0;
      for (Timer timer : due) {
        // Also when asking fails: it would fail again at every tick, and the dead letter says whose
        // timer it was.
        timers.move(timer.profileId(), timer.dueMicros(), 0);
        asked(timer.profileId(), timer.dueMicros());
        fired++;
        if (deadlineNanos != Long.MAX_VALUE && System.nanoTime() - deadlineNanos > 0) {
          break;
        }
      }
      metrics.timers(fired);
      return fired > 0;
    }

    private void asked(String profileId, long due) {
      try {
        Loaded loaded = load(profileId).withoutTimer();
        if (loaded.state().dueMicros() == due) {
          Steps steps = steps(loaded);
          steps.due();
          write(loaded.step(steps.out()));
        }
      } catch (KafkaException e) {
        // The stores, not the profile.
        throw e;
      } catch (RuntimeException e) {
        rejects.take(profileId, e);
      }
    }

    private void redefined(String profileId) {
      try {
        Loaded loaded = load(profileId);
        Steps steps = steps(loaded);
        steps.definitions();
        write(loaded.step(steps.out()));
      } catch (KafkaException e) {
        throw e;
      } catch (RuntimeException e) {
        rejects.take(profileId, e);
      }
    }

    /** Decides anew what was decided by other definitions. */
    private void walk(long deadlineNanos) {
      InForce inForce = inForce();
      if (inForce.fingerprint() == walked) {
        return;
      }
      if (inForce.fingerprint() != walking) {
        walking = inForce.fingerprint();
        walkCursor = null;
      }
      List<String> page = new ArrayList<>();
      try (var entries = walkCursor == null ? profiles.all() : profiles.range(walkCursor, null)) {
        while (entries.hasNext() && page.size() < SLICE_MAX) {
          page.add(entries.next().key);
        }
      }
      // At least one: reading the page alone may take a slice on a busy machine.
      for (int i = 0; i < page.size(); i++) {
        redefined(page.get(i));
        if (System.nanoTime() - deadlineNanos > 0 && i + 1 < page.size()) {
          walkCursor = page.get(i + 1);
          return;
        }
      }
      if (page.size() < SLICE_MAX) {
        keepWalked(walking);
        forgetGone();
      } else {
        walkCursor = page.getLast();
      }
    }

    // Whoever is decided by others than those that were walked is not by those, should they come
    // again.
    private InForce inForce() {
      InForce now = audiences.get();
      if (walked != 0 && now.fingerprint() != walked) {
        keepWalked(0);
      }
      return now;
    }

    private void keepWalked(long fingerprint) {
      walked = fingerprint;
      meta.put(WALKED, ByteBuffer.allocate(Long.BYTES).putLong(fingerprint).array());
    }

    private Steps steps(Loaded loaded) {
      return new Steps(
          loaded.inForce(), loaded.profileId(), loaded.state(), clock.now(), new Outbox());
    }

    private Loaded load(String profileId) {
      InForce inForce = inForce();
      byte[] stored = profiles.get(profileId);
      if (stored == null) {
        ProfileState fresh = new ProfileState(inForce.audiences());
        fresh.setCounters(clock.now().wallMicros(), 0);
        return new Loaded(inForce, profileId, null, fresh, 0);
      }
      try {
        ProfileState state =
            ProfileState.decode(EvaluatorState.parseFrom(stored), inForce.audiences());
        return new Loaded(inForce, profileId, Bytes.wrap(stored), state, state.dueMicros());
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException("the stored state does not parse", e);
      }
    }

    private void write(Step step) {
      pace.wrote();
      step.out().groups().forEach(group -> groups.record(step.profileId(), group));
      if (step.encoded() != null) {
        profiles.put(step.profileId(), step.encoded().get());
      }
      timers.move(step.profileId(), step.timerBefore(), step.timerAfter());
      metrics.copies(step.out().copies());
      long hour = Duration.ofMillis(wall.millis()).toHours();
      List<Transition> told =
          step.out().transitions().stream().map(one -> withMembers(one, hour)).toList();
      sizes.count(step.profileId(), step.out().transitions(), step.out().seeded(), hour);
      long stamp = wall.millis();
      told.forEach(
          transition -> {
            metrics.told(transition);
            context.forward(
                new Record<>(transition.getProfileId(), transition.toByteArray(), stamp),
                TRANSITIONS_SINK);
          });
      step.out().moves().forEach(this::forward);
    }

    // So that whoever reads of a recompute can tell how much of the audience it moves.
    private Transition withMembers(Transition transition, long hour) {
      return transition.getBatch().isEmpty() || !sizes.isComplete()
          ? transition
          : transition.toBuilder()
              .setMembersBefore(sizes.of(transition.getAudience(), hour).members())
              .build();
    }

    private void forward(StateMove move) {
      context.forward(
          new Record<>(move.getIntoProfileId(), move.toByteArray(), wall.millis()), MOVES_SINK);
    }
  }

  /** A profile's state before a step; the timer that stands for it, 0 = none. */
  private record Loaded(
      InForce inForce, String profileId, @Nullable Bytes stored, ProfileState state, long timer) {
    Loaded withoutTimer() {
      return new Loaded(inForce, profileId, stored, state, 0);
    }

    /** The state as it is now, and what is to be told. */
    Step step(Outbox out) {
      Bytes encoded = Bytes.wrap(state.encode().toByteArray());
      if (encoded.get().length > STATE_BYTES_MAX) {
        throw new IllegalArgumentException(
            "the state of the profile would be larger than " + STATE_BYTES_MAX + " bytes");
      }
      boolean kept = encoded.equals(stored) || !out.groups().isEmpty();
      return new Step(profileId, kept ? null : encoded, timer, state.dueMicros(), out);
    }
  }

  /**
   * What is to be written.
   *
   * @param encoded the state; null when it is stored like that already, or is a group's
   */
  private record Step(
      String profileId, @Nullable Bytes encoded, long timerBefore, long timerAfter, Outbox out) {}
}
