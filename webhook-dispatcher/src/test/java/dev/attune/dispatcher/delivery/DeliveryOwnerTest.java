package dev.attune.dispatcher.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.core.webhook.FlipLimit;
import dev.attune.core.webhook.Pace;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookState;
import dev.attune.dispatcher.KnownStates;
import dev.attune.dispatcher.TestClock;
import dev.attune.dispatcher.Webhooks;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.proto.v1.Attempt;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.PendingDelivery;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The owner's decisions, with a clock and a sender that the test moves. */
class DeliveryOwnerTest {
  private static final String TOPIC = "attune.deliveries";

  private final TestClock clock = new TestClock();
  private final FakeSender sender = new FakeSender();
  private final List<DeadLetter> letters = new ArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Backlog backlog = new Backlog();
  private final Health health = new Health(clock);
  private final AtomicBoolean draining = new AtomicBoolean();
  private final List<KeyValueStore<Bytes, byte[]>> stores =
      DeliveryOwner.STORES.stream().map(DeliveryOwnerTest::store).toList();
  private final KnownStates known =
      new KnownStates(Webhooks.definitions(Webhooks.webhook("a"), Webhooks.webhook("b")));
  private CompletableFuture<?> letterKept = CompletableFuture.completedFuture(null);
  private Slots slots = new Slots(8, 4);
  private long pendingMax = 100;
  private long offset;
  private MockProcessorContext<byte[], byte[]> context = new MockProcessorContext<>();
  private DeliveryOwner owner = owner();

  @BeforeEach
  void start() {
    owner = takeOver();
  }

  @Test
  void delivery_isSentAtOnce_andForgottenOnceDelivered() {
    append("a", "p1", "m1");
    assertThat(sender.sent()).containsExactly("m1");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(waiting()).isZero();
    assertThat(attempts())
        .singleElement()
        .satisfies(
            attempt -> {
              assertThat(attempt.getWebhookId()).isEqualTo("m1");
              assertThat(attempt.getNumber()).isOne();
              assertThat(attempt.getStatus()).isEqualTo(200);
              assertThat(attempt.getOutcome()).isEqualTo("delivered");
            });
    assertThat(
            registry
                .get("attune.dispatcher.attempts")
                .tag("outcome", "delivered")
                .counter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void queue_newerNeverOvertakes_otherQueuesGoOn() {
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    append("a", "p2", "m3");
    append("b", "p1", "m4");
    tick();
    assertThat(sender.sent()).containsExactly("m1", "m3", "m4");

    sender.end("m1", new Outcome.Failed(500, "HTTP 500", null));
    tick();
    advance(Duration.ofSeconds(1));
    assertThat(sender.sent()).as("m2 waits for m1's retry").containsExactly("m1", "m3", "m4");

    advance(Duration.ofSeconds(5));
    assertThat(sender.sent()).containsExactly("m1", "m3", "m4", "m1");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(sender.sent()).containsExactly("m1", "m3", "m4", "m1", "m2");
  }

  // About somebody who took a consent back nothing is kept, not even a dead letter.
  @Test
  void blocked_isRecordedAndForgotten_andTheNextProceeds() {
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    sender.end("m1", new Outcome.Blocked("no consent to marketing"));
    tick();
    assertThat(sender.running()).containsExactly("m2");
    assertThat(letters).isEmpty();
    assertThat(waiting()).isOne();
    assertThat(attempts())
        .singleElement()
        .satisfies(
            attempt -> {
              assertThat(attempt.getStatus()).isZero();
              assertThat(attempt.getOutcome()).isEqualTo("blocked: no consent to marketing");
            });
    assertThat(health.problem("a")).isEmpty();
  }

  // "order: none": whoever waits waits alone, also for the next owner.
  @Test
  void unordered_isAQueueOfItsOwn() {
    for (String id : List.of("m1", "m2", "m3")) {
      Delivery delivery = delivery("a", "p1", id).toBuilder().setUnordered(true).build();
      process("a/p1", delivery.toByteArray(), clock.millis());
    }
    append("a", "p1", "m4");
    assertThat(sender.sent()).containsExactly("m1", "m2", "m3", "m4");
    sender.end("m1", new Outcome.Failed(500, "HTTP 500", null));
    sender.end("m2", new Outcome.Delivered(200));
    sender.end("m3", new Outcome.Failed(500, "HTTP 500", null));
    sender.end("m4", new Outcome.Delivered(200));
    tick();
    assertThat(waiting()).isEqualTo(2);
    assertThat(parked("a")).isEqualTo(2);
    owner.close();
    owner = takeOver();
    advance(Duration.ofSeconds(20));
    assertThat(sender.running()).containsExactlyInAnyOrder("m1", "m3");
    sender.end("m3", new Outcome.Delivered(200));
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(waiting()).isZero();
    assertThat(parked("a")).isZero();
  }

  @Test
  void retries_followTheSchedule_thenDeadLetter_thenTheNextProceeds() {
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    for (Duration delay : RetrySchedule.DEFAULT.delays()) {
      sender.end("m1", new Outcome.Failed(0, "the connection was reset", null));
      tick();
      int before = sender.sent().size();
      advance(delay.multipliedBy(89).dividedBy(100));
      assertThat(sender.sent()).as("not before " + delay).hasSize(before);
      advance(delay.multipliedBy(22).dividedBy(100));
      assertThat(sender.sent()).as("after " + delay).hasSize(before + 1).last().isEqualTo("m1");
    }
    assertThat(letters).isEmpty();
    sender.end("m1", new Outcome.Failed(503, "HTTP 503", null));
    tick();
    tick();
    assertThat(letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.getId()).isEqualTo("attune.deliveries-0-0");
              assertThat(letter.getPart()).isEqualTo("dispatcher");
              assertThat(letter.getReason())
                  .isEqualTo("webhook a: given up after 11 attempts, the last: HTTP 503");
              assertThat(letter.getAttempts()).isEqualTo(11);
              assertThat(letter.getReplayTopic()).isEqualTo(TOPIC);
              assertThat(letter.getKey().toStringUtf8()).isEqualTo("a/p1");
              assertThat(Delivery.parseFrom(letter.getValue()))
                  .isEqualTo(delivery("a", "p1", "m1").toBuilder().setReplay(true).build());
            });
    assertThat(sender.sent()).last().isEqualTo("m2");
    assertThat(attempts()).hasSize(11);
  }

