package dev.attune.dispatcher.delivery;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.state.Changelogs;
import dev.attune.proto.v1.Attempt;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.PendingDelivery;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deliveries of one partition, from when they are taken over until they are given up.
 *
 * <p>Attempts run elsewhere. Their ends come back through a queue that the owner's thread empties
 * at every tick, so that the store has one writer.
 *
 * <p><b>Takeover.</b> What the previous owner had appended to its topic when this one took over may
 * still be in flight there. It waits until the timeout of such an attempt has passed, lest an older
 * delivery arrive after a newer one.
 */
final class OwnedPartition {
  /** How soon a webhook is looked at again whose deliveries an operator's mistake holds up. */
  static final Duration RECHECK = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(OwnedPartition.class);

  // Beside the timeout, which bounds a whole attempt, its look-up of the address included: for a
  // deadline that is noticed late, and for two machines' clocks.
  private static final Duration TAKEOVER_MARGIN = Duration.ofSeconds(1);
  private static final Duration DEAD_LETTER_RETRY = Duration.ofSeconds(5);

  private final Delivering delivering;
  private final String topic;
  private final ProcessorContext<byte[], byte[]> context;
  private final PendingDeliveries pending;
  private final ToldStates told;
  private final Backlog.OfPartition backlog;
  private final long tookOverAt;
  private final ConcurrentLinkedQueue<Ended> ended = new ConcurrentLinkedQueue<>();
  private final Map<String, Lane> lanes = new HashMap<>();
  // Heads that the previous owner had in flight, or was about to have, until the first tick.
  private final List<Bytes> neverParked = new ArrayList<>();
  private final List<Cancellable> schedules = new ArrayList<>();

  private OwnedPartition(
      Delivering delivering, String topic, ProcessorContext<byte[], byte[]> context) {
    this.delivering = delivering;
    this.topic = topic;
    this.context = context;
    pending =
        new PendingDeliveries(
            context.getStateStore(PendingDeliveries.HEADS),
            context.getStateStore(PendingDeliveries.BEHIND),
            context.getStateStore(PendingDeliveries.DUE));
    told = new ToldStates(context.getStateStore(ToldStates.STORE));
    backlog = delivering.backlog().open();
    tookOverAt = now();
  }

  /** Takes over what the stores hold, and works at every tick until closed. */
  static OwnedPartition open(
      Delivering delivering, String topic, ProcessorContext<byte[], byte[]> context) {
    OwnedPartition opened = new OwnedPartition(delivering, topic, context);
    opened.takeOver();
    opened.schedules.add(Changelogs.begin(context, opened::touch));
    opened.schedules.add(
        context.schedule(DeliveryOwner.TICK, PunctuationType.WALL_CLOCK_TIME, _ -> opened.tick()));
    return opened;
  }

  private void touch() {
    pending.touch();
    told.touch();
  }

  private void takeOver() {
    pending.forEachHead(
        head -> {
          String webhook = head.getDelivery().getWebhook();
          backlog.added(head);
          lanes.computeIfAbsent(webhook, name -> show(Lane.unknown(name)));
          if (head.getDueAtMicros() == 0) {
            neverParked.add(PendingDeliveries.queue(head));
          }
        });
    pending.forEachBehind(backlog::added);
  }

  /** The stores belong to somebody else from here on; attempts that run end unheard. */
  void close() {
    schedules.forEach(Cancellable::cancel);
    delivering.backlog().close(backlog);
  }

