package dev.attune.dispatcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.delivery.RetrySchedule;
import dev.attune.dispatcher.log.AttemptLog;
import dev.attune.dispatcher.replay.Replays;
import dev.attune.platform.deadletter.DeadLetterLog;
import dev.attune.platform.deadletter.DeadLetterReplay;
import dev.attune.platform.deadletter.KafkaDeadLetters;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Value;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.testkit.Await;
import dev.attune.testkit.KafkaBackend;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole dispatcher on a real broker, with an endpoint that verifies as a subscriber would. */
class DispatcherIT {
  private static final Duration READY_MAX = Duration.ofSeconds(60);
  private static final Duration DELIVERED_MAX = Duration.ofSeconds(60);

  @TempDir Path folder;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Set<String>> bodiesById = new ConcurrentHashMap<>();
  private final List<String> accepted = Collections.synchronizedList(new ArrayList<>());
  private final List<String> replayed = Collections.synchronizedList(new ArrayList<>());
  private final List<String> toldOwner = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger forged = new AtomicInteger();
  private final KnownStates states = new KnownStates(Webhooks.definitions());
  private final MemoryProfileStore store = new MemoryProfileStore();
  private final KnownDeletions deletions = new KnownDeletions();
  private volatile int status = 200;
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private KafkaSettings kafka;
  private KafkaDeadLetters deadLetters;
  private Producer<byte[], byte[]> producer;
  private HttpServer endpoint;
  private DispatcherPart part;

  @BeforeEach
  void start() throws Exception {
    kafka =
        KafkaSettings.local(KafkaBackend.shared().bootstrapServers())
            .withTopics(new Topics("dispatcher-" + UUID.randomUUID()));
    KafkaTopics.ensure(kafka, READY_MAX);
    deadLetters = KafkaDeadLetters.create(kafka);
    producer = KafkaClients.producer(kafka, "test");
    endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.setExecutor(threads);
    endpoint.createContext("/", this::receive);
    endpoint.start();
    Files.writeString(folder.resolve("secret"), Webhooks.SECRET + "\n");
    part = run("state");
  }

  @AfterEach
  void stop() {
    part.close();
    producer.close();
    deadLetters.close();
    endpoint.stop(0);
    threads.shutdownNow();
  }

  @Test
  void causes_areDeliveredOnce_signed() throws Exception {
    append(kafka.topics().audienceTransitions(), "p1", transition("p1", 1, true).toByteArray());
    append(kafka.topics().profileChanges(), "p1", change("p1", "order-1").toByteArray());
    append(kafka.topics().profileChanges(), "p1", change("p1", "order-1").toByteArray());
    append(kafka.topics().audienceTransitions(), "p1", transition("p1", 2, false).toByteArray());
    Await.until(DELIVERED_MAX, "3 deliveries", () -> accepted.size() >= 3);
    append(kafka.topics().profileChanges(), "p1", change("p1", "order-2").toByteArray());
    Await.until(DELIVERED_MAX, "the 4th delivery", () -> accepted.size() >= 4);
    assertThat(accepted).hasSize(4).doesNotHaveDuplicates();
    assertThat(forged).hasValue(0);
    Await.until(DELIVERED_MAX, "nothing pending", () -> pending() == 0);
    assertThat(part.status()).containsEntry("delivered", 4L).containsEntry("dead-lettered", 0L);
    assertThat(part.status().get("lag")).isInstanceOf(Long.class);
  }