  @Test
  void rejected_isADeadLetterAtOnce() {
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    sender.end("m1", new Outcome.Rejected(410));
    tick();
    tick();
    assertThat(letters)
        .extracting(DeadLetter::getReason)
        .containsExactly("webhook a: rejected with HTTP 410");
    assertThat(sender.sent()).containsExactly("m1", "m2");
  }

  // Fail closed, but not for ever: it would hold up all that stand behind it.
  @Test
  void unsendable_isADeadLetterAtOnce_andSaysNothingAboutTheEndpoint() {
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    sender.end("m1", new Outcome.Unsendable("the body does not parse"));
    tick();
    tick();
    assertThat(letters)
        .extracting(DeadLetter::getReason)
        .containsExactly("webhook a: the body does not parse");
    assertThat(sender.running()).containsExactly("m2");
    assertThat(attempts())
        .extracting(Attempt::getOutcome)
        .containsExactly("the body does not parse");
    assertThat(health.problem("a")).isEmpty();
  }

  // Until the letter is kept, forgetting the delivery would lose it.
  @Test
  void deadLetterNotKept_deliveryWaitsAndIsTriedAgain() {
    letterKept = CompletableFuture.failedFuture(new IllegalStateException("no broker"));
    append("a", "p1", "m1");
    sender.end("m1", new Outcome.Rejected(400));
    tick();
    tick();
    assertThat(waiting()).isOne();
    advance(Duration.ofSeconds(6));
    assertThat(sender.sent()).containsExactly("m1", "m1");
    letterKept = CompletableFuture.completedFuture(null);
    sender.end("m1", new Outcome.Rejected(400));
    tick();
    tick();
    assertThat(waiting()).isZero();
    assertThat(letters).hasSize(2);
  }

  @Test
  void retryAfter_longerThanTheSchedule_isHonoured() {
    append("a", "p1", "m1");
    sender.end("m1", new Outcome.Failed(429, "HTTP 429", Duration.ofMinutes(10)));
    tick();
    advance(Duration.ofMinutes(9));
    assertThat(sender.sent()).hasSize(1);
    advance(Duration.ofMinutes(1));
    assertThat(sender.sent()).hasSize(2);
  }

  // Fail closed: without a secret nothing is sent, and nothing is given up either.
  @Test
  void notSent_waitsWithoutCountingAttempts() {
    append("a", "p1", "m1");
    for (int i = 0; i < 50; i++) {
      sender.end("m1", new Outcome.NotSent("the file crm cannot be read"));
      tick();
      advance(OwnedPartition.RECHECK);
    }
    assertThat(sender.sent()).hasSize(51);
    assertThat(letters).isEmpty();
    assertThat(attempts()).isEmpty();
    assertThat(health.problem("a")).contains("the file crm cannot be read");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(attempts()).extracting(Attempt::getNumber).containsExactly(1);
    assertThat(health.problem("a")).isEmpty();
  }

  @Test
  void definitionGone_deliveriesWait_andGoOnWhenItReturns() {
    known.define(Webhooks.definitions(Webhooks.webhook("b")));
    append("a", "p1", "m1");
    advance(Duration.ofDays(30));
    assertThat(sender.sent()).isEmpty();
    assertThat(waiting()).isOne();
    known.define(Webhooks.definitions(Webhooks.webhook("a")));
    tick();
    assertThat(sender.sent()).containsExactly("m1");
  }

  // What waited at a takeover may be in flight with the previous owner: an attempt's timeout passes
  // before it is sent again. What is newer goes at once.
  @Test
  void takeover_keepsQueues_andWaitsForWhatMayBeInFlight() {
    slots = new Slots(16, 16);
    owner = takeOver();
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    append("a", "p2", "m3");
    sender.end("m3", new Outcome.Failed(500, "HTTP 500", null));
    tick();
    long oldAppend = clock.millis();
    clock.advance(Duration.ofMinutes(1));

    owner.close();
    owner = takeOver();
    appendAt("a", "p3", "m4", oldAppend);
    append("a", "p4", "m5");
    append("a", "p1", "m6");
    tick();
    assertThat(sender.sent()).containsExactly("m1", "m3", "m5");
    assertThat(backlog.pending("a")).isEqualTo(6);

    advance(Duration.ofSeconds(12));
    assertThat(sender.sent()).hasSize(6).contains("m4").endsWith("m4");
    assertThat(sender.sent().subList(3, 5)).containsExactlyInAnyOrder("m1", "m3");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    sender.end("m2", new Outcome.Delivered(200));
    tick();
    assertThat(sender.sent().subList(6, 8)).containsExactly("m2", "m6");
  }

  // Streams may close an owner and open the same object again, after stores were lost or a commit
  // came too late: whatever it remembered belongs to the stores as they were.
  @Test
  void openedAgain_remembersNothingOfBefore() {
    append("a", "p1", "m1");
    MockProcessorContext<byte[], byte[]> before = context;
    reopen();
    tick();
    sender.end("m1", new Outcome.Delivered(200));
    tick(before);
    tick();
    assertThat(waiting()).as("its end came to nobody").isOne();
    assertThat(sender.sent()).containsExactly("m1");

    advance(Duration.ofSeconds(12));
    assertThat(sender.sent()).containsExactly("m1", "m1");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(waiting()).isZero();
    assertThat(parked("a")).isZero();
    assertThat(backlog.pending("a")).isZero();
    assertThat(slots.awaitNoneUsed(Duration.ZERO)).isTrue();
  }

  // A recompute has 10,000 deliveries for an endpoint that takes a second for each. Five times a
  // second something happens to somebody, whose attempt begins at once.
  @Test
  void live_doesNotWaitBehindBulk_andBulkGoesOn() {
    pendingMax = 20_000;
    slots = new Slots(128, 128);
    owner = takeOver();
    for (int i = 0; i < 10_000; i++) {
      appendBulk("p" + i, "bulk-" + i);
    }
    assertThat(depth("bulk")).isEqualTo(10_000);
    Deque<List<String>> steps = new ArrayDeque<>();
    int sentBefore = 0;
    for (int step = 0; step < 300; step++) {
      advance(Duration.ofMillis(200));
      if (step >= 50) {
        append("a", "q" + step, "live-" + step);
        assertThat(sender.running()).contains("live-" + step);
      }
      List<String> sent = sender.sent();
      steps.add(sent.subList(sentBefore, sent.size()));
      sentBefore = sent.size();
      if (steps.size() == 5) {
        steps.remove().forEach(id -> sender.end(id, new Outcome.Delivered(200)));
      }
    }
    assertThat(depth("live")).isLessThanOrEqualTo(5);
    assertThat(10_000 - depth("bulk")).as("24 at once, for a minute").isBetween(1_000.0, 1_500.0);
  }