  void process(Record<byte[], byte[]> record) {
    if (record.value() == null) {
      return;
    }
    Delivery delivery;
    try {
      delivery = Delivery.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      delivering.poison().bury(context, record, "the delivery does not parse");
      return;
    }
    Optional<String> mistake = mistake(record, delivery);
    if (mistake.isPresent()) {
      delivering.poison().bury(context, record, mistake.get());
      return;
    }
    PendingDelivery taken =
        PendingDelivery.newBuilder()
            .setDelivery(delivery)
            // The offset grows along the partition, and a record read twice has the same one.
            .setSequence(context.recordMetadata().orElseThrow().offset())
            .setPendingSinceMicros(now())
            .build();
    if (isOfBefore(record)) {
      // The previous owner may have sent it.
      told.forget(taken);
    }
    // What takes the place of another one fits where that was.
    boolean fits = PendingDeliveries.hasSubject(taken) && overtake(taken);
    if (!fits && backlog.pending(delivery.getWebhook()) >= delivering.pendingMax()) {
      tooMany(record, delivery, delivering.pendingMax(), "all deliveries");
      return;
    }
    takeIn(record, taken);
  }

  private void takeIn(Record<byte[], byte[]> record, PendingDelivery taken) {
    Delivery delivery = taken.getDelivery();
    long now = taken.getPendingSinceMicros();
    Lane lane = lanes.computeIfAbsent(delivery.getWebhook(), name -> show(Lane.empty(name, now)));
    PendingDelivery head = pending.head(PendingDeliveries.queue(taken));
    if (head != null) {
      if (!pending.append(taken)) {
        tooMany(record, delivery, PendingDeliveries.BEHIND_MAX, "one person's deliveries");
        return;
      }
      backlog.added(taken);
      if (head.getBulk() && !delivery.getBulk()) {
        hurry(lane, head);
      }
      return;
    }
    backlog.added(taken);
    pending.begin(taken);
    WebhookDefinition webhook = definition(lane.webhook);
    if (webhook != null && isOfBefore(record) && now < heldUntil(webhook)) {
      park(lane, taken, taken, heldUntil(webhook));
    } else {
      offer(lane, taken);
    }
  }

  private boolean isOfBefore(Record<byte[], byte[]> record) {
    return record.timestamp() * 1_000 < tookOverAt;
  }

  // Something live waits behind it now, and would wait for all that is bulk before it.
  private void hurry(Lane lane, PendingDelivery head) {
    if (!lane.inFlight.containsKey(PendingDeliveries.queue(head))) {
      park(lane, head, head, head.getDueAtMicros());
    }
  }

  /** Drops what a newer state takes the place of, if anything; never one that may be in flight. */
  private boolean overtake(PendingDelivery newer) {
    boolean any = false;
    PendingDelivery behind = pending.removeBehind(newer);
    if (behind != null) {
      backlog.removed(behind);
      overtaken(behind, newer);
      any = true;
    }
    PendingDelivery head = pending.head(PendingDeliveries.queue(newer));
    if (head != null && isOvertaken(head, newer)) {
      overtaken(head, newer);
      remove(lane(head.getDelivery().getWebhook()), head);
      any = true;
    }
    return any;
  }

  private boolean isOvertaken(PendingDelivery head, PendingDelivery newer) {
    WebhookDefinition webhook = definition(head.getDelivery().getWebhook());
    return PendingDeliveries.hasSubject(head)
        && head.getDelivery().getSubject().equals(newer.getDelivery().getSubject())
        && head.getAttempts() == 0
        && !lane(head.getDelivery().getWebhook())
            .inFlight
            .containsKey(PendingDeliveries.queue(head))
        // Until then the previous owner may have it in flight. What stands behind a head waits for
        // that in any case.
        && webhook != null
        && neverParked.isEmpty()
        && newer.getPendingSinceMicros() >= heldUntil(webhook);
  }

  private void overtaken(PendingDelivery older, PendingDelivery newer) {
    if (older.getPendingSinceMicros() < tookOverAt) {
      // The previous owner may have sent it.
      told.forget(older);
    }
    delivering.metrics().dropped(older.getDelivery().getWebhook(), "overtaken");
    logDropped(older, "overtaken by " + newer.getDelivery().getWebhookId());
  }