  // Whether its state directory is there or lost, a dispatcher that comes back goes on with what
  // waited, with the same ids and bodies, in order.
  @Test
  void restart_deliversWhatWaited_withTheSameIdAndBody() throws Exception {
    status = 503;
    int profiles = 20;
    for (int version = 1; version <= 3; version++) {
      for (int i = 0; i < profiles; i++) {
        append(
            kafka.topics().audienceTransitions(),
            "p" + i,
            transition("p" + i, version, version % 2 == 1).toByteArray());
      }
    }
    Await.until(DELIVERED_MAX, "every head tried", () -> bodiesById.size() >= profiles);
    Await.until(DELIVERED_MAX, "all of them pending", () -> pending() == 3L * profiles);
    part.close();

    part = run("state");
    Await.until(
        DELIVERED_MAX, "all of them pending after the restart", () -> pending() == 3L * profiles);
    part.close();

    status = 200;
    part = run("another-state");
    Await.until(DELIVERED_MAX, "everything delivered", () -> accepted.size() >= 3 * profiles);
    assertThat(new HashSet<>(accepted)).hasSize(3 * profiles);
    assertThat(bodiesById).hasSize(3 * profiles);
    assertThat(bodiesById.values()).allSatisfy(bodies -> assertThat(bodies).hasSize(1));
    assertThat(forged).hasValue(0);
    for (int i = 0; i < profiles; i++) {
      String profile = "\"profile_id\":\"p" + i + "\"";
      assertThat(
              accepted.stream()
                  .distinct()
                  .flatMap(id -> bodiesById.getOrDefault(id, Set.of()).stream())
                  .filter(body -> body.contains(profile))
                  .map(body -> body.replaceAll(".*\"evidence\":\\[\"v([0-9])\"].*", "$1")))
          .as("order of p" + i)
          .containsExactly("1", "2", "3");
    }
  }

  // What waits when somebody is deleted is not told any more; without an answer all of it waits.
  @Test
  void deleted_isAskedBeforeEachAttempt_andBlocksWhatWaits() throws Exception {
    status = 503;
    for (String profile : List.of("p1", "p2")) {
      append(
          kafka.topics().audienceTransitions(),
          profile,
          transition(profile, 1, true).toByteArray());
    }
    Await.until(DELIVERED_MAX, "both tried", () -> bodiesById.size() == 2);
    deletions.delete("p1");
    Await.until(DELIVERED_MAX, "one blocked", () -> pending() == 1);
    status = 200;
    Await.until(DELIVERED_MAX, "nothing pending", () -> pending() == 0);
    assertThat(accepted)
        .singleElement()
        .satisfies(
            id ->
                assertThat(bodiesById.get(id))
                    .singleElement()
                    .asString()
                    .contains("\"profile_id\":\"p2\""));
    assertThat(part.status()).containsEntry("delivered", 1L).containsEntry("dead-lettered", 0L);

    deletions.away(true);
    append(kafka.topics().audienceTransitions(), "p3", transition("p3", 1, true).toByteArray());
    Await.until(
        DELIVERED_MAX,
        "it says what it waits for",
        () ->
            "whether people have been deleted could not be asked"
                .equals(part.status().get("webhook crm")));
    assertThat(pending()).isOne();
    assertThat(accepted).hasSize(1);
  }

