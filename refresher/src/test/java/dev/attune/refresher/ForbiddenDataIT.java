package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.http.Json;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.proto.v1.Definition;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import io.lettuce.core.RedisClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A payment card number and a diagnosis, sent in every way: no place has them afterwards. Each
 * place is searched for something harmless too, or the search would prove nothing.
 */
class ForbiddenDataIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String CARD = "4539578763621486";
  private static final String GROUPED = "4539 5787-6362 1486";

  /** Of those who write into the topic of events themselves. */
  private static final String OTHER_CARD = "5555555555554444";

  private static final String DIAGNOSIS = "sarcoidosis";
  private static final String HARMLESS = "harmless-marker";

  @TempDir Path stateDir;
  private RedisBackend redis;
  private RunningRefresher refresher;

  @BeforeEach
  void start() {
    redis = RedisBackend.start();
    refresher =
        new RunningRefresher(
            redis,
            stateDir,
            Definitions.parse(
                List.of(
                    definition(
                        "catalog",
                        "catalog.yaml",
                        """
                        namespaces:
                          user_id: {unique: true}
                          email: {max: 5, normalise: lower}
                          anonymous_id: {max: 50}
                          group_id: {unique: true}
                        traits:
                          note: {type: string}
                          paid_with: {type: string}
                          amount: {type: integer}
                        forbidden: {fields: [diagnosis]}
                        """),
                    definition(
                        "model",
                        "customers",
                        """
                        name: customers
                        kind: profiles
                        source: {files: customers.csv, format: csv}
                        key: {namespace: user_id, column: id}
                        traits: {note: note, paid_with: card, amount: amount}
                        guards: {bad_rows: 50%}
                        """))));
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id.replace(".yaml", ""))
        .setVersion(1)
        .setPath(id)
        .setYaml(yaml)
        .build();
  }

  @AfterEach
  void stop() {
    refresher.close();
    redis.close();
  }

  private void taken(String path, String body, String... headers) throws Exception {
    HttpResponse<String> response =
        refresher.send("POST", path, body.replace("CARD", CARD), headers);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  private void refused(String path, String body, String reason) throws Exception {
    HttpResponse<String> response = refresher.post(path, body.replace("CARD", CARD));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains(reason).doesNotContain(CARD);
  }

  private void append(String key, String value, String... header) {
    try (Producer<byte[], byte[]> producer = KafkaClients.producer(refresher.kafka, "own")) {
      var event =
          new ProducerRecord<>(
              refresher.kafka.topics().events(),
              key.getBytes(StandardCharsets.UTF_8),
              value
                  .replace('\'', '"')
                  .replace("CARD", OTHER_CARD)
                  .getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < header.length; i += 2) {
        event.headers().add(header[i], header[i + 1].getBytes(StandardCharsets.UTF_8));
      }
      producer.send(event).get();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void numberAndField_sentInEveryWay_standNowhere() throws Exception {
    taken("/v1/identify", "{'userId':'u','traits':{'note':'CARD','harmless':'" + HARMLESS + "'}}");
    taken("/v1/identify", "{'userId':'u','traits':{'amount':CARD,'CARD':1}}");
    taken("/v1/identify", "{'userId':'u','traits':{'memo':'pay " + GROUPED + " now'}}");
    taken("/v1/identify", "{'userId':'u','traits':{'email':'CARD'}}");
    taken("/v1/identify", "{'userId':'u','traits':{'x':[{'Diagnosis':'" + DIAGNOSIS + "'}]}}");
    taken(
        "/v1/track",
        "{'userId':'u','event':'Paid CARD','properties':{'a':{'b':[{'c':'CARD'}]},'h':'"
            + HARMLESS
            + "'}}");
    taken("/v1/page", "{'userId':'u','name':'CARD','category':'CARD'}");
    taken("/v1/group", "{'userId':'u','groupId':'g','traits':{'iban':'CARD'}}");
    taken(
        "/v1/track",
        "{'userId':'u','event':'E','context':{'externalIds':[{'type':'email','id':'CARD'}]}}");
    taken(
        "/v1/batch",
        "{'context':{'traits':{'c':'CARD','diagnosis':'"
            + DIAGNOSIS
            + "'},'ip':CARD},'batch':["
            + "{'type':'track','userId':'u','event':'E'},"
            + "{'type':'track','userId':'CARD','event':'E'},"
            + "{'type':'track','anonymousId':CARD,'event':'E'},"
            + "{'type':'alias','userId':'u','previousId':'CARD'},"
            + "{'type':'track','userId':'u','event':'E','messageId':'CARD'},"
            + "{'type':'nonsense','userId':'u','harmless':'"
            + HARMLESS
            + "','x':'CARD','diagnosis':'"
            + DIAGNOSIS
            + "'},"
            + "'CARD',"
            + "{'type':'track','userId':'u','event':'E','properties':{'big':'"
            + "x".repeat(40_000)
            + " CARD'}}]}");
    taken(
        "/v1/track?writeKey=" + CARD,
        "{'userId':'u','event':'E','writeKey':'CARD'}",
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-" + CARD + "-01",
        "User-Agent",
        CARD);
    refused("/v1/track", "{'userId':'CARD','event':'E'}", "userId: forbidden data");
    refused("/v1/track", "{'userId':'u','event':'E','messageId':CARD}", "messageId: forbidden");
    refused("/v1/track", "{'userId':'u','event':'E','x':'CARD", "not valid JSON");

    // What others write into the topic stands there, and nowhere else.
    append("o", "{'type':'identify','userId':'o','traits':{'note':'CARD','h':'" + HARMLESS + "'}}");
    append("o", "{'type':'identify','userId':'o','traits':{'note':'CARD'");
    append("o", "{'type':'identify','userId':'o','diagnosis':'" + DIAGNOSIS);
    append("CARD".replace("CARD", OTHER_CARD), "{'type':'track','userId':'CARD','event':'E'}");
    append("o", "{'type':'nonsense'}", "x", OTHER_CARD, "diagnosis", DIAGNOSIS);
    append("o", "{'type':'track','userId':'" + "o".repeat(300) + "','event':'E','x':'CARD'}");
    append("end", "{'type':'identify','userId':'end','traits':{'ended':true}}");
    // A partition's events are in order; these were the last of theirs.
    Await.until(SOON, "not all is handled", this::allHandled);
    refresher.awaitTrait("user_id", "u", "harmless");

    warehouse();

    assertThat(text("user_id", "u")).contains("[masked:card_number]", "[masked:diagnosis]");
    assertThat(text("user_id", "o")).contains("[masked:card_number]");
    check("profiles in Redis", redisText());
    check("changes", topic(refresher.kafka.topics().profileChanges()));
    check("dead letters", refresher.deadLetters.toString());
    String events = topic(refresher.kafka.topics().events());
    assertThat(events).contains(HARMLESS, "[masked:card_number]").doesNotContain(CARD, GROUPED);
    assertThat(refresher.deadLetters)
        .extracting(letter -> letter.getReason())
        .contains(
            "userId: forbidden data, such as a payment card number (it identifies nobody)",
            "traits.email: value: forbidden data that was masked (it identifies nobody)");
    assertThat(counted("collector")).isGreaterThan(15);
    assertThat(counted("events")).isPositive();
    assertThat(counted("dead_letters")).isPositive();
    assertThat(counted("warehouse")).isPositive();
  }

  // A row with a number in each column, and one whose key it is.
  private void warehouse() throws Exception {
    Files.writeString(
        stateDir.resolve("customers.csv"),
        """
        id,note,card,amount,Diagnosis
        w1,%1$s,%2$s,1,%3$s
        w2,%4$s,none,%1$s,
        %1$s,bad,%1$s,1,%3$s
        """
            .formatted(CARD, GROUPED, DIAGNOSIS, HARMLESS));
    HttpResponse<String> started =
        refresher.operate("POST", "/v1/refreshes", "{\"model\":\"customers\"}");
    assertThat(started.statusCode()).as(started.body()).isBetween(200, 202);
    String id = Json.parse(started.body().getBytes(StandardCharsets.UTF_8)).path("id").asText();
    Await.until(
        SOON,
        "the run does not end",
        () -> run(id).contains("\"ended_at\":\"") || run(id).contains("\"endedAt\":\""));
    assertThat(run(id)).contains("\"state\":\"done\"");
    assertThat(text("user_id", "w1"))
        .contains("[masked:card_number]")
        .doesNotContain(CARD, DIAGNOSIS);
    Files.delete(stateDir.resolve("customers.csv"));
    StringBuilder all = new StringBuilder();
    try (var files = Files.walk(stateDir)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    assertThat(all.toString()).doesNotContain(CARD, GROUPED, DIAGNOSIS);
  }

  private String run(String id) {
    return refresher.operate("GET", "/v1/refreshes/" + id, "").body();
  }

  private boolean allHandled() {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(refresher.kafka, "ends")) {
      List<TopicPartition> partitions = partitions(consumer, refresher.kafka.topics().events());
      Map<Integer, Long> last = new java.util.TreeMap<>();
      consumer
          .endOffsets(partitions)
          .forEach(
              (partition, end) -> {
                if (end > 0) {
                  last.put(partition.partition(), end - 1);
                }
              });
      return refresher.isHandled(new WriteToken(new java.util.TreeMap<>(last)));
    }
  }

  private String text(String namespace, String value) {
    return refresher.profile(namespace, value).map(Object::toString).orElse("");
  }

  private double counted(String place) {
    return refresher.meters.get("attune.masked").tag("place", place).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  private static void check(String place, String all) {
    assertThat(all)
        .as(place)
        .contains(HARMLESS, "[masked:card_number]", "[masked:diagnosis]")
        .doesNotContain(CARD, GROUPED, OTHER_CARD, DIAGNOSIS);
  }

  private static List<TopicPartition> partitions(Consumer<byte[], byte[]> consumer, String topic) {
    return consumer.partitionsFor(topic).stream()
        .map(info -> new TopicPartition(info.topic(), info.partition()))
        .toList();
  }

  /** Keys, headers and values of a topic. */
  private String topic(String topic) {
    StringBuilder all = new StringBuilder();
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(refresher.kafka, "all")) {
      List<TopicPartition> partitions = partitions(consumer, topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          all.append(plain(record.key())).append(plain(record.value()));
          record.headers().forEach(h -> all.append(h.key()).append(plain(h.value())));
        }
      }
    }
    return all.toString();
  }

  private static String plain(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private String redisText() {
    List<String> all = new ArrayList<>();
    try (RedisClient client = RedisClient.create(redis.uri())) {
      var commands = client.connect(io.lettuce.core.codec.StringCodec.ASCII).sync();
      for (String key : commands.keys("*")) {
        all.add(key);
        all.add(
            switch (commands.type(key)) {
              case "hash" -> commands.hgetall(key).toString();
              case "string" -> commands.get(key);
              default -> throw new AssertionError("a key of a type that is not searched: " + key);
            });
      }
    }
    return String.join("\n", all);
  }
}
