package dev.attune.platform.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Definition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