  // What was given up, and what was sent, comes again with its id and body, marked; who has been
  // deleted since is not told of.
  @Test
  void replays_sendTheSameAgain_marked_andAreCheckedAgain() throws Exception {
    status = 400;
    Instant began = Instant.now();
    for (String profile : List.of("p1", "p2")) {
      append(
          kafka.topics().audienceTransitions(),
          profile,
          transition(profile, 1, true).toByteArray());
    }
    Await.until(
        DELIVERED_MAX,
        "both given up",
        () -> Long.valueOf(2).equals(part.status().get("dead-lettered")));
    status = 200;
    append(kafka.topics().audienceTransitions(), "p3", transition("p3", 1, true).toByteArray());
    Await.until(DELIVERED_MAX, "the third delivered", () -> accepted.size() == 1);
    final String third = accepted.getFirst();
    assertThat(replayed).isEmpty();
    deletions.delete("p1");

    try (DeadLetterLog log = DeadLetterLog.start(kafka);
        DeadLetterReplay letters = DeadLetterReplay.create(kafka, log, InstantSource.system());
        Replays replays = replays()) {
      Await.until(DELIVERED_MAX, "both letters", () -> log.open() == 2);
      assertThat(replays.countDeadLetters("crm", letters)).isEqualTo(2);
      assertThat(replays.countDeadLetters("cr", letters)).isZero();
      assertThat(replays.drain("cr", letters)).isZero();
      assertThat(replays.drain("crm", letters)).isEqualTo(2);
      Await.until(DELIVERED_MAX, "one of them delivered", () -> accepted.size() == 2);
      Await.until(DELIVERED_MAX, "the other one blocked", () -> pending() == 0);
      assertThat(log.open()).isZero();

      Instant now = Instant.now();
      assertThat(replays.count("crm", began, now)).isEqualTo(new Replays.Found(3, 3, Map.of()));
      assertThat(replays.count("cr", began, now)).isEqualTo(new Replays.Found(0, 0, Map.of()));
      assertThat(replays.count("crm", began.minusSeconds(60), began))
          .isEqualTo(new Replays.Found(0, 0, Map.of()));
      assertThat(accepted).hasSize(2);
      assertThat(replays.replay("crm", began, now)).isEqualTo(new Replays.Found(3, 3, Map.of()));
      Await.until(DELIVERED_MAX, "two of them delivered again", () -> accepted.size() == 4);
      Await.until(DELIVERED_MAX, "the other one blocked again", () -> pending() == 0);

      assertThat(replays.resend("crm", "msg_none")).isFalse();
      assertThat(replays.resend("cr", third)).isFalse();
      assertThat(replays.resend("crm", third)).isTrue();
      Await.until(DELIVERED_MAX, "one delivered a third time", () -> accepted.size() == 5);
    }
    assertThat(accepted).filteredOn(third::equals).hasSize(3);
    assertThat(new HashSet<>(accepted)).hasSize(2);
    assertThat(replayed).containsExactlyInAnyOrderElementsOf(accepted.subList(1, 5));
    assertThat(bodiesById.values()).allSatisfy(bodies -> assertThat(bodies).hasSize(1));
    assertThat(forged).hasValue(0);
    assertThat(part.status()).containsEntry("dead-lettered", 2L).containsEntry("delivered", 5L);
  }

  // An endpoint that has missed something is told what is true by now, once, under an id of its
  // own:
  // also what it took, unless only what differs is wanted.
  @Test
  void replaysOfNow_sendWhatIsTrue_andOnlyDiffWhereTheEndpointTookSomethingElse() throws Exception {
    Instant began = Instant.now();
    for (String profile : List.of("p1", "p3", "p4")) {
      append(
          kafka.topics().audienceTransitions(),
          profile,
          transition(profile, 1, true).toByteArray());
    }
    append(kafka.topics().profileChanges(), "p1", change("p1", "order-1").toByteArray());
    Await.until(DELIVERED_MAX, "three entries and an event", () -> accepted.size() == 4);
    status = 400;
    append(kafka.topics().audienceTransitions(), "p1", transition("p1", 2, false).toByteArray());
    append(kafka.topics().audienceTransitions(), "p2", transition("p2", 1, true).toByteArray());
    Await.until(
        DELIVERED_MAX,
        "an exit and an entry given up",
        () -> Long.valueOf(2).equals(part.status().get("dead-lettered")));
    status = 200;
    store("p1", 2, false);
    store("p2", 1, true);
    store("p3", 1, true);
    Instant now = Instant.now();

    try (Replays replays = replays()) {
      assertThat(replays.replayNow("crm", began, now, false, true))
          .isEqualTo(new Replays.Found(3, 3, Map.of("events", 1, "erased", 1)));
      Map<String, Integer> skipped = Map.of("events", 1, "erased", 1, "same", 1);
      assertThat(replays.replayNow("crm", began, now, true, true))
          .isEqualTo(new Replays.Found(2, 2, skipped));
      assertThat(accepted).hasSize(4);

      assertThat(replays.replayNow("crm", began, now, true, false))
          .isEqualTo(new Replays.Found(2, 2, skipped));
      Await.until(DELIVERED_MAX, "both told", () -> accepted.size() == 6);
      List<String> told = List.copyOf(accepted.subList(4, 6));
      assertThat(told.stream().flatMap(id -> bodiesById.getOrDefault(id, Set.of()).stream()))
          .satisfiesExactlyInAnyOrder(
              body -> assertThat(body).contains("audience.exited", "\"p1\"", "[\"v2\"]"),
              body -> assertThat(body).contains("audience.entered", "\"p2\"", "[\"v1\"]"));
      Await.until(
          DELIVERED_MAX,
          "nothing is missed any more",
          () ->
              missed(replays, began, now)
                  .equals(new Replays.Found(0, 0, Map.of("events", 1, "erased", 1, "same", 3))));

      assertThat(replays.replayNow("crm", began, now, false, false).deliveries()).isEqualTo(3);
      Await.until(DELIVERED_MAX, "all told again", () -> accepted.size() == 9);
      assertThat(accepted.subList(6, 9)).containsAll(told);
      assertThat(new HashSet<>(accepted)).hasSize(7);
      assertThat(replayed).containsExactlyInAnyOrderElementsOf(accepted.subList(4, 9));
    }
    assertThat(bodiesById.values()).allSatisfy(bodies -> assertThat(bodies).hasSize(1));
    assertThat(forged).hasValue(0);
  }

