package dev.attune.platform.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Definition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DefinitionsPlanTest {
  private static final DefinitionFile CATALOG =
      new DefinitionFile("catalog.yaml", "namespaces:\n  user_id: {unique: true}\n");
  private static final Topics TOPICS = new Topics("attune");
  private static final DefinitionFile OTHER_CATALOG =
      new DefinitionFile("catalog.yaml", "namespaces:\n  email: {max: 3}\n");

  private static Map<String, Definition> stored(DefinitionFile... files) {
    Map<String, Definition> stored = new HashMap<>();
    for (DefinitionFile file : files) {
      Definition definition = file.definition(5);
      stored.put(definition.getKind() + "/" + definition.getId(), definition);
    }
    return stored;
  }

  @Test
  void firstFile_isAdded_andTheSameAgainIsUnchanged() {
    var first = DefinitionsPlan.of(Map.of(), List.of(CATALOG), 7, false, TOPICS);
    assertThat(first.added()).containsExactly("catalog/catalog");
    assertThat(first.write().values()).extracting(Definition::getVersion).containsExactly(7L);

    var again = DefinitionsPlan.of(stored(CATALOG), List.of(CATALOG), 7, false, TOPICS);
    assertThat(again.unchanged()).containsExactly("catalog/catalog");
    assertThat(again.write()).isEmpty();
  }

  @Test
  void otherText_isChanged() {
    var plan = DefinitionsPlan.of(stored(CATALOG), List.of(OTHER_CATALOG), 7, false, TOPICS);
    assertThat(plan.changed()).containsExactly("catalog/catalog");
  }

  @Test
  void storedAndNotGiven_isMissing() {
    var plan = DefinitionsPlan.of(stored(CATALOG), List.of(), 7, false, TOPICS);
    assertThat(plan.missing()).containsExactly("catalog/catalog");
    assertThat(plan.write()).isEmpty();
  }

  @Test
  void audienceThatAnEarlierVersionTook_refusesNoOtherApply_andIsNamedUntilItIsChanged() {
    DefinitionFile former =
        audience("event: A, where: 'properties.l.map(x, x).size() > 1', within: 1d");
    Map<String, Definition> stored = stored(former);

    var other = DefinitionsPlan.of(stored, List.of(CATALOG), 7, false, TOPICS);
    assertThat(other.added()).containsExactly("catalog/catalog");
    assertThat(other.warnings())
        .singleElement()
        .asString()
        .startsWith(
            "stored by an earlier version, in force as it was, and to be changed:"
                + " audiences/a.yaml:2:")
        .contains("map and filter copy");

    assertThatThrownBy(() -> DefinitionsPlan.of(stored, List.of(former), 7, false, TOPICS))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("map and filter copy");
    var mended =
        DefinitionsPlan.of(stored, List.of(audience("event: A, within: 1d")), 7, false, TOPICS);
    assertThat(mended.changed()).containsExactly("audience/a");
    assertThat(mended.warnings()).isEmpty();
  }

  private static DefinitionFile audience(String condition) {
    return new DefinitionFile("audiences/a.yaml", "name: a\nwhen: {" + condition + "}\n");
  }

  private static Definition audience(Map<String, Definition> stored) {
    return Objects.requireNonNull(stored.get("audience/a"));
  }

  private static final long DAY_MICROS = 24 * 3_600_000_000L;

  /** Applies at a time, counted in days. */
  private static DefinitionsPlan apply(
      Map<String, Definition> stored, int day, DefinitionFile... files) {
    var plan = DefinitionsPlan.of(stored, List.of(files), day * DAY_MICROS, false, TOPICS);
    stored.putAll(plan.write());
    return plan;
  }

  @Test
  void audience_carriesWhatItWasTwiceBefore() {
    var first = audience("event: A, within: 1d");
    var second = audience("event: B, within: 1d");
    var third = audience("event: C, within: 1d");
    var fourth = audience("event: D, within: 1d");
    Map<String, Definition> stored = new HashMap<>();
    apply(stored, 1, first);
    assertThat(audience(stored).getBeforeList()).isEmpty();
    apply(stored, 2, second);
    apply(stored, 3, third);
    assertThat(audience(stored).getBeforeList())
        .extracting(Definition::getYaml, Definition::getVersion, Definition::getBeforeCount)
        .containsExactly(
            tuple(second.text(), 2 * DAY_MICROS, 0), tuple(first.text(), DAY_MICROS, 0));
    var plan = apply(stored, 4, fourth);
    assertThat(audience(stored).getBeforeList())
        .extracting(Definition::getYaml)
        .containsExactly(third.text(), second.text());
    assertThat(plan.result().former().audiences().get("a")).hasSize(2);
  }

  @Test
  void whatAnAudienceWas_isDroppedByAnApplyADayLater() {
    var second = audience("event: B, within: 1d");
    Map<String, Definition> stored = new HashMap<>();
    apply(stored, 1, audience("event: A, within: 1d"));
    apply(stored, 2, second);
    assertThat(apply(stored, 3, second).write()).isEmpty();
    var plan = apply(stored, 4, second);
    assertThat(plan.unchanged()).containsExactly("audience/a");
    assertThat(plan.changed()).isEmpty();
    assertThat(plan.result().former().isEmpty()).isTrue();
    assertThat(audience(stored).getBeforeList()).isEmpty();
    assertThat(audience(stored).getVersion()).isEqualTo(2 * DAY_MICROS);
  }

  @Test
  void whatAnAudienceWas_isNotKeptWhereTheRecordWouldGrowTooLarge() {
    var large = audience("event: A, within: 1d} #" + "x".repeat(300_000) + "\n#{");
    Map<String, Definition> stored = new HashMap<>();
    apply(stored, 1, large);
    apply(stored, 2, audience("event: B, within: 1d"));
    assertThat(audience(stored).getBeforeList()).isEmpty();
  }

  // Neither takes what is the other's.
  @Test
  void whatTheApiOwns_isNeitherChangedNorMissing() {
    String yaml =
        "name: crm\nurl: https://crm.example.com\nsecret: {env: A}\non: {transitions: all}\n";
    Map<String, Definition> stored =
        Map.of(
            "webhook/crm",
            Definition.newBuilder()
                .setKind("webhook")
                .setId("crm")
                .setVersion(1)
                .setYaml(yaml)
                .setPath("webhooks/crm (API)")
                .setOwner(Definitions.API)
                .build());
    var plan = DefinitionsPlan.of(stored, List.of(), 2, true, TOPICS);
    assertThat(plan.missing()).isEmpty();
    assertThat(plan.result().webhooks()).containsKey("crm");
    assertThatThrownBy(
            () ->
                DefinitionsPlan.of(
                    stored,
                    List.of(new DefinitionFile("webhooks/mine.yaml", yaml)),
                    2,
                    true,
                    TOPICS))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(
            "webhooks/mine.yaml:1:1: the webhook \"crm\" is the API's (delete it there first, or"
                + " choose another name)");
  }

  @Test
  void strangePlaces_areRefusedByName() {
    for (String path :
        List.of(
            "readme.yaml",
            "audiences/../catalog.yaml",
            "/audiences/a.yaml",
            "audiences/a.yml",
            "models/a/b/c/d/e/f/g.yaml",
            "")) {
      assertThatThrownBy(() -> new DefinitionFile(path, "name: a").definition(1))
          .as(path)
          .isInstanceOf(DefinitionException.class)
          .hasMessageStartingWith(path + ":1:1: ");
    }
  }

  @Test
  void unknownKey_isRefused_withItsPlaceAndTheNearestName() {
    var file = new DefinitionFile("catalog.yaml", "namespaces:\n  user_id: {unqiue: true}\n");
    assertThatThrownBy(() -> DefinitionsPlan.of(Map.of(), List.of(file), 7, false, TOPICS))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("catalog.yaml:2:13: unknown key \"unqiue\"");
  }

  @Test
  void moreFilesThanOneRequestMayHave_areRefused() {
    ObjectNode request = JsonMapper.builder().build().createObjectNode();
    ArrayNode files = request.putArray("files");
    for (int i = 0; i < 10_000; i++) {
      files.addObject().put("path", "audiences/a" + i + ".yaml").put("text", "name: a" + i);
    }
    assertThat(DefinitionFile.list(request)).hasSize(10_000);
    files.addObject().put("path", "audiences/b.yaml").put("text", "name: b");
    assertThatThrownBy(() -> DefinitionFile.list(request))
        .isInstanceOf(HttpProblem.class)
        .hasMessage("files: 10001 of them (allowed: 10000)");
  }

  // Said until it is applied, and not each time that the folder is.
  @Test
  void eventThatIsProbablyMisspelt_isAWarning_whereItIsWritten() {
    var buyers =
        new DefinitionFile(
            "audiences/buyers.yaml", "name: buyers\nwhen: {event: Page Veiwed, within: 1d}\n");
    var plan = DefinitionsPlan.of(stored(CATALOG), List.of(CATALOG, buyers), 7, false, TOPICS);
    assertThat(plan.added()).containsExactly("audience/buyers");
    assertThat(plan.warnings())
        .containsExactly(
            "audiences/buyers.yaml:2:15: no other definition knows the event \"Page Veiwed\"; did you"
                + " mean \"Page Viewed\"?");

    var again =
        DefinitionsPlan.of(stored(CATALOG, buyers), List.of(CATALOG, buyers), 7, false, TOPICS);
    assertThat(again.warnings()).isEmpty();
  }

  private static DefinitionFile stream(String topic) {
    return new DefinitionFile(
        "streams/orders.yaml",
        "name: orders\ntopic: "
            + topic
            + "\nformat: json\ncall: identify\nidentifiers: {user_id: id}\n");
  }

  @Test
  void streamOfAttunesOwnTopic_isRefused_butDoesNotHoldUpOthersOnceItIsStored() {
    assertThatThrownBy(
            () ->
                DefinitionsPlan.of(
                    Map.of(), List.of(CATALOG, stream("attune.events")), 7, false, TOPICS))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(
            "streams/orders.yaml:1:1: the topic \"attune.events\" is one of Attune's own"
                + " (allowed: topics whose names do not begin with \"attune.\")");

    var own = DefinitionsPlan.of(Map.of(), List.of(CATALOG, stream("shop")), 7, false, TOPICS);
    assertThat(own.added()).contains("stream/orders");
    var wider =
        new DefinitionFile(
            "catalog.yaml", "namespaces:\n  user_id: {unique: true}\n  email: {max: 3}\n");
    var later =
        DefinitionsPlan.of(
            stored(CATALOG, stream("attune.events")), List.of(wider), 7, false, TOPICS);
    assertThat(later.changed()).containsExactly("catalog/catalog");
  }
}