  private void logDropped(PendingDelivery delivery, String why) {
    long now = now();
    log(delivery, Attempt.newBuilder().setStartedAtMicros(now).setOutcome(why), now);
  }

  /**
   * Sends a head that is not parked at once if it can be, and parks it for the next look if not.
   */
  private void offer(Lane lane, PendingDelivery head) {
    if (told.isTold(head)) {
      delivering.metrics().dropped(lane.webhook, "unchanged");
      logDropped(head, "not sent: the endpoint has this state");
      remove(lane, head);
      return;
    }
    long now = now();
    WebhookDefinition webhook = open(lane.webhook);
    Urgency urgency = pending.urgency(head);
    if (webhook != null
        && !delivering.draining().get()
        // Those that are parked and due came earlier.
        && !lane.looks(urgency).hasDue(now)
        && acquire(lane, webhook, urgency, now)) {
      begin(lane, webhook, urgency, head);
    } else {
      park(lane, head, head, now);
      look(lane);
    }
  }

  private void park(Lane lane, PendingDelivery head, PendingDelivery later, long dueAtMicros) {
    Urgency urgency = pending.urgency(later);
    pending.fence(lane.webhook, urgency);
    pending.park(
        head,
        later.toBuilder().setDueAtMicros(dueAtMicros).setBulk(urgency == Urgency.BULK).build());
    lane.looks(urgency).parked(dueAtMicros);
  }

  private void tooMany(Record<byte[], byte[]> record, Delivery delivery, long max, String what) {
    String webhook = delivery.getWebhook();
    delivering
        .poison()
        .bury(
            context,
            record.withValue(replay(delivery).toByteArray()),
            "more than " + max + " of " + what + " to webhook " + webhook + " wait",
            topic);
    delivering.metrics().deadLettered(webhook);
  }

  private static Optional<String> mistake(Record<byte[], byte[]> record, Delivery delivery) {
    if (delivery.getWebhook().isEmpty() || delivery.getWebhook().indexOf('/') >= 0) {
      return Optional.of("the delivery names no webhook");
    }
    if (delivery.getProfileId().isEmpty() || delivery.getProfileId().indexOf('/') >= 0) {
      return Optional.of("the delivery names no profile");
    }
    if (delivery.getWebhookId().isEmpty()
        || delivery.getWebhookId().indexOf('.') >= 0
        || delivery.getWebhookId().indexOf('/') >= 0) {
      return Optional.of("the delivery has no valid webhook-id");
    }
    String key = delivery.getWebhook() + "/" + delivery.getProfileId();
    if (record.key() == null || !new String(record.key(), StandardCharsets.UTF_8).equals(key)) {
      return Optional.of("the key is not that of the delivery (expected: webhook/profile id)");
    }
    return Optional.empty();
  }

  private void tick() {
    for (Bytes queue : neverParked) {
      PendingDelivery head = pending.head(queue);
      if (head != null && head.getDueAtMicros() == 0) {
        // Before the takeover, so that it waits with those that were due then.
        park(lane(head.getDelivery().getWebhook()), head, head, tookOverAt - 1);
      }
    }
    neverParked.clear();
    for (Ended end = ended.poll(); end != null; end = ended.poll()) {
      settle(end);
    }
    for (Lane lane : new ArrayList<>(lanes.values())) {
      if (lane.inFlight.isEmpty() && backlog.pending(lane.webhook) == 0) {
        lanes.remove(lane.webhook);
      } else {
        look(lane);
      }
    }
  }

  // Takes a slot, or remembers when to ask again.
  private boolean acquire(Lane lane, WebhookDefinition webhook, Urgency urgency, long now) {
    OptionalLong later = delivering.slots().acquire(webhook, urgency, now);
    later.ifPresent(lane.looks(urgency)::blockedUntil);
    return later.isEmpty();
  }

  /** Begins an attempt for each head that is due, as far as there are slots; live ones first. */
  private void look(Lane lane) {
    look(lane, Urgency.LIVE);
    look(lane, Urgency.BULK);
  }

