package dev.attune.dispatcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Served;
import dev.attune.core.webhook.EventFilter;
import dev.attune.core.webhook.FlipLimit;
import dev.attune.core.webhook.TransitionFilter;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookState;
import dev.attune.dispatcher.delivery.Backlog;
import dev.attune.dispatcher.delivery.Delivering;
import dev.attune.dispatcher.delivery.DeliveryOwner;
import dev.attune.dispatcher.delivery.DispatcherMetrics;
import dev.attune.dispatcher.delivery.Gates;
import dev.attune.dispatcher.delivery.Health;
import dev.attune.dispatcher.delivery.RetrySchedule;
import dev.attune.dispatcher.delivery.Slots;
import dev.attune.dispatcher.form.Forms;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.dispatcher.state.RocksDbLimits;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Attempt;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.MembershipCause;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueObject;
import dev.attune.proto.v1.Watermark;
import dev.attune.store.memory.MemoryProfileStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a cause to the attempt that its subscribers get. */
class DispatcherTopologyTest {
  private static final Topics TOPICS = new Topics("attune");
  private static final long AT = Instant.parse("2026-03-01T09:59:58.5Z").toEpochMilli() * 1_000;

  @TempDir Path state;

  private final TestClock clock = new TestClock();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<DeadLetter> letters = new ArrayList<>();
  private final List<String> held = new ArrayList<>();
  private final List<Delivery> sent = new ArrayList<>();
  private Definitions definitions =
      Webhooks.definitions(
          webhook("all", new TransitionFilter.All(), Set.of()),
          webhook("both", named("vip"), Set.of("Order Completed")),
          webhook("orders", TransitionFilter.NONE, Set.of("Order Completed")));
  private boolean away;
  private TopologyTestDriver driver;
  private TestInputTopic<byte[], byte[]> transitions;
  private TestInputTopic<byte[], byte[]> changes;
  private TestOutputTopic<byte[], byte[]> attempts;