  // Whoever is told of something live is told first what came before it, and not after all others.
  @Test
  void live_bringsForwardWhatWaitsBeforeIt() {
    for (int i = 0; i < 50; i++) {
      appendBulk("p" + i, "bulk-" + i);
    }
    appendBulk("p49", "bulk-49-again");
    append("a", "p49", "live");
    tick();
    assertThat(sender.sent()).containsExactly("bulk-0", "bulk-1", "bulk-2", "bulk-49");
    sender.end("bulk-49", new Outcome.Delivered(200));
    tick();
    assertThat(sender.sent()).endsWith("bulk-49-again").hasSize(5);
    sender.end("bulk-49-again", new Outcome.Delivered(200));
    tick();
    assertThat(sender.sent()).endsWith("live").hasSize(6);
    sender.running().forEach(id -> sender.end(id, new Outcome.Delivered(200)));
    owner.close();
    owner = takeOver();
    for (int i = 0; waiting() > 0; i++) {
      assertThat(i).isLessThan(200);
      advance(Duration.ofSeconds(1));
      sender.running().forEach(id -> sender.end(id, new Outcome.Delivered(200)));
    }
    assertThat(parked("a")).isZero();
    assertThat(backlog.pending("a")).isZero();
  }

  // An entry without its head would otherwise end the owner's thread at every look.
  @Test
  void parkedEntryWithoutItsHead_isDropped_andTheOthersGoOn() {
    for (String profile : List.of("p1", "p2", "p3")) {
      append("a", profile, "m-" + profile);
      sender.end("m-" + profile, new Outcome.Failed(500, "HTTP 500", null));
    }
    tick();
    PendingDelivery.Builder later =
        Objects.requireNonNull(pending().head(PendingDeliveries.queue("a", "p3"))).toBuilder();
    Bytes gone = PendingDeliveries.queue("a", "p1");
    stores.getFirst().delete(gone);
    // The head of p3 has an entry of its own, and one that is out of date.
    long due = later.getDueAtMicros() + Duration.ofHours(1).toNanos() / 1_000;
    stores
        .getFirst()
        .put(PendingDeliveries.queue("a", "p3"), later.setDueAtMicros(due).build().toByteArray());
    owner.close();
    owner = takeOver();

    advance(Duration.ofSeconds(20));
    assertThat(sender.sent().subList(3, sender.sent().size())).containsExactly("m-p2");
    assertThat(parked("a")).as("that of the head in flight").isOne();
  }

  @Test
  void slots_boundWhatRuns_perWebhookAndOverall() {
    for (int i = 0; i < 20; i++) {
      append("a", "p" + i, "a" + i);
    }
    assertThat(sender.sent()).hasSize(4);
    for (int i = 0; i < 20; i++) {
      append("b", "p" + i, "b" + i);
    }
    assertThat(sender.sent()).hasSize(8);
    while (!sender.running().isEmpty()) {
      sender.running().forEach(id -> sender.end(id, new Outcome.Delivered(200)));
      assertThat(slots.awaitNoneUsed(Duration.ZERO)).isTrue();
      tick();
    }
    assertThat(sender.sent()).hasSize(40).doesNotHaveDuplicates();
    assertThat(waiting()).isZero();
  }

  // An endpoint that hangs must not hold the slots of its neighbours.
  @Test
  void slots_ofAnEndpointThatHangs_shrinkToTwo() {
    for (int i = 0; i < 20; i++) {
      append("a", "p" + i, "a" + i);
    }
    sender.running().forEach(id -> sender.end(id, new Outcome.Failed(0, "no answer", null)));
    tick();
    assertThat(sender.running()).hasSize(2);
  }

  // Nobody's retries are used up by an outage, and nobody else waits for it.
  @Test
  void endpointThatDoesNothingButFail_isProbed_thenEverythingGoesOut() {
    for (int i = 0; i < 40; i++) {
      append("a", "p" + i, "a" + i);
    }
    int failed = 0;
    while (!slots.isBroken("a")) {
      for (String id : sender.running()) {
        sender.end(id, new Outcome.Failed(503, "HTTP 503", null));
        failed++;
      }
      advance(Duration.ofSeconds(1));
      assertThat(failed).as("attempts until the circuit opens").isLessThan(80);
    }
    sender.running().forEach(id -> sender.end(id, new Outcome.Failed(503, "HTTP 503", null)));
    int before = sender.sent().size();
    for (int minute = 0; minute < 60; minute++) {
      advance(Duration.ofMinutes(1));
      assertThat(sender.running()).as("probes at once").hasSizeLessThanOrEqualTo(1);
      sender.running().forEach(id -> sender.end(id, new Outcome.Failed(503, "HTTP 503", null)));
    }
    assertThat(sender.sent().size() - before).as("probes in an hour").isBetween(30, 61);
    append("b", "p", "b");
    assertThat(sender.running()).contains("b");
    sender.end("b", new Outcome.Delivered(200));

    for (int second = 0; waiting() > 0; second++) {
      assertThat(second).as("seconds until all is delivered").isLessThan(7 * 3_600);
      advance(Duration.ofSeconds(1));
      sender.running().forEach(id -> sender.end(id, new Outcome.Delivered(200)));
    }
    assertThat(letters).isEmpty();
  }

  /**
   * An endpoint that is away for two hours, in ticks. One delivery comes every four seconds, to one
   * of 300 people; an attempt is answered after one to four ticks.
   */
  private final class Outage {
    private static final int PEOPLE = 300;
    private static final int DELIVERIES = 1_800;
    private static final int TICKS_PER_SECOND = 40;
    private static final int LATENCY_TICKS_MAX = 4;
    private static final int DOWN_TICKS = 2 * 3_600 * TICKS_PER_SECOND;
    private static final int BACK_TICKS = 120 * TICKS_PER_SECOND;
    private static final int IDLE_TICKS = 8;
    private static final int LONG_IDLE_TICKS = 400;
    private static final int ARRIVAL_TICKS = DOWN_TICKS / DELIVERIES;

    private final Map<String, Integer> endsAt = new HashMap<>();
    private final Map<Integer, Integer> begunInSecond = new HashMap<>();
    private final Map<String, Integer> taken = new HashMap<>();
    private int now;
    private int begun;
    private int atOnce;

