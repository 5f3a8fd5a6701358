package dev.attune.core.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.Condition;
import dev.attune.proto.v1.Definition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Audiences that a model computes, beside those of {@code audiences/}. */
class ComputedAudiencesTest {
  private static final String CHURN =
      """
      name: churn-risk
      kind: audience
      source: {files: churn.csv, format: csv}
      key: {namespace: user_id, column: id}
      consent: marketing
      """;

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(7)
        .setPath(kind + "s/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  private static Definitions parse(Definition... more) {
    List<Definition> all = new ArrayList<>(List.of(more));
    all.add(definition("model", "churn-risk", CHURN));
    return Definitions.parse(all);
  }

  @Test
  void modelOfAnAudience_isAnAudience_forWebhooksAndViewsToo() {
    Definitions definitions =
        parse(
            definition(
                "webhook",
                "crm",
                """
                name: crm
                url: https://crm.example.com/hooks
                secret: {env: CRM_SECRET}
                on: {transitions: {audiences: [churn-risk]}}
                """),
            definition(
                "view", "page", "name: page\nversion: 1\ntraits: []\naudiences: [churn-risk]\n"));

    var audience = AudienceSet.compile(definitions).audience("churn-risk").orElseThrow();
    assertThat(audience.definition().when()).isEqualTo(new Condition.InWarehouse("churn-risk"));
    assertThat(audience.definition().consent()).isEqualTo("marketing");
    assertThat(audience.version()).isEqualTo(7);
    assertThat(definitions.webhooks()).containsKey("crm");
    assertThat(definitions.views()).containsKey("page");
  }

  @Test
  void nameOfTwoAudiences_isRefused() {
    assertThatThrownBy(
            () ->
                parse(
                    definition(
                        "audience",
                        "churn-risk",
                        "name: churn-risk\nwhen: {event: Quit, within: 30d}\n")))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(
            "models/churn-risk.yaml:1:7: there is an audience \"churn-risk\" in audiences/ already");
  }
}
