package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.EventHistory;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events of the past are told again when an audience needs them, and only then. */
class BackfillIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int PEOPLE = 40;
  private static final String BUYERS =
      "name: buyers\nwhen: {event: Order Completed, where: properties.total >= 10, count: \">= %d\","
          + " within: 30d}\n";

  @TempDir private Path directory;
  private RunningRefresher refresher;

  @BeforeEach
  void start() {
    refresher = new RunningRefresher(RedisBackend.shared(), directory);
  }

  @AfterEach
  void stop() {
    refresher.close();
  }

  private static Definitions definitions(long version, String audience) {
    return Definitions.parse(
        List.of(
            Definition.newBuilder()
                .setKind("audience")
                .setId("buyers")
                .setVersion(version)
                .setYaml(audience)
                .setPath("audiences/buyers.yaml")
                .build()));
  }

  private void track(String who, String event, String id, int total) throws Exception {
    assertThat(
            refresher
                .post(
                    "/v1/track",
                    "{%s, 'event': '%s', 'messageId': '%s', 'properties': {'total': %d}}"
                        .formatted(who, event, id, total))
                .statusCode())
        .isEqualTo(200);
  }

  private void awaitBackfill() {
    Await.until(
        SOON, "no backfill is done", () -> "done".equals(refresher.status().get("backfill")));
  }

  // Until the file says so it may be told again.
  private void awaitKept(long version) {
    Await.until(
        SOON,
        "version " + version + " is not kept",
        () -> {
          try {
            return Files.readString(directory.resolve("history.json"))
                .contains("\"version\":" + version);
          } catch (IOException e) {
            return false;
          }
        });
  }

  /** What a partition of the changes says, in order. */
  private record Word(boolean begun, boolean filled, List<Event> again, String profileId) {}

  private static ProfileChange parse(byte[] value) {
    try {
      return ProfileChange.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("no change", e);
    }
  }

  private Map<Integer, List<Word>> words() {
    Map<Integer, List<Word>> words = new TreeMap<>();
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(refresher.kafka, "words")) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(refresher.kafka.topics().profileChanges()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          ProfileChange change = parse(record.value());
          List<Event> again =
              change.getChanged().getCausesList().stream()
                  .map(Cause::getEvent)
                  .filter(Event::getReplayed)
                  .toList();
          if (change.hasHistory() || !again.isEmpty()) {
            EventHistory history = change.getHistory();
            words
                .computeIfAbsent(record.partition(), _ -> new ArrayList<>())
                .add(
                    new Word(
                        change.hasHistory() && !history.getFilled(),
                        history.getFilled(),
                        again,
                        change.getChanged().getRecord().getProfileId()));
          }
        }
      }
    }
    return words;
  }

  @Test
  void newAudience_isToldTheEventsThatItCounts_betweenTwoWordsInEveryPartition() throws Exception {
    Set<String> wanted = new TreeSet<>();
    for (int i = 0; i < PEOPLE; i++) {
      track("'anonymousId': 'a" + i + "'", "Order Completed", "o" + i, 10 + i);
      track("'anonymousId': 'a" + i + "'", "Order Completed", "small" + i, 9);
      track("'anonymousId': 'a" + i + "'", "Page Viewed", "p" + i, 100);
      wanted.add("o" + i);
    }
    refresher.post("/v1/identify", "{'anonymousId': 'a0', 'userId': 'ada'}");
    Await.until(SOON, "ada has no profile", () -> refresher.profile("user_id", "ada").isPresent());
    refresher.define(definitions(1, BUYERS.formatted(2)));
    awaitBackfill();

    Map<Integer, List<Word>> words = words();
    assertThat(words).hasSize(refresher.kafka.partitions());
    Set<String> told = new TreeSet<>();
    words
        .values()
        .forEach(
            each -> {
              assertThat(each.getFirst().begun()).isTrue();
              assertThat(each.getLast().filled()).isTrue();
              each.subList(1, each.size() - 1)
                  .forEach(
                      word -> {
                        assertThat(word.again()).isNotEmpty();
                        word.again().forEach(event -> told.add(event.getEventId()));
                      });
            });
    assertThat(told).isEqualTo(wanted);
    String ada = refresher.profile("user_id", "ada").orElseThrow().getProfileId();
    assertThat(
            words.values().stream()
                .flatMap(List::stream)
                .filter(word -> word.again().stream().anyMatch(e -> e.getEventId().equals("o0")))
                .map(Word::profileId))
        .containsOnly(ada);
  }

  @Test
  void audience_thatNeedsNoMore_isToldNothing_alsoAfterARestart() throws Exception {
    track("'userId': 'bob'", "Order Completed", "o1", 50);
    refresher.define(definitions(1, BUYERS.formatted(2)));
    awaitBackfill();
    Map<Integer, List<Word>> first = words();
    refresher.define(definitions(2, BUYERS.formatted(1)));
    awaitKept(2);
    refresher.restart();
    refresher.define(definitions(3, BUYERS.formatted(1) + "description: whoever bought\n"));
    refresher.define(definitions(4, BUYERS.formatted(3)));
    awaitBackfill();
    Map<Integer, List<Word>> then = words();
    // Once for the three that are asked for by now, and not for what was in between.
    then.forEach(
        (partition, each) ->
            assertThat(each.stream().filter(Word::begun).count())
                .as("partition %d", partition)
                .isEqualTo(2));
    assertThat(first.values().stream().flatMap(List::stream).filter(Word::begun).count())
        .isEqualTo(refresher.kafka.partitions());
  }

  @Test
  void audience_thatNeededLessMeanwhile_isToldAllAgain() throws Exception {
    track("'userId': 'eve'", "Order Completed", "o1", 50);
    refresher.define(definitions(1, BUYERS.formatted(5)));
    awaitBackfill();
    awaitKept(1);
    assertBegun(1);
    // Whoever remembers may have forgotten by the first of these, whenever it was read.
    refresher.define(definitions(2, BUYERS.formatted(3)));
    refresher.define(definitions(3, BUYERS.formatted(5)));
    awaitKept(3);
    assertBegun(2);
  }

  @Test
  void wishForAll_tellsAllAgain() throws Exception {
    track("'userId': 'eve'", "Order Completed", "o1", 50);
    refresher.define(definitions(1, BUYERS.formatted(2)));
    awaitBackfill();
    awaitKept(1);
    assertThat(refresher.operate("POST", "/v1/audiences:backfill", "{}").statusCode())
        .isEqualTo(202);
    Await.until(
        SOON,
        "it is not told again",
        () -> words().values().stream().allMatch(each -> filled(each) == 2));
    assertBegun(2);
  }

  private static long filled(List<Word> words) {
    return words.stream().filter(Word::filled).count();
  }

  private void assertBegun(int times) {
    Map<Integer, List<Word>> words = words();
    assertThat(words).hasSize(refresher.kafka.partitions());
    words.forEach(
        (partition, each) ->
            assertThat(each.stream().filter(Word::begun).count())
                .as("partition %d", partition)
                .isEqualTo(times));
  }

  @Test
  void eventThatCannotBeWritten_isPassedOver() throws Exception {
    String filling = "x".repeat(30_000);
    for (int i = 0; i < 12; i++) {
      // Beyond what a profile may hold.
      track(
          "'context': {'traits': {'t%d': '%s'}}, 'userId': 'big'".formatted(i, filling),
          "Order Completed",
          "big" + i,
          50);
    }
    track("'userId': 'small'", "Order Completed", "o2", 50);
    Await.until(SOON, "nothing was refused", () -> !refresher.deadLetters.isEmpty());
    refresher.define(definitions(1, BUYERS.formatted(2)));
    awaitBackfill();
    Set<String> told = new TreeSet<>();
    words().values().stream()
        .flatMap(List::stream)
        .forEach(word -> word.again().forEach(event -> told.add(event.getEventId())));
    assertThat(told).contains("o2", "big0").doesNotContain("big11");
  }

  @Test
  void audience_thatWasChangedWhileNobodyLooked_isToldAllAgain() throws Exception {
    track("'userId': 'eve'", "Order Completed", "o1", 50);
    refresher.define(definitions(1, BUYERS.formatted(2)));
    awaitBackfill();
    // Taken away, and back again, while the refresher was away: whoever remembers has forgotten.
    refresher.restart(() -> refresher.define(definitions(3, BUYERS.formatted(2))));
    awaitBackfill();
    words()
        .values()
        .forEach(each -> assertThat(each.stream().filter(Word::begun).count()).isEqualTo(2));
  }
}