  private void look(Lane lane, Urgency urgency) {
    Lane.Looks looks = lane.looks(urgency);
    long now = now();
    if (!looks.isTimeToLook(now) || delivering.draining().get()) {
      return;
    }
    WebhookDefinition webhook = open(lane.webhook);
    if (webhook == null) {
      // The definition has gone, or its gate is shut: what waits for it waits on.
      return;
    }
    // What was due before the takeover is what may be in flight elsewhere.
    long heldUntil = heldUntil(webhook);
    boolean held = now < heldUntil;
    var look =
        new Object() {
          long until = now;
          long again = Long.MAX_VALUE;
        };
    List<PendingDeliveries.Parked> orphans = new ArrayList<>();
    pending.parked(
        lane.webhook,
        urgency,
        held ? Math.max(looks.lookFrom(), tookOverAt) : looks.lookFrom(),
        parked -> {
          if (parked.dueAtMicros() > now) {
            look.again = parked.dueAtMicros();
            return false;
          }
          PendingDelivery inFlight = lane.inFlight.get(parked.queue());
          PendingDelivery head = inFlight == null ? pending.head(parked.queue()) : inFlight;
          if (head == null || !parked.isOf(head)) {
            orphans.add(parked);
            return true;
          }
          if (inFlight != null) {
            return true;
          }
          if (!acquire(lane, webhook, urgency, now)) {
            look.until = parked.dueAtMicros();
            look.again = now;
            return false;
          }
          begin(lane, webhook, urgency, head);
          return true;
        });
    if (!orphans.isEmpty()) {
      // They say when to look at a head that has gone or has another due time by now: no delivery
      // is lost with them.
      LOG.error(
          "webhook {}: {} due times without their deliveries are dropped",
          lane.webhook,
          orphans.size());
      orphans.forEach(orphan -> pending.drop(lane.webhook, orphan));
    }
    if (held) {
      looks.lookAgainAt(Math.min(look.again, heldUntil));
    } else {
      looks.lookedUntil(look.until);
      looks.lookAgainAt(look.again);
    }
  }

  private void begin(Lane lane, WebhookDefinition webhook, Urgency urgency, PendingDelivery head) {
    Bytes queue = PendingDeliveries.queue(head);
    lane.inFlight.put(queue, head);
    told.begun(head);
    long started = now();
    delivering
        .sender()
        .send(webhook, head.getDelivery())
        .whenComplete(
            (outcome, error) -> {
              Outcome how =
                  outcome == null
                      ? new Outcome.Failed(0, "failed: " + error.getClass().getSimpleName(), null)
                      : outcome;
              long now = now();
              delivering.slots().release(lane.webhook, urgency, end(how), now);
              ended.add(new AttemptEnded(queue, lane.webhook, how, started, now));
            });
  }