  @BeforeEach
  void start() {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbLimits.class);
    Backlog backlog = new Backlog();
    DispatcherMetrics metrics = new DispatcherMetrics(meters, backlog, clock);
    DefinitionsSource source =
        new DefinitionsSource() {
          @Override
          public Definitions current() {
            return definitions;
          }

          @Override
          public long position() {
            return Long.MAX_VALUE;
          }

          @Override
          public void onChange(java.util.function.Consumer<Definitions> listener) {}
        };
    driver =
        new TopologyTestDriver(
            DispatcherTopology.of(
                TOPICS,
                new Delivering(
                    source,
                    new Gates(
                        source,
                        (webhook, change) -> {
                          held.add(change.apply(WebhookState.INITIAL).reason());
                          throw new IllegalStateException("nothing is kept");
                        },
                        metrics,
                        (_, _) -> {},
                        Runnable::run,
                        FlipLimit.DEFAULT,
                        clock),
                    new AcceptingSender(),
                    new Slots(8, 4),
                    RetrySchedule.DEFAULT,
                    100,
                    this::bury,
                    new Poison(this::bury, clock),
                    backlog,
                    new Health(clock),
                    metrics,
                    new AtomicBoolean(),
                    clock,
                    new Random(1)),
                AwayStore.of(new MemoryProfileStore(), () -> away)),
            settings,
            clock.instant());
    var out = new ByteArraySerializer();
    transitions = driver.createInputTopic(TOPICS.audienceTransitions(), out, out);
    changes = driver.createInputTopic(TOPICS.profileChanges(), out, out);
    attempts =
        driver.createOutputTopic(
            TOPICS.attempts(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void transition_reachesWhoWantsIt_withAFixedBody() throws Exception {
    pipe(
        transition("vip", true, 7).toBuilder()
            .setValidUntilMicros(AT + 86_400_000_000L)
            .setCompleteFromMicros(AT + 172_800_000_000L)
            .build());
    assertThat(sent).extracting(Delivery::getWebhook).containsExactly("all", "both");
    assertThat(sent)
        .allSatisfy(
            delivery ->
                assertThat(delivery.getBody().toStringUtf8())
                    .isEqualTo(
                        "{\"type\":\"audience.entered\",\"timestamp\":\"2026-03-01T09:59:58.500Z\","
                            + "\"data\":{\"profile_id\":\"p1\",\"audience\":\"vip\","
                            + "\"reason\":\"change\",\"at\":\"2026-03-01T09:59:58.500Z\","
                            + "\"valid_until\":\"2026-03-02T09:59:58.500Z\","
                            + "\"complete_from\":\"2026-03-03T09:59:58.500Z\","
                            + "\"evidence\":[\"a5c7e1d20f4b98\",\"0012fe84bd6390\"],\"definition_version\":3}}"));
    tick();
    assertThat(attempts.readRecordsToList())
        .hasSize(2)
        .allSatisfy(
            record ->
                assertThat(Attempt.parseFrom(record.value()).getOutcome()).isEqualTo("delivered"));
  }

  // Before it is known that it is too much, what came was sent; the rest waits.
  @Test
  void run_thatMovesTooMuch_holdsWhoIsToldOfIt_andNothingIsLost() {
    for (int i = 1; i <= 120; i++) {
      pipe(
          transition("vip", false, 1).toBuilder()
              .setProfileId("p" + i)
              .setReason(Transition.Reason.DEFINITION)
              .setBatch("definition/7")
              .setMembersBefore(201 - i)
              .build());
      tick();
    }
    assertThat(held)
        .containsOnly(
            "the definition of version 7 moved 101 of the 200 members of vip in one partition, and"
                + " maybe more (allowed: 50%)");
    assertThat(sent).filteredOn(d -> d.getWebhook().equals("all")).hasSize(100);
    assertThat(sent).allSatisfy(delivery -> assertThat(delivery.getBulk()).isTrue());
    assertThat(meters.get("attune.dispatcher.pending").tag("webhook", "all").gauge().value())
        .isEqualTo(20);
  }

  @Test
  void transition_exitByMerge_saysSo_andReassertedIsNoNews() {
    pipe(transition("vip", true, 1).toBuilder().setReason(Transition.Reason.REASSERTED).build());
    assertThat(sent).isEmpty();
    pipe(transition("vip", false, 2).toBuilder().setReason(Transition.Reason.MERGED).build());
    assertThat(sent).hasSize(2);
    assertThat(sent.getFirst().getType()).isEqualTo("audience.exited");
    assertThat(sent.getFirst().getBody().toStringUtf8()).contains("\"reason\":\"merged\"");
  }

  @Test
  void transition_notNewer_isNotRenderedAgain() {
    pipe(transition("vip", true, 5));
    pipe(transition("vip", true, 5));
    pipe(transition("other", false, 4));
    assertThat(webhookIds()).hasSize(2);
    tick();
    pipe(transition("vip", false, 6));
    pipe(transition("vip", true, 1).toBuilder().setGeneration(2).build());
    tick();
    assertThat(webhookIds()).hasSize(6).doesNotHaveDuplicates();
  }

  @Test
  void event_reachesWhoWantsIt_withAFixedBody() {
    pipe(change(order("order-2")));
    assertThat(sent).extracting(Delivery::getWebhook).containsExactly("both", "orders");
    assertThat(sent.getFirst().getBody().toStringUtf8())
        .isEqualTo(
            "{\"type\":\"event\",\"timestamp\":\"2026-03-01T09:59:58.500Z\",\"data\":{"
                + "\"event\":\"Order Completed\",\"event_id\":\"order-2\","
                + "\"occurred_at\":\"2026-03-01T09:59:58.500Z\","
                + "\"via\":{\"namespace\":\"user_id\",\"value\":\"42\"},"
                + "\"properties\":{\"day\":\"2026-03-01\",\"gift\":null,\"items\":[1,\"ä\"],"
                + "\"total\":12.5}}}");
  }

  @Test
  void subscription_byTagAndWhere_unordered_isWhatTheDefinitionsSay() {
    definitions =
        Definitions.parse(
            List.of(
                definition(
                    "audience", "vip", "name: vip\ntags: [sales]\nwhen: {event: X, within: 1d}"),
                definition("audience", "new", "name: new\nwhen: {event: X, within: 1d}"),
                definition(
                    "webhook",
                    "sales",
                    """
                    name: sales
                    url: https://sales.example.com/hook
                    secret: {env: SECRET}
                    on:
                      transitions: {tags: [sales]}
                      events: {names: [Order Completed], where: properties.total > 12}
                    order: none
                    """),
                definition(
                    "webhook",
                    "state",
                    """
                    name: state
                    url: https://state.example.com/hook
                    secret: {env: SECRET}
                    on: {transitions: {audiences: [vip]}, events: {names: [Other]}}
                    states: latest
                    """)));
    pipe(transition("vip", true, 1));
    pipe(transition("new", true, 2));
    pipe(transition("gone", true, 3));
    pipe(change(order("order-1"), order("order-2").toBuilder().clearProperties().build()));
    pipe(change(order("order-3").toBuilder().setName("Other").build()));
    assertThat(sent)
        .extracting(
            Delivery::getWebhook, Delivery::getType, Delivery::getUnordered, Delivery::getSubject)
        .containsExactly(
            Tuple.tuple("sales", "audience.entered", true, ""),
            Tuple.tuple("state", "audience.entered", false, "audience/vip"),
            Tuple.tuple("sales", "event", true, ""),
            // An event is no state: none takes the place of another.
            Tuple.tuple("state", "event", false, ""));
  }

  // Whoever generates code from the schemas reads what is really sent.
  @Test
  void everyForm_fitsItsPublishedSchema() throws Exception {
    PayloadSchemas schemas = new PayloadSchemas();
    definitions =
        Webhooks.definitions(
            Stream.of("document", "cloudevents", "segment-track", "segment-identify")
                .map(
                    form ->
                        Webhooks.parse(
                            """
                            name: %s
                            url: https://crm.example.com/hook
                            secret: {env: SECRET}
                            on: {transitions: all, events: {names: [Order Completed]}, traits: [plan]}
                            payload: %s
                            """
                                .formatted(form, form)))
                .toArray(WebhookDefinition[]::new));
    pipe(transition("vip", true, 1));
    pipe(
        transition("vip", true, 2).toBuilder()
            .setValidUntilMicros(AT + 1)
            .setCompleteFromMicros(Long.MAX_VALUE)
            .build());
    pipe(transition("vip", false, 3).toBuilder().setReason(Transition.Reason.MERGED).build());
    pipe(change(order("order-1")));
    pipe(profile("p2", AT, text("plan", "gold")));
    tick();
    pipe(redirect("p2", AT + 1, "p1"));
    tick();
    assertThat(sent).hasSize(24);
    for (Delivery delivery : sent) {
      String body = Forms.of(delivery).body().toStringUtf8();
      assertThat(schemas.errors(delivery.getForm(), body)).as(body).isEmpty();
      assertThat(schemas.errors(delivery.getForm(), body.replaceFirst("2026-03-01T", "")))
          .as("a wrong one is refused")
          .isNotEmpty();
    }
  }

  // As subscribers read them.
  @Test
  void examplesOfTheDocumentation_fitTheirSchemas() {
    PayloadSchemas schemas = new PayloadSchemas();
    List<String> examples =
        Pattern.compile("```json\\n(.*?)```", Pattern.DOTALL)
            .matcher(PayloadSchemas.read("webhooks.md"))
            .results()
            .map(block -> block.group(1))
            .filter(example -> example.contains("timestamp") || example.contains("specversion"))
            .toList();
    assertThat(examples).hasSizeGreaterThanOrEqualTo(5);
    for (String example : examples) {
      String form =
          example.contains("specversion")
              ? "cloudevents"
              : example.contains("messageId") ? "segment-track" : "";
      assertThat(schemas.errors(form, example)).as(example).isEmpty();
    }
  }

  // What is under way keeps the form that it was rendered with: every attempt sends the same.
  @Test
  void form_travelsWithTheDelivery() {
    String webhook =
        """
        name: crm
        url: https://crm.example.com/hook
        secret: {env: SECRET}
        on: {transitions: all}
        payload: {template: {who: '{{data.profile_id}}', n: 1}}
        """;
    definitions = Webhooks.definitions(Webhooks.parse(webhook));
    pipe(transition("vip", true, 1));
    assertThat(sent)
        .singleElement()
        .extracting(Delivery::getForm)
        .isEqualTo("{\"who\":\"{{data.profile_id}}\",\"n\":1}");
  }

  // Each write of a profile is a change to the refresher, and few of them are to a subscriber.
  @Test
  void traits_areToldWhenTheyAreOthers_andOnlyThen() {
    definitions = Webhooks.definitions(traits("crm", "plan, total_spent"), traits("mail", "plan"));
    pipe(profile("p1", 1));
    assertThat(sent).as("nothing is known yet").isEmpty();
    pipe(profile("p1", 2, text("plan", "gold"), text("email", "a@example.com")));
    tick();
    assertThat(sent).extracting(Delivery::getWebhook).containsExactly("crm", "mail");
    assertThat(sent.getFirst().getBody().toStringUtf8())
        .isEqualTo(
            "{\"type\":\"profile.changed\",\"timestamp\":\"1970-01-01T00:00:00.000002Z\","
                + "\"data\":{\"profile_id\":\"p1\",\"version\":2,"
                + "\"traits\":{\"plan\":\"gold\",\"total_spent\":null}}}");
    pipe(profile("p1", 3, text("plan", "gold"), text("email", "b@example.com")));
    tick();
    assertThat(sent).as("written again").hasSize(2);
    pipe(profile("p1", 4, text("plan", "gold"), text("total_spent", "12.5")));
    pipe(profile("p1", 5, text("plan", "silver")));
    tick();
    assertThat(sent.subList(2, sent.size()))
        .extracting(Delivery::getWebhook)
        .containsExactlyInAnyOrder("crm", "crm", "mail");
    pipe(profile("p1", 4, text("plan", "gold"), text("total_spent", "12.5")));
    tick();
    assertThat(sent).as("told again from the log").hasSize(5);
    assertThat(webhookIds()).doesNotHaveDuplicates();
    pipe(profile("p1", 6));
    tick();
    assertThat(sent.getLast().getBody().toStringUtf8()).contains("\"traits\":{\"plan\":null}");
  }

  // Who knows the old id has to let go of what it was told; who never heard of it has not.
  @Test
  void traits_ofAMergedProfile_areToldOnceMore_underTheNewOneFromThenOn() {
    definitions = Webhooks.definitions(traits("crm", "plan"));
    pipe(profile("p1", 1, text("plan", "gold")));
    pipe(redirect("p1", 2, "p2"));
    pipe(redirect("p3", 2, "p2"));
    pipe(profile("p2", 3, text("plan", "gold")));
    pipe(redirect("p1", 4, "p2"));
    tick();
    assertThat(sent).extracting(Delivery::getProfileId).containsExactlyInAnyOrder("p1", "p1", "p2");
    assertThat(
            sent.stream()
                .filter(d -> d.getProfileId().equals("p1"))
                .reduce((_, later) -> later)
                .orElseThrow()
                .getBody()
                .toStringUtf8())
        .endsWith(
            "\"data\":{\"profile_id\":\"p1\",\"version\":2,\"merged_into\":\"p2\","
                + "\"traits\":{\"plan\":null}}}");
    pipe(profile("p1", 5, text("plan", "gold")));
    tick();
    assertThat(sent.getLast().getProfileId()).as("it was split off again").isEqualTo("p1");
  }

  // The same cause has the same id and body also after everything was forgotten.
  @Test
  void traits_idsAndBodies_dependOnTheRecordAlone() {
    definitions = Webhooks.definitions(traits("crm", "plan"));
    pipe(profile("p1", 7, text("plan", "gold")));
    List<Delivery> first = List.copyOf(sent);
    stop();
    sent.clear();
    clock.advance(Duration.ofHours(1));
    start();
    pipe(profile("p1", 7, text("plan", "gold")));
    assertThat(sent).isEqualTo(first).hasSize(1);
  }

  @Test
  void traits_ofARecordThatCannotBeRead_areADeadLetter_andItsEventsAreTold() {
    definitions =
        Webhooks.definitions(
            traits("crm", "plan"),
            webhook("orders", TransitionFilter.NONE, Set.of("Order Completed")));
    ProfileChange.Builder change = change(order("order-1")).toBuilder();
    change.getChangedBuilder().getRecordBuilder().getLiveBuilder();
    pipe(change.build());
    assertThat(letters)
        .extracting(DeadLetter::getReason)
        .containsExactly("the profile of the profile change does not parse");
    assertThat(sent).extracting(Delivery::getWebhook).containsExactly("orders");
  }

  private static WebhookDefinition traits(String name, String traits) {
    return Webhooks.parse(
        """
        name: %s
        url: https://crm.example.com/hook
        secret: {env: SECRET}
        on: {traits: [%s]}
        """
            .formatted(name, traits));
  }

  private static ProfileChange profile(String id, long version, Trait... traits) {
    Profile profile =
        Profile.newBuilder()
            .setProfileId(id)
            .setVersion(version)
            .addAllTraits(List.of(traits))
            .build();
    return written(
        ProfileRecord.newBuilder()
            .setProfileId(id)
            .setVersion(version)
            .setLive(LiveProfile.newBuilder().setServed(Served.of(profile).bytes())));
  }

  private static ProfileChange redirect(String id, long version, String into) {
    return written(
        ProfileRecord.newBuilder().setProfileId(id).setVersion(version).setRedirectTo(into));
  }

  private static ProfileChange written(ProfileRecord.Builder record) {
    return ProfileChange.newBuilder().setChanged(Changed.newBuilder().setRecord(record)).build();
  }

  private static Trait text(String name, String value) {
    return Trait.newBuilder().setName(name).setValue(Value.newBuilder().setText(value)).build();
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setPath(kind + "s/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  @Test
  void event_emittedAgain_isNotRenderedAgain_andOthersAre() {
    pipe(change(order("order-1")));
    tick();
    clock.advance(Duration.ofDays(7));
    pipe(change(order("order-1"), order("order-2")));
    tick();
    assertThat(sent).hasSize(4);
    assertThat(webhookIds()).doesNotHaveDuplicates();
  }

  // What an SDK sends again may seem to have happened later: its time is computed from the receipt.
  @Test
  void event_thatComesAgainWithALaterTime_isNotToldAgain() {
    Event first = order("order-1");
    pipe(change(first));
    tick();
    clock.advance(Duration.ofDays(7));
    long week = Duration.ofDays(7).toMillis() * 1_000;
    pipe(
        change(
            first.toBuilder()
                .setOccurredAtMicros(first.getOccurredAtMicros() + week)
                .setReceivedAtMicros(first.getReceivedAtMicros() + week)
                .build()));
    tick();
    assertThat(sent).hasSize(2);
    assertThat(duplicates("recognised")).as("for each webhook").isEqualTo(2);
    assertThat(duplicates("late")).isZero();
    pipe(
        change(
            order("order-2").toBuilder()
                .setReceivedAtMicros(first.getOccurredAtMicros() + 2 * week)
                .build()));
    assertThat(duplicates("late")).isEqualTo(1);
  }

  private double duplicates(String kind) {
    return meters.get("attune.events.duplicates").tag("kind", kind).counter().count();
  }

  // An event may come again after its person was merged into another, and after the memory is lost.
  @Test
  void event_ofAPersonThatWasMergedSince_hasTheSameIdAndBody() {
    pipe(changeOf("p1", order("order-1")));
    pipe(changeOf("p2", order("order-1")));
    assertThat(sent).extracting(Delivery::getWebhook).containsExactly("both", "orders");
    List<Delivery> first = List.copyOf(sent);
    stop();
    sent.clear();
    start();
    pipe(changeOf("p2", order("order-1")));
    assertThat(sent)
        .extracting(Delivery::getWebhook, Delivery::getWebhookId, Delivery::getBody)
        .isEqualTo(
            first.stream().map(d -> tuple(d.getWebhook(), d.getWebhookId(), d.getBody())).toList());
  }

  // Who has no view does not wait for the profile store, and who has one loses nothing.
  @Test
  void view_isPutIn_onceTheStoreAnswers() {
    String definition =
        """
        name: %s
        url: https://crm.example.com/hook
        secret: {env: CRM}
        on: {transitions: all, events: {names: [Order Completed]}, traits: [plan]}
        payload: {%s template: {a: "{{id}}"}}
        """;
    definitions =
        Webhooks.definitions(
            Webhooks.parse(definition.formatted("viewed", "view: page,")),
            Webhooks.parse(definition.formatted("plain", "")));
    away = true;
    pipe(transition("vip", true, 7));
    pipe(change(order("order-1")));
    tick();
    assertThat(sent).extracting(Delivery::getWebhook).containsExactly("plain", "plain");
    assertThat(meters.get("attune.dispatcher.views.failed").counter().count()).isEqualTo(2);
    away = false;
    for (int i = 0; i < 50; i++) {
      tick();
    }
    assertThat(sent).extracting(Delivery::getWebhook).endsWith("viewed", "viewed").hasSize(4);
    assertThat(sent.subList(2, 4))
        .allSatisfy(
            delivery ->
                assertThat(delivery.getBody().toStringUtf8())
                    .endsWith(",\"view\":{\"traits\":{\"plan\":null},\"audiences\":[]}}"))
        .extracting(Delivery::getType)
        .containsExactlyInAnyOrder("audience.entered", "event");
  }

  // Nobody keeps senders from giving two events one id: both people's are told.
  @Test
  void events_ofTwoPeople_withOneEventId_areTwo() {
    Identifier other = Identifier.newBuilder().setNamespace("user_id").setValue("43").build();
    pipe(changeOf("p1", order("order-1")));
    pipe(changeOf("p2", order("order-1").toBuilder().setVia(other).build()));
    assertThat(webhookIds()).hasSize(4).doesNotHaveDuplicates();
  }

  // A webhook-id that changed with the rendering could not be deduplicated by anybody.
  @Test
  void ids_dependOnTheCauseAlone() {
    pipe(change(order("order-1")));
    pipe(transition("vip", true, 5));
    List<Delivery> first = List.copyOf(sent);
    stop();
    sent.clear();
    clock.advance(Duration.ofHours(1));
    start();
    pipe(change(order("order-1")));
    pipe(transition("vip", true, 5));
    assertThat(sent).isEqualTo(first);
    assertThat(sent).allSatisfy(d -> assertThat(d.getWebhookId()).matches("msg_[A-Za-z0-9_-]{43}"));
  }

  @Test
  void change_withoutNews_isPassedOver() {
    pipe(change(order("history").toBuilder().setHistorical(true).build()));
    pipe(change(order("other").toBuilder().setName("Page Viewed").build()));
    pipe(ProfileChange.newBuilder().setWatermark(Watermark.newBuilder().setTimeMicros(AT)).build());
    pipe(
        ProfileChange.newBuilder()
            .setChanged(
                Changed.newBuilder()
                    .addCauses(Cause.newBuilder().setMembership(MembershipCause.newBuilder())))
            .build());
    changes.pipeInput(new TestRecord<>("p1".getBytes(UTF_8), null));
    assertThat(sent).isEmpty();
    assertThat(letters).isEmpty();
  }

  @Test
  void poison_isSetAside_andTheNextGoesOn() {
    transitions.pipeInput("p1".getBytes(UTF_8), new byte[] {1, 2, 3});
    changes.pipeInput("p1".getBytes(UTF_8), new byte[] {1, 2, 3});
    pipe(transition("vip", true, 5));
    assertThat(letters)
        .extracting(DeadLetter::getReason)
        .containsExactly("the transition does not parse", "the profile change does not parse");
    assertThat(letters).allSatisfy(l -> assertThat(l.getReplayTopic()).isEmpty());
    assertThat(sent).hasSize(2);
  }

  @Test
  void definitions_changed_applyToTheNextCause() {
    definitions = Webhooks.definitions(webhook("late", new TransitionFilter.All(), Set.of()));
    pipe(transition("vip", true, 5));
    assertThat(sent).extracting(Delivery::getWebhook).containsExactly("late");
  }

  private void pipe(Transition transition) {
    transitions.pipeInput(transition.getProfileId().getBytes(UTF_8), transition.toByteArray());
  }

  private void pipe(ProfileChange change) {
    changes.pipeInput(
        change.getChanged().getRecord().getProfileId().getBytes(UTF_8), change.toByteArray());
  }

  private void tick() {
    clock.advance(DeliveryOwner.TICK);
    driver.advanceWallClockTime(DeliveryOwner.TICK);
  }

  private List<String> webhookIds() {
    return sent.stream().map(Delivery::getWebhookId).toList();
  }

  private CompletionStage<?> bury(DeadLetter letter) {
    letters.add(letter);
    return CompletableFuture.completedFuture(letter);
  }

  private static Transition transition(String audience, boolean entered, long version) {
    return Transition.newBuilder()
        .setProfileId("p1")
        .setAudience(audience)
        .setEntered(entered)
        .setAtMicros(AT)
        .setGeneration(1)
        .setVersion(version)
        .setDefinitionVersion(3)
        .setReason(Transition.Reason.CHANGE)
        .addEvidence("a5c7e1d20f4b98")
        .addEvidence("0012fe84bd6390")
        .build();
  }

  private static Event order(String id) {
    return Event.newBuilder()
        .setEventId(id)
        .setType("track")
        .setName("Order Completed")
        .setOccurredAtMicros(AT)
        .setReceivedAtMicros(AT + 200_000)
        .setVia(Identifier.newBuilder().setNamespace("user_id").setValue("42"))
        .setProperties(
            Value.newBuilder()
                .setObject(
                    ValueObject.newBuilder()
                        .addEntries(entry("day", Value.newBuilder().setDateDays(20_513)))
                        .addEntries(entry("gift", Value.newBuilder().setNullValue(true)))
                        .addEntries(
                            entry(
                                "items",
                                Value.newBuilder()
                                    .setList(
                                        ValueList.newBuilder()
                                            .addValues(Value.newBuilder().setInteger(1))
                                            .addValues(Value.newBuilder().setText("ä")))))
                        .addEntries(entry("total", Value.newBuilder().setNumber(12.5)))))
        .build();
  }

  private static ValueEntry entry(String key, Value.Builder value) {
    return ValueEntry.newBuilder().setKey(key).setValue(value).build();
  }

  private static ProfileChange change(Event... events) {
    return changeOf("p1", events);
  }

  private static ProfileChange changeOf(String profileId, Event... events) {
    Changed.Builder changed =
        Changed.newBuilder().setRecord(ProfileRecord.newBuilder().setProfileId(profileId));
    for (Event event : events) {
      changed.addCauses(Cause.newBuilder().setEvent(event));
    }
    return ProfileChange.newBuilder().setChanged(changed).build();
  }

  private static WebhookDefinition webhook(
      String name, TransitionFilter transitions, Set<String> events) {
    WebhookDefinition any = Webhooks.webhook(name);
    return new WebhookDefinition(
        name,
        any.url(),
        any.signing(),
        transitions,
        new EventFilter(events, Optional.empty()),
        any.traits(),
        any.payload(),
        Set.of(),
        any.headers(),
        any.ordered(),
        any.latest(),
        any.consent(),
        any.fields(),
        any.pace(),
        any.tls(),
        any.timeout(),
        any.holdAbove());
  }

  private static TransitionFilter named(String audience) {
    return new TransitionFilter.Named(Set.of(audience), Set.of());
  }

  private final class AcceptingSender implements Sender {
    @Override
    public CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery) {
      assertThat(delivery.getWebhook()).isEqualTo(webhook.name());
      sent.add(delivery);
      return CompletableFuture.completedFuture(new Outcome.Delivered(200));
    }

    @Override
    public void close() {}
  }
}