  // A run that moves too much of an audience holds the webhook, live deliveries too; released, all
  // of
  // it goes out, and the rest of the run.
  @Test
  void runThatMovesTooMuch_isHeld_untilItIsReleased() throws Exception {
    for (int i = 1; i <= 101; i++) {
      exitOfARun(i);
    }
    Await.until(
        DELIVERED_MAX,
        "the webhook is held",
        () -> String.valueOf(part.status().get("webhook crm")).startsWith("held since "));
    assertThat(states.current().webhookState("crm").reason())
        .isEqualTo(
            "the definition of version 7 moved 101 of the 200 members of vip in one partition, and"
                + " maybe more (allowed: 50%)");
    for (int i = 102; i <= 120; i++) {
      exitOfARun(i);
    }
    append(kafka.topics().audienceTransitions(), "live", transition("live", 1, true).toByteArray());
    Await.until(
        DELIVERED_MAX,
        "what came then waits",
        () -> pending() >= 20 && pending() + accepted.size() == 121);
    assertThat(states.change("crm", state -> state.resumed(Instant.now()))).isPresent();
    assertThat(states.current().webhookState("crm").isActive()).as("resumed").isFalse();

    assertThat(states.change("crm", state -> state.released(Instant.now()))).isPresent();
    Await.until(DELIVERED_MAX, "all delivered", () -> accepted.size() == 121);
    exitOfARun(121);
    Await.until(DELIVERED_MAX, "the rest of the run, too", () -> accepted.size() == 122);
    assertThat(accepted).doesNotHaveDuplicates();
    assertThat(forged).hasValue(0);
    assertThat(part.status()).doesNotContainKey("webhook crm").containsEntry("dead-lettered", 0L);
  }

  // The guard counts by partition.
  private void exitOfARun(int i) throws Exception {
    Transition exit =
        transition("p" + i, 1, false).toBuilder()
            .setReason(Transition.Reason.DEFINITION)
            .setBatch("definition/7")
            .setMembersBefore(201 - i)
            .build();
    producer
        .send(
            new ProducerRecord<>(
                kafka.topics().audienceTransitions(),
                0,
                exit.getProfileId().getBytes(UTF_8),
                exit.toByteArray()))
        .get(30, TimeUnit.SECONDS);
  }

  // What happens to one person does not wait behind what is recomputed for many.
  @Test
  void live_overtakesBulk() throws Exception {
    states.define(Webhooks.definitions(webhook("concurrency: 1\ntimeout: 30s")));
    CountDownLatch opened = new CountDownLatch(1);
    gate = opened;
    for (int i = 0; i < 30; i++) {
      append(
          kafka.topics().audienceTransitions(),
          "p" + i,
          transition("p" + i, 1, true).toBuilder().setBatch("model/sales/1").build().toByteArray());
    }
    Await.until(DELIVERED_MAX, "all of the run wait", () -> pending() == 30);
    append(kafka.topics().audienceTransitions(), "live", transition("live", 1, true).toByteArray());
    Await.until(DELIVERED_MAX, "what is live waits, too", () -> pending() == 31);
    assertThat(accepted).isEmpty();
    opened.countDown();
    Await.until(DELIVERED_MAX, "all delivered", () -> accepted.size() == 31);
    List<String> live =
        accepted.stream()
            .filter(id -> bodiesById.getOrDefault(id, Set.of()).toString().contains("\"live\""))
            .toList();
    // One of the run was in flight, and one more may have had its turn.
    assertThat(live)
        .singleElement()
        .satisfies(id -> assertThat(accepted.indexOf(id)).isLessThan(3));
  }