    private void run() {
      for (int arrived = 0; now < DOWN_TICKS; now += ahead(IDLE_TICKS)) {
        for (; arrived * ARRIVAL_TICKS <= now; arrived++) {
          int person = arrived % PEOPLE;
          append("a", "p" + person, "p" + person + "-" + (arrived / PEOPLE + 1));
        }
        step(new Outcome.Failed(503, "HTTP 503", null));
      }
      // Of those that were probes again and again the schedule asks for hours.
      while (waiting() > 0) {
        assertThat(now / TICKS_PER_SECOND).as("seconds until all came").isLessThan(12 * 3_600);
        step(new Outcome.Delivered(200));
        now += ahead(now < DOWN_TICKS + BACK_TICKS ? 1 : LONG_IDLE_TICKS);
      }
    }

    // A step over so many ticks when nothing runs.
    private int ahead(int idle) {
      int ticks = endsAt.isEmpty() ? idle : 1;
      clock.advance(DeliveryOwner.TICK.multipliedBy(ticks - 1));
      return ticks;
    }

    private void step(Outcome outcome) {
      for (String id : sender.running()) {
        if (endsAt.getOrDefault(id, 0) <= now) {
          endsAt.remove(id);
          sender.end(id, outcome);
          if (outcome instanceof Outcome.Delivered) {
            take(id);
          }
        }
      }
      advance(DeliveryOwner.TICK);
      for (String id : sender.running()) {
        if (endsAt.putIfAbsent(id, now + 1 + begun % LATENCY_TICKS_MAX) == null) {
          begun++;
          begunInSecond.merge(now / TICKS_PER_SECOND, 1, Integer::sum);
        }
      }
      atOnce = Math.max(atOnce, endsAt.size());
    }

    private void take(String id) {
      String person = id.substring(0, id.indexOf('-'));
      assertThat(id).isEqualTo(person + "-" + taken.merge(person, 1, Integer::sum));
    }

    private int begun(int fromSecond, int toSecond) {
      return begunInSecond.entrySet().stream()
          .filter(entry -> entry.getKey() >= fromSecond && entry.getKey() < toSecond)
          .mapToInt(Map.Entry::getValue)
          .sum();
    }

    private int peak() {
      return begunInSecond.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    }
  }

  // What waited comes as fast as the endpoint takes it: 32 at once, some 62 ms each.
  @Test
  void outageOfTwoHours_endsWithEverythingInOrder_withoutAHerd() {
    Outage outage = outage();
    assertThat(outage.atOnce).isEqualTo(Pace.DEFAULT.concurrency());
    assertThat(outage.peak()).as("attempts in a second").isBetween(400, 550);
  }

  @Test
  void outageOfTwoHours_withARateLimit_endsAtThatRate() {
    known.define(Webhooks.definitions(limited(20)));
    assertThat(outage().peak()).as("attempts in a second").isBetween(20, 22);
  }

  private Outage outage() {
    slots = new Slots(128, 128);
    pendingMax = Outage.DELIVERIES;
    owner = takeOver();
    Outage outage = new Outage();
    outage.run();
    assertThat(outage.taken)
        .hasSize(Outage.PEOPLE)
        .allSatisfy((_, count) -> assertThat(count).isEqualTo(Outage.DELIVERIES / Outage.PEOPLE));
    assertThat(letters).isEmpty();
    assertThat(outage.begun(60, 7_200)).as("probes in two hours").isBetween(60, 121);
    return outage;
  }

  private static WebhookDefinition limited(int perSecond) {
    return Webhooks.parse(
        """
        name: a
        url: https://a.example.com/hook
        secret: {env: SECRET}
        on: {transitions: all}
        rate_limit: %d
        """
            .formatted(perSecond));
  }

  @Test
  void rateLimit_spreadsWhatWaits() {
    known.define(Webhooks.definitions(limited(2)));
    for (int i = 0; i < 20; i++) {
      append("a", "p" + i, "a" + i);
    }
    for (int second = 0; second < 10; second++) {
      assertThat(sender.sent()).hasSize(1 + 2 * second);
      for (int i = 0; i < 40; i++) {
        sender.running().forEach(id -> sender.end(id, new Outcome.Delivered(200)));
        advance(DeliveryOwner.TICK);
      }
    }
    assertThat(letters).isEmpty();
  }

  @Test
  void draining_beginsNothing() {
    draining.set(true);
    append("a", "p1", "m1");
    tick();
    assertThat(sender.sent()).isEmpty();
    assertThat(waiting()).isOne();
  }

