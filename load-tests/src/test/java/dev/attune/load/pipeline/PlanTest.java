package dev.attune.load.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
  private final Plan plan = new Plan(500, 10, 60);

  @Test
  void events_areSpreadOverKindsAndPeople() {
    assertThat(plan.events()).isEqualTo(35_000);
    assertThat(of(Plan.Kind.IDENTIFY)).hasSize(28_000);
    assertThat(of(Plan.Kind.JOIN)).hasSize(3_500);
    assertThat(of(Plan.Kind.ORDER)).hasSize(3_500);
    Set<String> people = new HashSet<>();
    for (int i : of(Plan.Kind.IDENTIFY)) {
      people.add(plan.userId(i));
    }
    assertThat(people).hasSize(1_999);
    // Two of one person too close to each other would overtake themselves in two connections.
    List<Integer> ofOne =
        of(Plan.Kind.IDENTIFY).stream().filter(i -> plan.userId(i).equals("person-7")).toList();
    for (int k = 1; k < ofOne.size(); k++) {
      assertThat(plan.dueNanos(ofOne.get(k)) - plan.dueNanos(ofOne.get(k - 1)))
          .isGreaterThan(4_000_000_000L);
    }
  }

  @Test
  void strangers_comeOnce() {
    assertThat(of(Plan.Kind.JOIN).stream().map(plan::userId).distinct()).hasSize(3_500);
  }

  @Test
  void watched_isASampleOfWhatLookupsShow() {
    List<Integer> watched = IntStream.range(0, 35_000).filter(plan::isWatched).boxed().toList();
    assertThat(watched).noneMatch(i -> plan.kind(i) == Plan.Kind.ORDER);
    assertThat(watched).filteredOn(i -> plan.kind(i) == Plan.Kind.IDENTIFY).hasSize(1_400);
    assertThat(watched).filteredOn(i -> plan.kind(i) == Plan.Kind.JOIN).hasSize(875);
  }

  @Test
  void watched_areNoMoreASecond_atTenTimesTheRate() {
    var fast = new Plan(5_000, 10, 60);
    assertThat(IntStream.range(0, fast.events()).filter(fast::isWatched)).hasSize(1_400 + 875);
  }

  @Test
  void browsing_isMostlyViews_ofManyPeople() throws Exception {
    var browsing = new Plan(5_000, 1, 10, Mix.BROWSING);
    List<Integer> identifies =
        IntStream.range(0, browsing.events())
            .filter(i -> browsing.kind(i) == Plan.Kind.IDENTIFY)
            .boxed()
            .toList();
    assertThat(identifies).hasSize(11_000);
    assertThat(identifies.stream().filter(browsing::isWatched)).hasSize(220);
    assertThat(browsing.userId(19_998)).isEqualTo("u-0000000001");
    assertThat(browsing.json(1, Instant.EPOCH)).hasSizeBetween(1_000, 1_300);
    assertThat(JsonMapper.builder().build().readTree(browsing.json(1, Instant.EPOCH)).path("type"))
        .hasToString("\"track\"");
  }

  @Test
  void batchJson_isTheEventsInOrder_eachWithItsType() throws Exception {
    JsonNode batch =
        JsonMapper.builder().build().readTree(plan.batchJson(5, 3, Instant.EPOCH)).path("batch");
    assertThat(batch.findValuesAsText("messageId"))
        .containsExactly("bench-5", "bench-6", "bench-7");
    assertThat(batch.findValuesAsText("type")).containsExactly("identify", "identify", "track");
  }

  @Test
  void json_isAnEventThatIsKnownAgainByItsId() throws Exception {
    for (int i : new int[] {0, 3, 7, 34_999}) {
      JsonNode event =
          JsonMapper.builder()
              .build()
              .readTree(plan.json(i, Instant.parse("2026-01-02T03:04:05Z")));
      assertThat(plan.event(event.path("messageId").textValue())).hasValue(i);
      assertThat(event.path("userId").textValue()).isEqualTo(plan.userId(i));
      assertThat(event.path("timestamp").textValue()).isEqualTo("2026-01-02T03:04:05Z");
    }
    assertThat(plan.event("bench-35000")).isEqualTo(OptionalInt.empty());
    assertThat(plan.event("cdnow-0123")).isEqualTo(OptionalInt.empty());
  }

  private List<Integer> of(Plan.Kind kind) {
    return IntStream.range(0, plan.events()).filter(i -> plan.kind(i) == kind).boxed().toList();
  }
}