  // The document has what the view shows when it is rendered, whatever the store does later.
  @Test
  void templateOverAView_sendsWhatTheViewShows_theSameAtEveryAttempt() throws Exception {
    states.define(
        Webhooks.definitions(
            webhook(
                "payload: {view: page, template: {in: '{{view.audiences}}',"
                    + " plan: '{{view.traits.plan}}', of: '{{data.audience}}'}}")));
    store("p1", 1, true);
    status = 503;
    append(kafka.topics().audienceTransitions(), "p1", transition("p1", 1, true).toByteArray());
    Await.until(DELIVERED_MAX, "it was tried", () -> bodiesById.size() == 1);
    assertThat(
            store
                .writeProfiles(
                    List.of(
                        new ProfileStore.ProfileWrite(
                            1,
                            ProfileRecord.newBuilder()
                                .setProfileId("p1")
                                .setVersion(2)
                                .setRedirectTo("p2")
                                .build())),
                    READY_MAX)
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS))
        .containsExactly(true);
    status = 200;
    Await.until(DELIVERED_MAX, "it is delivered", () -> accepted.size() == 1);
    assertThat(bodiesById.values())
        .containsExactly(Set.of("{\"in\":[\"vip\"],\"plan\":\"gold\",\"of\":\"vip\"}"));
  }

  // The state stands with the definitions: a restart does not send to an endpoint that has gone.
  @Test
  void gone_staysDisabledAfterARestart_untilItIsResumed() throws Exception {
    status = 410;
    append(kafka.topics().audienceTransitions(), "p1", transition("p1", 1, true).toByteArray());
    Await.until(
        DELIVERED_MAX,
        "the webhook is disabled",
        () -> String.valueOf(part.status().get("webhook crm")).startsWith("disabled since "));
    Await.until(DELIVERED_MAX, "its owner is told", () -> !toldOwner.isEmpty());
    assertThat(toldOwner)
        .singleElement()
        .asString()
        .startsWith("{\"type\":\"webhook.disabled\",\"timestamp\":\"")
        .contains("\"webhook\":\"crm\",\"reason\":\"the endpoint has gone (HTTP 410)\"");
    part.close();
    status = 200;

    part = run("state");
    append(kafka.topics().audienceTransitions(), "p2", transition("p2", 1, true).toByteArray());
    Await.until(DELIVERED_MAX, "both wait", () -> pending() == 2);
    assertThat(accepted).isEmpty();

    assertThat(states.change("crm", state -> state.resumed(Instant.now()))).isPresent();
    Await.until(DELIVERED_MAX, "both delivered", () -> accepted.size() >= 2);
    assertThat(part.status()).doesNotContainKey("webhook crm").containsEntry("dead-lettered", 0L);
    assertThat(toldOwner).hasSize(1);
    assertThat(forged).hasValue(0);
  }

  private Replays replays() {
    return new Replays(kafka, states, store, new AttemptLog(kafka), InstantSource.system());
  }

  private static Replays.Found missed(Replays replays, Instant from, Instant to) {
    try {
      return replays.replayNow("crm", from, to, true, true);
    } catch (Exception e) {
      throw new AssertionError("it could not be counted", e);
    }
  }

  private void store(String profileId, long version, boolean member) throws Exception {
    Facts facts =
        Facts.newBuilder()
            .addMemberships(
                MembershipState.newBuilder()
                    .setAudience("vip")
                    .setMember(member)
                    .setGeneration(1)
                    .setVersion(version))
            .build();
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setProfileId(profileId)
            .setVersion(1)
            .setLive(
                LiveProfile.newBuilder()
                    .setServed(
                        Served.of(
                                Profile.newBuilder()
                                    .setProfileId(profileId)
                                    .addTraits(
                                        Trait.newBuilder()
                                            .setName("plan")
                                            .setValue(Value.newBuilder().setText("gold")))
                                    .addAudiences(Membership.newBuilder().setAudience("vip"))
                                    .build())
                            .bytes())
                    .setFacts(facts.toByteString()))
            .build();
    assertThat(
            store
                .writeProfiles(List.of(new ProfileStore.ProfileWrite(0, record)), READY_MAX)
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS))
        .containsExactly(true);
  }

  private long pending() {
    return part.status().get("pending") instanceof Long pending ? pending : -1;
  }

  private WebhookDefinition webhook(String more) {
    return Webhooks.parse(
        """
        name: crm
        url: http://127.0.0.1:%d/hook
        secret: {file: "%s"}
        on: {transitions: all, events: {names: [Order Completed]}}
        %s
        """
            .formatted(endpoint.getAddress().getPort(), folder.resolve("secret"), more));
  }

  private DispatcherPart run(String state) {
    WebhookDefinition owner =
        Webhooks.parse(
            """
            name: owner
            url: http://127.0.0.1:%d/owner
            secret: {file: "%s"}
            on: {operational: [webhook.disabled]}
            """
                .formatted(endpoint.getAddress().getPort(), folder.resolve("secret")));
    states.define(Webhooks.definitions(webhook("timeout: 1s"), owner));
    DispatcherPart started =
        DispatcherPart.create(
            kafka,
            states,
            states,
            store,
            deletions,
            deadLetters,
            DispatcherConfig.of(folder.resolve(state), "9.9")
                .withAllow(List.of("127.0.0.1:" + endpoint.getAddress().getPort()))
                .withRetries(
                    new RetrySchedule(
                        IntStream.range(0, 100).mapToObj(_ -> Duration.ofMillis(300)).toList(),
                        0.1)),
            new SimpleMeterRegistry());
    started.start();
    Await.until(READY_MAX, "the dispatcher ready", () -> started.readiness().ready());
    return started;
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      Map<String, List<String>> headers = new HashMap<>();
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
      try {
        new Webhook(Webhooks.SECRET).verify(body, headers);
      } catch (Exception e) {
        forged.incrementAndGet();
      }
      if (exchange.getRequestURI().getPath().equals("/owner")) {
        toldOwner.add(body);
        exchange.sendResponseHeaders(204, -1);
        return;
      }
      gate.await();
      String id = exchange.getRequestHeaders().getFirst("webhook-id");
      bodiesById.computeIfAbsent(id, _ -> ConcurrentHashMap.newKeySet()).add(body);
      if (status == 200) {
        if ("true".equals(exchange.getRequestHeaders().getFirst("attune-replay"))) {
          replayed.add(id);
        }
        accepted.add(id);
      }
      exchange.sendResponseHeaders(status, -1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void append(String topic, String key, byte[] value) throws Exception {
    producer
        .send(new ProducerRecord<>(topic, key.getBytes(UTF_8), value))
        .get(30, TimeUnit.SECONDS);
  }

  private static Transition transition(String profileId, long version, boolean entered) {
    return Transition.newBuilder()
        .setProfileId(profileId)
        .setAudience("vip")
        .setEntered(entered)
        .setAtMicros(1_772_359_198_500_000L)
        .setGeneration(1)
        .setVersion(version)
        .setReason(Transition.Reason.CHANGE)
        .addEvidence("v" + version)
        .build();
  }

  private static ProfileChange change(String profileId, String eventId) {
    return ProfileChange.newBuilder()
        .setChanged(
            Changed.newBuilder()
                .setRecord(ProfileRecord.newBuilder().setProfileId(profileId))
                .addCauses(
                    Cause.newBuilder()
                        .setEvent(
                            Event.newBuilder()
                                .setEventId(eventId)
                                .setName("Order Completed")
                                .setOccurredAtMicros(1_772_359_198_500_000L)
                                .setVia(
                                    Identifier.newBuilder()
                                        .setNamespace("user_id")
                                        .setValue("42")))))
        .build();
  }
}