  @Test
  void moreThanMayWait_isADeadLetterThatCanBeReplayed() {
    pendingMax = 2;
    owner = takeOver();
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    append("a", "p1", "m3");
    assertThat(letters)
        .extracting(DeadLetter::getReason, DeadLetter::getReplayTopic)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "more than 2 of all deliveries to webhook a wait", TOPIC));
    assertThat(letters.getFirst().getValue())
        .as("marked as a replay once it comes back")
        .isEqualTo(delivery("a", "p1", "m3").toBuilder().setReplay(true).build().toByteString());
    append("b", "p1", "m4");
    assertThat(sender.sent()).containsExactly("m1", "m4");
  }

  @Test
  void moreThanMayWaitForOnePerson_isADeadLetter() {
    pendingMax = 100_000;
    owner = takeOver();
    for (int i = 0; i <= PendingDeliveries.BEHIND_MAX + 1; i++) {
      append("a", "p1", "m" + i);
    }
    assertThat(letters)
        .extracting(DeadLetter::getReason)
        .containsExactly("more than 5000 of one person's deliveries to webhook a wait");
    assertThat(letters.getFirst().getValue())
        .isEqualTo(
            delivery("a", "p1", "m" + (PendingDeliveries.BEHIND_MAX + 1)).toBuilder()
                .setReplay(true)
                .build()
                .toByteString());
    assertThat(waiting()).isEqualTo(PendingDeliveries.BEHIND_MAX + 1);
  }

  @Test
  void poison_isSetAside_andTheNextGoesOn() {
    process("a/p1", new byte[] {1, 2, 3}, clock.millis());
    process("a/p2", delivery("a", "p1", "m1").toByteArray(), clock.millis());
    process("a/p1", delivery("a", "p1", "m.1").toByteArray(), clock.millis());
    append("a", "p1", "m2");
    assertThat(letters)
        .extracting(DeadLetter::getReason)
        .containsExactly(
            "the delivery does not parse",
            "the key is not that of the delivery (expected: webhook/profile id)",
            "the delivery has no valid webhook-id");
    assertThat(sender.sent()).containsExactly("m2");
  }

  @Test
  void backlog_knowsTheOldestAge() {
    append("a", "p1", "m1");
    advance(Duration.ofMinutes(10));
    append("a", "p2", "m2");
    assertThat(backlog.oldestAgeSeconds("a", clock.millis() * 1_000)).isBetween(595L, 600L);
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(backlog.oldestAgeSeconds("a", clock.millis() * 1_000)).isBetween(0L, 5L);
    assertThat(backlog.oldestAgeSeconds("b", clock.millis() * 1_000)).isZero();
  }

  // Random endpoints, many queues: each delivery ends exactly once, in its queue's order.
  @Test
  void manyQueues_randomFailuresAndTakeovers_keepOrderAndLoseNothing() {
    long seed = System.nanoTime();
    java.util.Random random = new java.util.Random(seed);
    slots = new Slots(8, 4);
    pendingMax = 10_000;
    owner = takeOver();
    List<String> appended = new ArrayList<>();
    List<String> delivered = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      switch (random.nextInt(12)) {
        case 0, 1, 2 -> {
          String webhook = random.nextBoolean() ? "a" : "b";
          String profile = "p" + random.nextInt(5);
          String id = webhook + "-" + profile + "-" + step;
          appended.add(id);
          append(webhook, profile, id);
        }
        case 3, 4, 5, 6, 7 -> {
          List<String> running = new ArrayList<>(sender.running());
          if (!running.isEmpty()) {
            String id = running.get(random.nextInt(running.size()));
            if (random.nextInt(3) == 0) {
              sender.end(id, new Outcome.Failed(500, "HTTP 500", null));
            } else {
              delivered.add(id);
              sender.end(id, new Outcome.Delivered(200));
            }
            tick();
          }
        }
        case 8 -> {
          if (random.nextInt(20) == 0) {
            // The previous owner's attempts end unseen.
            sender.running().forEach(id -> sender.end(id, new Outcome.Failed(0, "cut", null)));
            owner.close();
            owner = takeOver();
          }
        }
        default -> advance(Duration.ofMillis(random.nextInt(20_000)));
      }
    }
    for (int i = 0; i < 20_000 && waiting() > 0; i++) {
      for (String id : sender.running()) {
        delivered.add(id);
        sender.end(id, new Outcome.Delivered(200));
      }
      advance(Duration.ofSeconds(30));
    }
    assertThat(letters).as("seed " + seed).isEmpty();
    assertThat(delivered).as("seed " + seed).containsExactlyInAnyOrderElementsOf(appended);
    for (String queue :
        appended.stream().map(id -> id.substring(0, id.lastIndexOf('-'))).distinct().toList()) {
      assertThat(delivered.stream().filter(id -> id.startsWith(queue + "-")).toList())
          .as("order in " + queue + ", seed " + seed)
          .isEqualTo(appended.stream().filter(id -> id.startsWith(queue + "-")).toList());
    }
  }

  // 410: it asked for no more, and whoever pays for it is told. Nothing is lost with it.
  @Test
  void gone_disablesTheWebhook_whatWaitsGoesOnOnceItIsResumed() {
    append("a", "p1", "m1");
    append("a", "p2", "m2");
    append("b", "p1", "m3");
    sender.end("m1", new Outcome.Gone());
    tick();
    assertThat(known.current().webhookState("a"))
        .isEqualTo(
            WebhookState.INITIAL.disabled("the endpoint has gone (HTTP 410)", clock.instant()));
    assertThat(registry.get("attune.dispatcher.disabled").tag("webhook", "a").counter().count())
        .isEqualTo(1);
    append("a", "p3", "m4");
    sender.end("m2", new Outcome.Gone());
    sender.end("m3", new Outcome.Delivered(200));
    advance(Duration.ofDays(1));
    assertThat(sender.running()).isEmpty();
    assertThat(letters).isEmpty();
    assertThat(backlog.pending("a")).isEqualTo(3);
    assertThat(registry.get("attune.dispatcher.disabled").tag("webhook", "a").counter().count())
        .isEqualTo(1);

    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    advance(OwnedPartition.RECHECK);
    assertThat(sender.running()).containsExactlyInAnyOrder("m1", "m2", "m4");
  }

  // A pause is seen by every partition, as it stands with the definitions.
  @Test
  void pausedWebhook_waits_alsoForANewOwner_thenGoesOnInOrder() {
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    append("a", "p1", "m1");
    append("a", "p1", "m2");
    append("b", "p1", "m3");
    owner = takeOver();
    advance(Duration.ofMinutes(1));
    assertThat(sender.sent()).doesNotContain("m1", "m2").contains("m3");
    assertThat(waiting()).isGreaterThanOrEqualTo(2);

    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    tick();
    assertThat(sender.sent()).contains("m1").doesNotContain("m2");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(sender.sent()).contains("m2");
  }

  // As many wait as ever may, and no more.
  @Test
  void pausedWebhook_isBounded() {
    pendingMax = 2;
    owner = takeOver();
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    append("a", "p1", "m1");
    append("a", "p2", "m2");
    append("a", "p3", "m3");
    assertThat(letters)
        .singleElement()
        .satisfies(letter -> assertThat(letter.getReason()).contains("more than 2"));
  }

  // A 400 says nothing about the endpoint; that everything ends so for 5 days does.
  @Test
  void rejections_forFiveDays_disableTheWebhook() {
    for (int i = 0; i < 5 * 24; i++) {
      assertThat(known.current().webhookState("a").isActive()).as("hour %s", i).isTrue();
      append("a", "p" + i, "m" + i);
      sender.end("m" + i, new Outcome.Rejected(404));
      advance(Duration.ofHours(1));
    }
    assertThat(known.current().webhookState("a").reason())
        .isEqualTo(
            "nothing but failure since 2026-03-01T10:00:00Z, the last: rejected with HTTP 404");
    append("a", "q", "n");
    assertThat(sender.running()).isEmpty();
  }

  // "states: latest": what nobody has been told of yet, and is true no more, is not told at all.
  @Test
  void latest_overtakenBeforeItsFirstAttempt_isDroppedCountedAndLogged() {
    clock.advance(Duration.ofMinutes(1));
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    say("a", "p1", "vip", "m1");
    say("a", "p1", "new", "m2");
    append("a", "p1", "m3");
    say("a", "p1", "new", "m4");
    say("a", "p2", "vip", "m5");
    say("a", "p1", "vip", "m6");
    say("b", "p1", "vip", "m7");
    assertThat(backlog.pending("a")).isEqualTo(4);
    assertThat(waiting()).isEqualTo(5);
    assertThat(overtaken("a")).isEqualTo(2);
    assertThat(attempts())
        .extracting(Attempt::getWebhookId, Attempt::getNumber, Attempt::getOutcome)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("m2", 0, "overtaken by m4"),
            org.assertj.core.groups.Tuple.tuple("m1", 0, "overtaken by m6"));

    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    deliverAll();
    assertThat(sender.sent().stream().filter(id -> !id.equals("m5") && !id.equals("m7")))
        .as("in the order in which they came")
        .containsExactly("m3", "m4", "m6");
    assertThat(stores.get(1).approximateNumEntries()).as("nothing is left behind").isZero();
  }

  // It may have arrived: the newer one comes after it, as ever.
  @Test
  void latest_whatIsInFlightOrWasTried_isKept() {
    clock.advance(Duration.ofMinutes(1));
    say("a", "p1", "vip", "m1");
    say("a", "p1", "vip", "m2");
    say("a", "p1", "vip", "m3");
    sender.end("m1", new Outcome.Failed(500, "HTTP 500", null));
    tick();
    say("a", "p1", "vip", "m4");
    assertThat(waiting()).isEqualTo(2);
    advance(Duration.ofSeconds(6));
    sender.end("m1", new Outcome.Rejected(400));
    say("a", "p1", "vip", "m5");
    tick();
    tick();
    assertThat(letters).hasSize(1);
    assertThat(sender.sent()).containsExactly("m1", "m1", "m5");
    assertThat(overtaken("a")).isEqualTo(3);
  }

  // A secret that cannot be read: nothing was sent.
  @Test
  void latest_notSentYet_isDropped() {
    clock.advance(Duration.ofMinutes(1));
    say("a", "p1", "vip", "m1");
    sender.end("m1", new Outcome.NotSent("the file crm cannot be read"));
    tick();
    say("a", "p1", "vip", "m2");
    assertThat(sender.sent()).containsExactly("m1", "m2");
    assertThat(waiting()).isOne();
    assertThat(parked("a")).isZero();
  }

  // An operator wants it, and it is out of the order in any case.
  @Test
  void latest_replayed_neitherOvertakesNorIsOvertaken() {
    clock.advance(Duration.ofMinutes(1));
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    say("a", "p1", "vip", "m1");
    process(
        "a/p1",
        stating("a", "p1", "vip", "old").setReplay(true).build().toByteArray(),
        clock.millis());
    say("a", "p1", "new", "m2");
    assertThat(overtaken("a")).isZero();
    say("a", "p1", "vip", "m3");
    assertThat(overtaken("a")).isEqualTo(1);
    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    deliverAll();
    assertThat(sender.sent()).containsExactly("old", "m2", "m3");
  }

  // The previous owner may have a head in flight: what took its place could arrive before it.
  @Test
  void latest_afterATakeover_headIsKeptWhileItMayBeInFlight() {
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    say("a", "p1", "vip", "m1");
    say("a", "p2", "vip", "m2");
    owner.close();
    owner = takeOver();
    say("a", "p1", "vip", "m3");
    say("a", "p1", "vip", "m4");
    assertThat(waiting()).isEqualTo(3);
    advance(Duration.ofSeconds(12));
    say("a", "p2", "vip", "m5");
    assertThat(overtaken("a")).isEqualTo(2);
    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    deliverAll();
    assertThat(sender.sent()).containsExactlyInAnyOrder("m1", "m4", "m5");
    assertThat(sender.sent().indexOf("m1")).isLessThan(sender.sent().indexOf("m4"));
  }

  // A full queue takes what needs no place of its own.
  @Test
  void latest_ofAFullQueue_takesThePlaceOfTheOlder() {
    pendingMax = 2;
    owner = takeOver();
    clock.advance(Duration.ofMinutes(1));
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    say("a", "p1", "vip", "m1");
    say("a", "p1", "new", "m2");
    say("a", "p1", "new", "m3");
    say("a", "p1", "vip", "m4");
    assertThat(letters).isEmpty();
    say("a", "p2", "vip", "m5");
    assertThat(letters).hasSize(1);
    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    deliverAll();
    assertThat(sender.sent()).containsExactly("m3", "m4");
  }

  // Whatever happens, each subject's last state arrives last, and none before an older one.
  @Test
  void latest_randomFailuresAndTakeovers_endWithTheLastState() {
    long seed = System.nanoTime();
    java.util.Random random = new java.util.Random(seed);
    slots = new Slots(8, 4);
    pendingMax = 10_000;
    owner = takeOver();
    java.util.Map<String, Integer> last = new java.util.HashMap<>();
    List<String> delivered = new ArrayList<>();
    int said = 0;
    for (int step = 0; step < 3_000; step++) {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> {
          String profile = "p" + random.nextInt(3);
          String audience = random.nextBoolean() ? "vip" : "new";
          last.put(profile + "-" + audience, step);
          say("a", profile, audience, profile + "-" + audience + "-" + step);
          said++;
        }
        case 4, 5, 6 -> {
          List<String> running = sender.running();
          if (!running.isEmpty()) {
            String id = running.get(random.nextInt(running.size()));
            if (random.nextInt(3) == 0) {
              sender.end(id, new Outcome.Failed(500, "HTTP 500", null));
            } else {
              delivered.add(id);
              sender.end(id, new Outcome.Delivered(200));
            }
            tick();
          }
        }
        case 7 -> {
          if (random.nextInt(20) == 0) {
            sender.running().forEach(id -> sender.end(id, new Outcome.Failed(0, "cut", null)));
            owner.close();
            owner = takeOver();
          }
        }
        default -> advance(Duration.ofMillis(random.nextInt(9_000)));
      }
    }
    for (int i = 0; i < 20_000 && waiting() > 0; i++) {
      for (String id : sender.running()) {
        delivered.add(id);
        sender.end(id, new Outcome.Delivered(200));
      }
      advance(Duration.ofSeconds(30));
    }
    assertThat(letters).as("seed " + seed).isEmpty();
    assertThat(overtaken("a")).as("seed " + seed).isPositive();
    assertThat(delivered).as("seed " + seed).hasSize(said - (int) overtaken("a"));
    last.forEach(
        (subject, step) ->
            assertThat(
                    delivered.stream()
                        .filter(id -> id.startsWith(subject + "-"))
                        .map(id -> Integer.parseInt(id.substring(subject.length() + 1))))
                .as(subject + ", seed " + seed)
                .isSorted()
                .endsWith(step));
    assertThat(stores.get(1).approximateNumEntries()).as("nothing is left behind").isZero();
  }

  // A change and back before anything could be sent: the endpoint knows it.
  @Test
  void state_changedAndBackBeforeItWasSent_isNotSent() {
    clock.advance(Duration.ofMinutes(1));
    tell("p1", "gold", "m1");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    tell("p1", "silver", "m2");
    tell("p2", "silver", "m3");
    tell("p2", ToldStates.NOTHING.toStringUtf8(), "m4");
    tell("p1", "gold", "m5");
    assertThat(waiting()).isZero();
    assertThat(backlog.pending("a")).isZero();
    assertThat(attempts())
        .filteredOn(attempt -> attempt.getNumber() == 0)
        .extracting(Attempt::getOutcome)
        .containsExactly(
            "overtaken by m4",
            "not sent: the endpoint has this state",
            "overtaken by m5",
            "not sent: the endpoint has this state");
    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    tell("p1", "silver", "m6");
    tell("p2", "gold", "m7");
    assertThat(sender.sent()).containsExactly("m1", "m6", "m7");
  }

  // It may have arrived: back is a change, too.
  @Test
  void state_changedAndBackWhileInFlight_isSent() {
    clock.advance(Duration.ofMinutes(1));
    tell("p1", "gold", "m1");
    sender.end("m1", new Outcome.Delivered(200));
    tick();
    tell("p1", "silver", "m2");
    tell("p1", "gold", "m3");
    sender.end("m2", new Outcome.Failed(0, "no answer", null));
    tick();
    advance(Duration.ofSeconds(6));
    sender.end("m2", new Outcome.Delivered(200));
    tick();
    assertThat(sender.sent()).containsExactly("m1", "m2", "m2", "m3");
  }

  // What was blocked, or given up, or is asked for again, is not what the endpoint has.
  @Test
  void state_afterOneThatDidNotArrive_isSentWhateverItIs() {
    clock.advance(Duration.ofMinutes(1));
    tell("p1", "gold", "m1");
    sender.end("m1", new Outcome.Blocked("no consent to marketing"));
    tick();
    tell("p1", "gold", "m2");
    sender.end("m2", new Outcome.Rejected(400));
    tick();
    tick();
    tell("p1", "gold", "m3");
    sender.end("m3", new Outcome.Delivered(200));
    tick();
    Delivery old = state("p1", "silver", "old").setReplay(true).build();
    process("a/p1", old.toByteArray(), clock.millis());
    sender.end("old", new Outcome.Delivered(200));
    tick();
    tell("p1", "gold", "m4");
    sender.end("m4", new Outcome.Delivered(200));
    tick();
    tell("p1", "gold", "m5");
    assertThat(sender.sent()).containsExactly("m1", "m2", "m3", "old", "m4");
  }

  // The previous owner may have sent what waits here: that it is what was told last is not known.
  @Test
  void state_afterATakeover_isSentAgainWhereTheOldOwnerMayHaveSentAnother() {
    clock.advance(Duration.ofMinutes(1));
    tell("p1", "gold", "m1");
    tell("p2", "gold", "m2");
    sender.end("m1", new Outcome.Delivered(200));
    sender.end("m2", new Outcome.Delivered(200));
    tick();
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    tell("p1", "silver", "m3");
    long before = clock.millis();
    clock.advance(Duration.ofSeconds(1));
    owner.close();
    owner = takeOver();
    process("a/p2", state("p2", "silver", "m4").build().toByteArray(), before);
    advance(Duration.ofSeconds(12));
    tell("p1", "gold", "m5");
    tell("p2", "gold", "m6");
    tell("p3", "gold", "m7");
    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    deliverAll();
    assertThat(sender.sent().subList(2, sender.sent().size()))
        .containsExactlyInAnyOrder("m5", "m6", "m7");
    tell("p1", "gold", "m8");
    assertThat(waiting()).as("and is known from then on").isZero();
  }

  // Whatever happens, an endpoint ends with each person's last state.
  @Test
  void states_randomFailuresAndTakeovers_endWithTheLastState() {
    long seed = System.nanoTime();
    java.util.Random random = new java.util.Random(seed);
    slots = new Slots(8, 4);
    pendingMax = 10_000;
    owner = takeOver();
    java.util.Map<String, String> last = new java.util.HashMap<>();
    java.util.Map<String, String> received = new java.util.HashMap<>();
    for (int step = 0; step < 4_000; step++) {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> {
          String profile = "p" + random.nextInt(3);
          String state = "s" + random.nextInt(3);
          if (!state.equals(last.put(profile, state))) {
            tell(profile, state, profile + "-" + state + "-" + step);
          }
        }
        case 4, 5, 6 -> {
          List<String> running = sender.running();
          if (!running.isEmpty()) {
            String id = running.get(random.nextInt(running.size()));
            // It may have arrived, whatever came back.
            if (random.nextBoolean()) {
              received.put(id.substring(0, 2), id.substring(3, 5));
            }
            if (random.nextInt(3) == 0) {
              sender.end(id, new Outcome.Failed(0, "no answer", null));
            } else {
              received.put(id.substring(0, 2), id.substring(3, 5));
              sender.end(id, new Outcome.Delivered(200));
            }
            tick();
          }
        }
        case 7 -> {
          if (random.nextInt(20) == 0) {
            sender
                .running()
                .forEach(
                    id -> {
                      received.put(id.substring(0, 2), id.substring(3, 5));
                      sender.end(id, new Outcome.Failed(0, "cut", null));
                    });
            owner.close();
            owner = takeOver();
          }
        }
        default -> advance(Duration.ofMillis(random.nextInt(9_000)));
      }
    }
    for (int i = 0; i < 20_000 && waiting() > 0; i++) {
      for (String id : sender.running()) {
        received.put(id.substring(0, 2), id.substring(3, 5));
        sender.end(id, new Outcome.Delivered(200));
      }
      advance(Duration.ofSeconds(30));
    }
    assertThat(letters).as("seed " + seed).isEmpty();
    assertThat(received).as("seed " + seed).isEqualTo(last);
    assertThat(
            registry.get("attune.dispatcher.dropped").tag("reason", "unchanged").counter().count())
        .as("seed " + seed)
        .isPositive();
  }

  private DeliveryOwner owner() {
    DispatcherMetrics metrics = new DispatcherMetrics(registry, backlog, clock);
    return new DeliveryOwner(
        new Delivering(
            known,
            new Gates(known, known, metrics, (_, _) -> {}, Runnable::run, FlipLimit.DEFAULT, clock),
            sender,
            slots,
            RetrySchedule.DEFAULT,
            pendingMax,
            this::bury,
            new Poison(this::bury, clock),
            backlog,
            health,
            metrics,
            draining,
            clock,
            new java.util.Random(1)),
        TOPIC);
  }

  private DeliveryOwner takeOver() {
    context = newContext();
    DeliveryOwner next = owner();
    next.init(context);
    return next;
  }

  // As Streams does with a task that it revives.
  private void reopen() {
    owner.close();
    context = newContext();
    owner.init(context);
  }

  private MockProcessorContext<byte[], byte[]> newContext() {
    MockProcessorContext<byte[], byte[]> fresh =
        new MockProcessorContext<>(new Properties(), new TaskId(1, 0), new java.io.File("target"));
    stores.forEach(fresh::addStateStore);
    return fresh;
  }

  private CompletionStage<?> bury(DeadLetter letter) {
    letters.add(letter);
    return letterKept;
  }

  // What is known of a person, to webhook a.
  private void tell(String profileId, String state, String webhookId) {
    process(
        "a/" + profileId, state(profileId, state, webhookId).build().toByteArray(), clock.millis());
  }

  private static Delivery.Builder state(String profileId, String state, String webhookId) {
    return delivery("a", profileId, webhookId).toBuilder()
        .setSubject("profile")
        .setState(ByteString.copyFromUtf8(state));
  }

  // A state of an audience, of which the webhook wants the latest only.
  private void say(String webhook, String profileId, String audience, String webhookId) {
    process(
        webhook + "/" + profileId,
        stating(webhook, profileId, audience, webhookId).build().toByteArray(),
        clock.millis());
  }

  private static Delivery.Builder stating(
      String webhook, String profileId, String audience, String webhookId) {
    return delivery(webhook, profileId, webhookId).toBuilder().setSubject("audience/" + audience);
  }

  private double overtaken(String webhook) {
    var counter =
        registry
            .find("attune.dispatcher.dropped")
            .tag("webhook", webhook)
            .tag("reason", "overtaken")
            .counter();
    return counter == null ? 0 : counter.count();
  }

  private void deliverAll() {
    for (int i = 0; waiting() > 0; i++) {
      assertThat(i).as("ticks until all is delivered").isLessThan(100);
      sender.running().forEach(id -> sender.end(id, new Outcome.Delivered(200)));
      advance(DeliveryOwner.TICK);
    }
  }

  private void append(String webhook, String profileId, String webhookId) {
    appendAt(webhook, profileId, webhookId, clock.millis());
  }

  private void appendAt(String webhook, String profileId, String webhookId, long millis) {
    process(
        webhook + "/" + profileId, delivery(webhook, profileId, webhookId).toByteArray(), millis);
  }

  private double depth(String lane) {
    return registry.get("attune.dispatcher.lane.depth").tag("lane", lane).gauge().value();
  }

  private void appendBulk(String profileId, String webhookId) {
    Delivery bulk = delivery("a", profileId, webhookId).toBuilder().setBulk(true).build();
    process("a/" + profileId, bulk.toByteArray(), clock.millis());
  }

  private void process(String key, byte[] value, long millis) {
    context.setRecordMetadata(TOPIC, 0, offset++);
    owner.process(new Record<>(key.getBytes(UTF_8), value, millis));
  }

  private void tick() {
    tick(context);
  }

  private void tick(MockProcessorContext<byte[], byte[]> context) {
    context.scheduledPunctuators().stream()
        .filter(p -> !p.cancelled())
        .forEach(p -> p.getPunctuator().punctuate(clock.millis()));
  }

  private void advance(Duration by) {
    clock.advance(by);
    tick();
  }

  // In the stores, whatever the backlog counts.
  private int waiting() {
    AtomicInteger waiting = new AtomicInteger();
    pending().forEachHead(_ -> waiting.incrementAndGet());
    pending().forEachBehind(_ -> waiting.incrementAndGet());
    return waiting.get();
  }

  private int parked(String webhook) {
    AtomicInteger parked = new AtomicInteger();
    for (Urgency urgency : Urgency.values()) {
      pending().parked(webhook, urgency, 0, _ -> parked.incrementAndGet() > 0);
    }
    return parked.get();
  }

  private PendingDeliveries pending() {
    return new PendingDeliveries(stores.get(0), stores.get(1), stores.get(2));
  }

  private List<Attempt> attempts() {
    return context.forwarded().stream()
        .map(
            forwarded -> {
              try {
                return Attempt.parseFrom(forwarded.record().value());
              } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                throw new AssertionError(e);
              }
            })
        .toList();
  }

  private static Delivery delivery(String webhook, String profileId, String webhookId) {
    return Delivery.newBuilder()
        .setWebhook(webhook)
        .setProfileId(profileId)
        .setWebhookId(webhookId)
        .setBody(ByteString.copyFromUtf8("{}"))
        .setType("event")
        .build();
  }

  private static KeyValueStore<Bytes, byte[]> store(String name) {
    KeyValueStore<Bytes, byte[]> store =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
            .withCachingDisabled()
            .withLoggingDisabled()
            .build();
    var context = new MockProcessorContext<Void, Void>();
    store.init(context.getStateStoreContext(), store);
    return store;
  }

  /** Attempts that run until the test ends them. */
  private static final class FakeSender implements Sender {
    private final List<String> sent = new ArrayList<>();
    private final Deque<Running> running = new ArrayDeque<>();

    @Override
    public CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery) {
      sent.add(delivery.getWebhookId());
      CompletableFuture<Outcome> result = new CompletableFuture<>();
      running.add(new Running(delivery.getWebhookId(), result));
      return result;
    }

    List<String> sent() {
      return List.copyOf(sent);
    }

    List<String> running() {
      return running.stream().map(Running::webhookId).toList();
    }

    // The latest of that id: an earlier one belongs to a previous owner.
    void end(String webhookId, Outcome outcome) {
      Running found =
          running.stream()
              .filter(candidate -> candidate.webhookId.equals(webhookId))
              .reduce((_, later) -> later)
              .orElseThrow(() -> new AssertionError(webhookId + " does not run"));
      running.remove(found);
      found.result.complete(outcome);
    }

    @Override
    public void close() {}

    private record Running(String webhookId, CompletableFuture<Outcome> result) {}
  }
}