  private static Slots.End end(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Delivered _, Outcome.Rejected _, Outcome.Gone _ -> Slots.End.ANSWERED;
      case Outcome.Blocked _, Outcome.Unsendable _, Outcome.NotSent _ -> Slots.End.NOT_SENT;
      case Outcome.Failed failed -> failed.status() == 0 ? Slots.End.SILENT : Slots.End.FAILED;
    };
  }

  private void settle(Ended end) {
    Lane lane = lane(end.webhook());
    PendingDelivery delivery = lane.inFlight.remove(end.queue());
    if (delivery == null) {
      throw new IllegalStateException("what has ended was not in flight");
    }
    switch (end) {
      case AttemptEnded attempt -> settle(lane, delivery, attempt);
      case Buried buried -> {
        if (buried.kept()) {
          delivering.metrics().deadLettered(lane.webhook);
          remove(lane, delivery);
        } else {
          postpone(lane, delivery, DEAD_LETTER_RETRY, "its dead letter could not be kept");
        }
      }
    }
  }

  private void settle(Lane lane, PendingDelivery delivery, AttemptEnded attempt) {
    switch (attempt.outcome()) {
      case Outcome.Delivered _ -> {
        delivering.health().well(lane.webhook);
        delivering.gates().delivered(lane.webhook);
        delivering.metrics().delivered(lane.webhook);
        if (!delivery.getDelivery().getReplay()) {
          delivering
              .metrics()
              .latency(
                  lane.webhook, attempt.endedAt() - delivery.getDelivery().getCausedAtMicros());
        }
        log(delivery, attempt);
        remove(lane, delivery);
      }
      case Outcome.Rejected rejected -> {
        delivering.health().failed(lane.webhook, rejected.words());
        delivering.metrics().failed(lane.webhook, "rejected");
        delivering
            .gates()
            .failed(lane.webhook, rejected.words(), Clocks.instant(attempt.startedAt()));
        log(delivery, attempt);
        bury(lane, counted(delivery, rejected.words()), rejected.words());
      }
      case Outcome.Gone gone -> {
        delivering.health().failed(lane.webhook, gone.words());
        delivering.metrics().failed(lane.webhook, "gone");
        delivering.gates().gone(lane.webhook, Clocks.instant(attempt.startedAt()));
        log(delivery, attempt);
        // It is sent again once somebody has resumed the webhook.
        reschedule(lane, delivery, counted(delivery, gone.words()), RECHECK);
      }
      case Outcome.Failed failed -> {
        delivering.health().failed(lane.webhook, failed.words());
        delivering.metrics().failed(lane.webhook, "failed");
        delivering
            .gates()
            .failed(lane.webhook, failed.words(), Clocks.instant(attempt.startedAt()));
        log(delivery, attempt);
        retry(lane, delivery, failed);
      }
      case Outcome.Blocked _ -> {
        told.forget(delivery);
        delivering.metrics().blocked(lane.webhook);
        log(delivery, attempt);
        remove(lane, delivery);
      }
      case Outcome.Unsendable unsendable -> {
        // The endpoint has nothing to do with it: neither its health nor its gate hear of it.
        delivering.metrics().failed(lane.webhook, "unsendable");
        log(delivery, attempt);
        bury(lane, counted(delivery, unsendable.words()), unsendable.words());
      }
      case Outcome.NotSent notSent -> {
        told.forget(delivery);
        delivering.health().failed(lane.webhook, notSent.words());
        delivering.metrics().failed(lane.webhook, "not_sent");
        postpone(lane, delivery, RECHECK, notSent.words());
      }
    }
  }

  private void retry(Lane lane, PendingDelivery delivery, Outcome.Failed failed) {
    int attempts = delivery.getAttempts() + 1;
    Optional<Duration> delay =
        delivering.retries().delayAfter(attempts, delivering.random().nextDouble());
    if (delay.isEmpty()) {
      bury(
          lane,
          counted(delivery, failed.words()),
          "given up after " + attempts + " attempts, the last: " + failed.words());
      return;
    }
    Duration after = delay.get();
    if (failed.retryAfter() != null && failed.retryAfter().compareTo(after) > 0) {
      after = failed.retryAfter();
    }
    reschedule(lane, delivery, counted(delivery, failed.words()), after);
  }

  private static PendingDelivery counted(PendingDelivery delivery, String outcome) {
    return delivery.toBuilder()
        .setAttempts(delivery.getAttempts() + 1)
        .setLastOutcome(outcome)
        .build();
  }

  // Without counting an attempt: none was made.
  private void postpone(Lane lane, PendingDelivery delivery, Duration by, String why) {
    reschedule(lane, delivery, delivery.toBuilder().setLastOutcome(why).build(), by);
  }

  private void reschedule(
      Lane lane, PendingDelivery before, PendingDelivery after, Duration delay) {
    park(lane, before, after, now() + delay.toNanos() / 1_000);
  }

  private void remove(Lane lane, PendingDelivery delivery) {
    PendingDelivery next = pending.remove(delivery);
    backlog.removed(delivery);
    if (next != null) {
      offer(lane, next);
    }
  }

  /** Gives a delivery up. It blocks its queue until its dead letter is kept for good. */
  private void bury(Lane lane, PendingDelivery delivery, String reason) {
    // Whether the endpoint took any of it, nobody knows.
    told.forget(delivery);
    Bytes queue = PendingDeliveries.queue(delivery);
    lane.inFlight.put(queue, delivery);
    Delivery content = delivery.getDelivery();
    DeadLetter letter =
        Poison.letter(topic, context.taskId().partition(), delivery.getSequence())
            .setKey(ByteString.copyFromUtf8(content.getWebhook() + "/" + content.getProfileId()))
            .setValue(replay(content).toByteString())
            .setReason("webhook " + lane.webhook + ": " + reason)
            .setAttempts(delivery.getAttempts())
            .setAtMicros(now())
            .setReplayTopic(topic)
            .build();
    delivering
        .deadLetters()
        .send(letter)
        .whenComplete(
            (_, error) -> {
              if (error != null) {
                LOG.warn("the dead letter {} was not kept; it will be tried again", letter.getId());
              }
              ended.add(new Buried(queue, lane.webhook, error == null));
            });
  }

  // As it is kept in a dead letter: if it comes back, others may have gone out before it.
  private static Delivery replay(Delivery delivery) {
    return delivery.toBuilder().setReplay(true).build();
  }

  private void log(PendingDelivery delivery, AttemptEnded attempt) {
    log(
        delivery,
        Attempt.newBuilder()
            .setNumber(delivery.getAttempts() + 1)
            .setStartedAtMicros(attempt.startedAt())
            .setTookMicros(attempt.endedAt() - attempt.startedAt())
            .setStatus(attempt.outcome().status())
            .setOutcome(attempt.outcome().words())
            .setResponse(attempt.outcome().response()),
        attempt.endedAt());
  }

  private void log(PendingDelivery delivery, Attempt.Builder attempt, long atMicros) {
    Attempt entry =
        attempt
            .setWebhook(delivery.getDelivery().getWebhook())
            .setProfileId(delivery.getDelivery().getProfileId())
            .setWebhookId(delivery.getDelivery().getWebhookId())
            .build();
    context.forward(
        new Record<>(
            entry.getWebhook().getBytes(StandardCharsets.UTF_8),
            entry.toByteArray(),
            atMicros / 1_000));
  }

  private long heldUntil(WebhookDefinition webhook) {
    return tookOverAt + webhook.timeout().plus(TAKEOVER_MARGIN).toNanos() / 1_000;
  }

  private Lane lane(String webhook) {
    Lane lane = lanes.get(webhook);
    if (lane == null) {
      throw new IllegalStateException("a webhook has deliveries and no lane");
    }
    return lane;
  }

  private Lane show(Lane lane) {
    delivering.metrics().show(lane.webhook);
    return lane;
  }

  private @Nullable WebhookDefinition definition(String name) {
    return delivering.definitions().current().webhooks().get(name);
  }

  /** A webhook that is delivered to; null when it is not defined, paused or disabled. */
  private @Nullable WebhookDefinition open(String name) {
    WebhookDefinition definition = definition(name);
    return definition == null || !delivering.gates().isOpen(name) ? null : definition;
  }

  private long now() {
    return Clocks.micros(delivering.clock());
  }

  /** Something that ran beside the owner's thread has ended. */
  private sealed interface Ended {
    Bytes queue();

    String webhook();
  }

  private record AttemptEnded(
      Bytes queue, String webhook, Outcome outcome, long startedAt, long endedAt)
      implements Ended {}

  private record Buried(Bytes queue, String webhook, boolean kept) implements Ended {}
}
