package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Profile;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users' own topics into profiles, on a real broker and a real store. */
class StreamsIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String CARD = "4539578763621486";
  private static final String CATALOG =
      """
      namespaces:
        user_id: {unique: true}
        email: {max: 5, normalise: lower}
        anonymous_id: {max: 50}
        group_id: {unique: true}
      traits: {plan: {type: string}, size: {type: integer}}
      forbidden: {fields: [diagnosis, health.notes]}
      """;

  @TempDir private static Path stateDir;
  private static RunningRefresher refresher;
  private static Producer<byte[], byte[]> producer;
  private static Admin admin;

  /** Of each test its own; so are the ids of its people. */
  private final String topic = "shop." + UUID.randomUUID();

  @BeforeAll
  static void start() {
    refresher = new RunningRefresher(RedisBackend.shared(), stateDir);
    producer = KafkaClients.producer(refresher.kafka, "shop");
    admin = KafkaClients.admin(refresher.kafka, "shop-admin");
  }

  @AfterAll
  static void stop() {
    admin.close();
    producer.close();
    refresher.close();
  }

  private List<JsonNode> events() {
    return refresher.events().stream()
        .filter(event -> event.path("messageId").asText().contains(topic))
        .toList();
  }

  private List<DeadLetter> deadLetters() {
    return refresher.deadLetters.stream().filter(one -> one.getTopic().equals(topic)).toList();
  }

  private void createTopic() throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get(30, TimeUnit.SECONDS);
  }

  private void produce(String key, String record) throws Exception {
    producer
        .send(
            new ProducerRecord<>(
                topic,
                key.getBytes(StandardCharsets.UTF_8),
                record.replace('\'', '"').getBytes(StandardCharsets.UTF_8)))
        .get(30, TimeUnit.SECONDS);
  }

  private void define(String... streams) {
    List<Definition> all = new ArrayList<>();
    all.add(definition("catalog", "catalog", CATALOG));
    for (String stream : streams) {
      String yaml = stream.replace("TOPIC", topic);
      all.add(definition("stream", yaml.lines().findFirst().orElseThrow().substring(6), yaml));
    }
    refresher.define(Definitions.parse(all));
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(kind + "/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  private static String stream(String name, String rest) {
    return "name: " + name + "\ntopic: TOPIC\nformat: json\nstart: earliest\n" + rest;
  }

  private static final String PEOPLE =
      stream(
          "people",
          """
          call: identify
          identifiers: {user_id: id, email: contact.mail}
          traits: {plan: plan}
          """);

  // With this test's topic: the one of the test before may have been called the same.
  private void awaitUp(String name) {
    Await.until(
        SOON,
        "the stream " + name + " is not up",
        () ->
            refresher.meters.find("attune.streams.lag").tags("stream", name, "topic", topic).gauge()
                    != null
                && String.valueOf(refresher.status().get("stream " + name)).startsWith("up ("));
  }

  private List<JsonNode> awaitEvents(int count) {
    Await.until(SOON, "not " + count + " events", () -> events().size() >= count);
    return events();
  }

  private DeadLetter awaitLetter(String reason) {
    Await.until(
        SOON,
        "no dead letter: " + reason,
        () -> deadLetters().stream().anyMatch(one -> one.getReason().contains(reason)));
    return deadLetters().stream()
        .filter(one -> one.getReason().contains(reason))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void records_becomeProfilesEventsAndGroups() throws Exception {
    createTopic();
    produce("1", "{'type':'identify','id':'ann','contact':{'mail':'Ann@x.example'},'plan':'pro'}");
    produce("1", "{'type':'group','id':'ann','firm':7,'size':12}");
    produce("1", "{'type':'track','id':'ann','what':'Ordered','total':9.5}");
    produce("1", "{'type':'page','id':'ann','name':'Home'}");
    define(
        stream(
            "shop",
            """
            call: {field: type}
            event: {field: what}
            identifiers: {user_id: id, email: contact.mail, group_id: firm}
            properties: {total: total, name: name}
            traits: {plan: plan, size: size}
            """));
    Profile ann = refresher.awaitTrait("user_id", "ann", "plan");
    assertThat(ann.getTraitsList())
        .anySatisfy(
            trait -> {
              assertThat(trait.getName()).isEqualTo("plan");
              assertThat(trait.getSource()).isEqualTo("events:shop");
            });
    refresher.awaitTrait("email", "ann@x.example", "group_ids");
    refresher.awaitTrait("group_id", "7", "size");
    List<JsonNode> events = awaitEvents(4);
    assertThat(events)
        .extracting(event -> event.path("type").textValue())
        .containsExactly("identify", "group", "track", "page");
    assertThat(events.get(2).path("event").textValue()).isEqualTo("Ordered");
    assertThat(events.get(2).path("properties").path("total").doubleValue()).isEqualTo(9.5);
    assertThat(events)
        .allSatisfy(
            event ->
                assertThat(event.path("messageId").textValue()).startsWith("shop-" + topic + "-"));
    assertThat(deadLetters()).isEmpty();
    Await.until(
        SOON,
        "the status does not say what was read",
        () ->
            String.valueOf(refresher.status().get("stream shop"))
                .matches("up \\(0 waiting, last record of 20\\S+Z, 0 dead letters\\)"));
    assertThat(
            refresher
                .meters
                .get("attune.streams.lag")
                .tags("stream", "shop", "topic", topic)
                .gauge()
                .value())
        .isZero();
  }

  // Each is one dead letter, whose sentence says where; what comes behind it is taken.
  @Test
  void badRecords_areDeadLettersAndHoldUpNobody() throws Exception {
    createTopic();
    define(PEOPLE + "time: at\n");
    List<String> bad =
        List.of(
            "not json sec-ret",
            "[1]",
            "{'id':{'a':'sec-ret'},'at':'2026-11-21T07:35:00Z'}",
            "{'plan':'sec-ret','at':'2026-11-21T07:35:00Z'}",
            "{'id':'a','at':'sec-ret'}",
            "{'a':".repeat(5_000) + "1" + "}".repeat(5_000),
            "{'id':'a','at':'2026-11-21','plan':'" + "x".repeat(900 << 10) + "'}");
    for (String record : bad) {
      produce("k", record);
    }
    producer
        .send(new ProducerRecord<>(topic, "k".getBytes(StandardCharsets.UTF_8), null))
        .get(30, TimeUnit.SECONDS);
    produce("k", "{'id':'good','plan':'pro','at':'2026-11-21T07:35:00Z'}");
    refresher.awaitTrait("user_id", "good", "plan");
    assertThat(deadLetters()).hasSize(bad.size() + 1);
    for (String reason :
        List.of(
            "not valid JSON at line 1",
            "the record is no object",
            "identifiers.user_id: id is neither a text nor a whole number",
            "identifiers: id is missing or empty",
            "time: at is missing or no time",
            "the JSON exceeds a limit (allowed: 64 levels of nesting",
            "bytes (allowed: 32768; a stream may pick some of a record's fields)",
            "the record has no value")) {
      DeadLetter letter = awaitLetter(reason);
      assertThat(letter.getTopic()).isEqualTo(topic);
      assertThat(letter.getPart()).isEqualTo("stream");
      assertThat(letter.getReason())
          .startsWith(
              "stream people: the record "
                  + topic
                  + "-"
                  + letter.getPartition()
                  + "-"
                  + letter.getOffset()
                  + ": ")
          .doesNotContain("sec-ret");
    }
    assertThat(events()).hasSize(1);
  }

  @Test
  void clockAYearAhead_countsAsFiveMinutesAfterReceipt() throws Exception {
    createTopic();
    define(PEOPLE + "time: at\n");
    Instant before = Instant.now();
    produce(
        "k", "{'id':'future','plan':'pro','at':'%s'}".formatted(before.plus(365, ChronoUnit.DAYS)));
    Profile profile = refresher.awaitTrait("user_id", "future", "plan");
    assertThat(profile.getTraitsList().getFirst().getUpdatedAtMicros())
        .isBetween(
            before.toEpochMilli() * 1_000,
            Instant.now().plus(6, ChronoUnit.MINUTES).toEpochMilli() * 1_000);
  }

  // A crash between the log's answer and the commit: all of it is read once more.
  @Test
  void recordsReadAgainAfterACrash_becomeTheVerySameEvents() throws Exception {
    createTopic();
    define(PEOPLE);
    for (int i = 0; i < 20; i++) {
      produce("k" + i, "{'id':'u%s','plan':'p%s'}".formatted(i, i));
    }
    awaitEvents(20);
    refresher.restart(this::forgetOffsets);
    List<JsonNode> events = awaitEvents(40);
    assertThat(events).hasSize(40);
    assertThat(events.stream().distinct()).hasSize(20);
    assertThat(events.stream().map(event -> event.path("messageId")).distinct()).hasSize(20);
    assertThat(deadLetters()).isEmpty();
  }

  private void forgetOffsets() {
    String group = refresher.kafka.topics().group("streams.people");
    Await.until(
        SOON,
        "the group does not become empty",
        () -> {
          try {
            admin.deleteConsumerGroups(List.of(group)).all().get(10, TimeUnit.SECONDS);
            return true;
          } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof GroupNotEmptyException) {
              return false;
            }
            throw new AssertionError(e);
          } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void restart_goesOnWhereItWas() throws Exception {
    createTopic();
    define(PEOPLE);
    produce("k", "{'id':'before','plan':'pro'}");
    refresher.awaitTrait("user_id", "before", "plan");
    refresher.restart(
        () -> {
          try {
            produce("k", "{'id':'meanwhile','plan':'pro'}");
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    refresher.awaitTrait("user_id", "meanwhile", "plan");
    assertThat(events()).hasSize(2);
  }

  // In the record, under the names that the mapping gives, and in what is refused.
  @Test
  void forbiddenData_isMaskedInEventsAndInDeadLetters() throws Exception {
    createTopic();
    define(
        stream(
            "visits",
            """
            call: track
            event: Visited
            identifiers: {user_id: id}
            properties: {diagnosis: dx, note: note, health: health, paid_with: card}
            """));
    String body =
        "'dx':'sarcoidosis','note':'paid with "
            + CARD
            + " harmless','health':{'notes':'sarcoidosis'},'card':"
            + CARD
            + "}";
    produce(CARD, "{'id':'ann'," + body);
    produce(CARD, "{'id':[]," + body);
    produce(CARD, "{'id':'ann','note':'harmless " + CARD + "'");
    produce(CARD, "{'id':'" + CARD + "','note':'harmless'}");
    JsonNode event = awaitEvents(1).getFirst();
    assertThat(event.path("properties").path("diagnosis").textValue())
        .isEqualTo("[masked:diagnosis]");
    assertThat(event.toString())
        .contains("harmless", "[masked:card_number]", "[masked:health.notes]")
        .doesNotContain(CARD, "sarcoidosis");
    awaitLetter("identifiers.user_id: id is neither");
    awaitLetter("not valid JSON");
    awaitLetter("userId: forbidden data");
    assertThat(deadLetters())
        .hasSize(3)
        .allSatisfy(
            letter -> {
              assertThat(letter.getValue().toStringUtf8()).contains("harmless");
              assertThat(letter.getKey().toStringUtf8()).isEqualTo("[masked:card_number]");
              assertThat(letter.toString()).doesNotContain(CARD, "sarcoidosis");
            });
  }

  @Test
  void editedDefinition_countsFromThenOn_andARemovedOneReadsNoMore() throws Exception {
    createTopic();
    define(PEOPLE);
    produce("k", "{'id':'a','plan':'old','tier':'wrong'}");
    refresher.awaitTrait("user_id", "a", "plan");
    define(PEOPLE.replace("plan: plan", "plan: tier"));
    produce("k", "{'id':'b','plan':'wrong','tier':'new'}");
    assertThat(refresher.awaitTrait("user_id", "b", "plan").getTraitsList().getFirst().getValue())
        .extracting(value -> value.getText())
        .isEqualTo("new");
    define();
    Await.until(
        SOON,
        "the stream goes on",
        () -> refresher.meters.find("attune.streams.lag").gauge() == null);
    produce("k", "{'id':'c','plan':'x','tier':'y'}");
    assertThat(refresher.status()).doesNotContainKey("stream people");
    define(PEOPLE);
    refresher.awaitTrait("user_id", "c", "plan");
    assertThat(events()).hasSize(3);
  }

  @Test
  void latest_leavesOutWhatWasThereBefore_alsoAfterARestart() throws Exception {
    createTopic();
    produce("k", "{'id':'old','plan':'pro'}");
    define(PEOPLE.replace("start: earliest", "start: latest"));
    awaitUp("people");
    refresher.restart(
        () -> {
          try {
            produce("k", "{'id':'new','plan':'pro'}");
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    refresher.awaitTrait("user_id", "new", "plan");
    assertThat(events()).hasSize(1);
  }

  @Test
  void topicThatComesLater_isReadFromItsFirstRecord() throws Exception {
    define(PEOPLE.replace("start: earliest", "start: latest"));
    Await.until(
        SOON,
        "the status does not say what is missing",
        () ->
            ("waits: there is no topic " + topic).equals(refresher.status().get("stream people")));
    createTopic();
    produce("k", "{'id':'first','plan':'pro'}");
    refresher.awaitTrait("user_id", "first", "plan");
    awaitUp("people");
  }

  // Its events would be read for ever.
  @Test
  void topicOfAttunesOwn_isNotRead() throws Exception {
    String events = refresher.kafka.topics().events();
    define(PEOPLE.replace("TOPIC", events));
    Await.until(
        SOON,
        "the status does not say why",
        () ->
            ("waits: the topic " + events + " is one of Attune's own")
                .equals(refresher.status().get("stream people")));
  }

  // One that cannot go on keeps no other waiting, and more may read one topic.
  @Test
  void twoStreamsOfOneTopic_eachReadAllOfIt() throws Exception {
    createTopic();
    define(
        PEOPLE,
        stream(
            "orders",
            "call: track\nevent: Ordered\nidentifiers: {user_id: id}\nproperties: {plan: plan}\n"));
    produce("k", "{'id':'eve','plan':'pro'}");
    refresher.awaitTrait("user_id", "eve", "plan");
    assertThat(awaitEvents(2))
        .extracting(event -> event.path("type").textValue())
        .containsExactlyInAnyOrder("identify", "track");
    assertThat(Map.copyOf(refresher.status())).containsKeys("stream people", "stream orders");
  }
}
