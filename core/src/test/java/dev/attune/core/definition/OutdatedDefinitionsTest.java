package dev.attune.core.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Definitions with expressions that an earlier version took and an apply refuses today. */
class OutdatedDefinitionsTest {
  private static final long NOW = 1_800_000_000_000_000L;
  private static final String CATALOG =
      """
      namespaces:
        user_id: {unique: true}
      traits:
        tags: {type: list}
        plan: {type: string}
      """;
  private static final String TAGGED =
      "name: tagged\nwhen: {trait: 'traits.tags.filter(t, t == \"vip\").size() > 0'}\n";
  private static final String BOUGHT =
      "name: bought\nwhen: {event: Ordered, where: 'properties.items.map(i, i * 2).exists(i, i > 9)',"
          + " within: 30d}\n";
  private static final String PRO = "name: pro\nwhen: {trait: traits.plan == \"pro\"}\n";
  private static final String WEBHOOK =
      """
      name: crm
      url: https://crm.example.com/hooks
      secret: {env: CRM_SECRET}
      on: {events: {names: [Ordered], where: 'properties.items.map(i, i).size() > 1'}}
      """;
  private static final String COMPUTED =
      "name: orders\nevent: Ordered\nwhere: 'properties.items.filter(i, i > 1).size() > 0'\ncount:"
          + " true\nwithin: 30d\n";

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(7)
        .setPath(kind + "s/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  private static List<Definition> stored() {
    return new ArrayList<>(
        List.of(
            definition("catalog", "catalog", CATALOG),
            definition("audience", "tagged", TAGGED),
            definition("audience", "bought", BOUGHT),
            definition("audience", "pro", PRO),
            definition("trait", "orders", COMPUTED),
            definition("webhook", "crm", WEBHOOK)));
  }

  @Test
  void ofStored_takesThemAll_andNamesThoseThatAnApplyWouldRefuse() {
    Definitions taken = Definitions.ofStored(stored());

    assertThat(taken.audiences()).containsOnlyKeys("tagged", "bought", "pro");
    assertThat(taken.outdated())
        .containsOnlyKeys("audience/tagged", "audience/bought", "trait/orders", "webhook/crm");
    assertThat(taken.outdated().get("audience/tagged"))
        .isEqualTo(
            "audiences/tagged.yaml:2:15: at 1:19 of the expression: map and filter copy what they"
                + " have found with each element (allowed: exists, all and exists_one)");
  }

  @Test
  void parse_refusesThem_withTheirPlace() {
    for (Definition each : stored().subList(1, 3)) {
      assertThatThrownBy(
              () -> Definitions.parse(List.of(definition("catalog", "catalog", CATALOG), each)))
          .isInstanceOf(DefinitionException.class)
          .hasMessageStartingWith(each.getPath() + ":2:")
          .hasMessageContaining("map and filter copy");
    }
  }

  @Test
  void outdatedAudiences_decideAsTheyDid() {
    AudienceSet audiences = AudienceSet.compile(Definitions.ofStored(stored()));
    ProfileState state = new ProfileState(audiences);
    state.setTraits(Map.of("tags", list("new", "vip")));
    assertThat(state.add(ordered("e1", 5), NOW).news()).isNotEmpty();

    assertThat(audiences.audience("tagged").orElseThrow().evaluate(state, NOW).member()).isTrue();
    assertThat(audiences.audience("bought").orElseThrow().evaluate(state, NOW).member()).isTrue();
    state.setTraits(Map.of("tags", list("new")));
    assertThat(audiences.audience("tagged").orElseThrow().evaluate(state, NOW).member()).isFalse();
    // Of more elements than an earlier version went through nothing held.
    state.setTraits(Map.of("tags", list(Collections.nCopies(1_001, "vip").toArray(String[]::new))));
    assertThat(audiences.audience("tagged").orElseThrow().evaluate(state, NOW).member()).isFalse();
  }

  private static Event ordered(String id, long item) {
    Event.Builder event =
        Event.newBuilder()
            .setEventId(id)
            .setType("track")
            .setName("Ordered")
            .setOccurredAtMicros(NOW - 1_000_000)
            .setReceivedAtMicros(NOW - 1_000_000);
    event
        .getPropertiesBuilder()
        .getObjectBuilder()
        .addEntriesBuilder()
        .setKey("items")
        .getValueBuilder()
        .getListBuilder()
        .addValuesBuilder()
        .setInteger(item);
    return event.build();
  }

  private static Value list(String... texts) {
    Value.Builder list = Value.newBuilder();
    for (String text : texts) {
      list.getListBuilder().addValuesBuilder().setText(text);
    }
    return list.build();
  }
}
