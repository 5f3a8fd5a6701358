package dev.attune.core.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.view.ViewDefinition.ViewTrait;
import dev.attune.proto.v1.Definition;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ViewDefinitionTest {
  private static final String CATALOG =
      """
      namespaces: {user_id: {unique: true}}
      traits: {plan: {type: string}, first_name: {type: string}}
      """;
  private static final String AUDIENCE =
      """
      name: vip
      when: {trait: traits.plan == "pro"}
      """;

  private static ViewDefinition parse(String yaml) {
    return Definitions.parse(
            List.of(
                definition("catalog", "catalog", CATALOG),
                definition("audience", "vip", AUDIENCE),
                definition("view", "banner", yaml)))
        .views()
        .values()
        .iterator()
        .next();
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setPath(kind + "s/" + id + ".yaml")
        .setYaml(yaml)
        .setVersion(3)
        .build();
  }

  private static void refused(String yaml, String says) {
    assertThatThrownBy(() -> parse("name: banner\nversion: 1\n" + yaml))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("views/banner.yaml:3:")
        .hasMessageContaining(says);
  }

  @Test
  void everyKey_isRead() {
    ViewDefinition view =
        parse(
            """
            name: banner
            version: 2
            description: For the page
            traits: [first_name, {name: plan, max_age: 1d}]
            audiences: [vip]
            identifiers: true
            max_age: 2s
            """);
    assertThat(view.version()).isEqualTo(2);
    assertThat(view.description()).isEqualTo("For the page");
    assertThat(view.traits())
        .containsExactly(
            new ViewTrait("first_name", ViewDefinition.ANY_AGE),
            new ViewTrait("plan", Duration.ofDays(1)));
    assertThat(view.allAudiences()).isFalse();
    assertThat(view.audiences()).containsExactly("vip");
    assertThat(view.identifiers()).isTrue();
    assertThat(view.maxAge()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void whatIsLeftOut_isNotSeen() {
    ViewDefinition view = parse("name: banner\nversion: 1\n");
    assertThat(view.traits()).isEmpty();
    assertThat(view.allAudiences()).isFalse();
    assertThat(view.audiences()).isEmpty();
    assertThat(view.identifiers()).isFalse();
    assertThat(view.maxAge()).isEqualTo(ViewDefinition.ANY_AGE);
    assertThat(parse("name: banner\nversion: 1\naudiences: all").allAudiences()).isTrue();
    assertThat(parse("name: banner\nversion: 1\naudiences: none").allAudiences()).isFalse();
  }

  @Test
  void unknownNames_areRefused_withTheNearest() {
    refused("traits: [first_nmae]", "no trait \"first_nmae\"; did you mean \"first_name\"?");
    refused("traits: [{name: plam}]", "no trait \"plam\"; did you mean \"plan\"?");
    refused("audiences: [vipp]", "no audience \"vipp\"; did you mean \"vip\"?");
    refused("audiences: everything", "\"everything\" is not allowed");
    refused("trait: [plan]", "unknown key \"trait\"; did you mean \"traits\"?");
    refused("traits: [plan, plan]", "stands twice");
    refused("max_age: soon", "is not a duration");
    assertThatThrownBy(() -> parse("name: banner\nversion: 0"))
        .hasMessageContaining("not a whole number from 1 to 1000000");
    assertThatThrownBy(() -> parse("name: banner")).hasMessageContaining("\"version\" is missing");
  }
}
