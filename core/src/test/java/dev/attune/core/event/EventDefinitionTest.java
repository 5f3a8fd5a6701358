package dev.attune.core.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Yaml;
import dev.attune.core.event.EventDefinition.Enforcement;
import dev.attune.proto.v1.Definition;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventDefinitionTest {
  private static final String ORDER =
      """
      name: order-completed
      event: Order Completed
      schema:
        type: object
        required: [total, currency]
        properties:
          total: {type: number, minimum: 0}
          currency: {enum: [EUR, CHF]}
          coupon: {type: string, pattern: "^[A-Z]{3,}$"}
          products:
            type: array
            items:
              type: object
              required: [sku]
              properties: {sku: {type: string, maxLength: 5}}
        additionalProperties: {type: [string, number, array]}
      """;

  private static EventDefinition parse(String yaml) {
    return EventDefinition.parse(Yaml.parse("events/order.yaml", yaml));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'total':-1,'currency':'EUR'}|properties.total: minimum (expected: 0)",
        "{'total':'sec','currency':'EUR'}|properties.total: type (expected: \"number\")",
        "{'total':1,'currency':'sec'}|properties.currency: enum (expected: [\"EUR\",\"CHF\"])",
        "{'total':1}|properties: required currency (expected: [\"total\",\"currency\"])",
        "{'total':1,'currency':'EUR','coupon':'sec'}"
            + "|properties.coupon: pattern (expected: \"^[A-Z]{3,}$\")",
        "{'total':1,'currency':'EUR','products':[{'sku':'A'},{'sku':'seccccc'}]}"
            + "|properties.products[1].sku: maxLength (expected: 5)",
        "{'total':1,'currency':'EUR','sec':true}"
            + "|properties.*: type (expected: [\"string\",\"number\",\"array\"])",
      })
  void check_whatDoesNotFit_isSaidWithPlaceAndExpectationAndWithoutTheValue(
      String properties, String said) {
    List<String> wrong = parse(ORDER).schema().check(properties.replace('\'', '"'));
    assertThat(wrong).containsExactly(said);
    assertThat(wrong.toString()).doesNotContain("sec");
  }

  @Test
  void check_whatFits_isFine_andManyFaultsAreBounded() {
    EventSchema schema = parse(ORDER).schema();
    assertThat(schema.check("{\"total\":9.5,\"currency\":\"EUR\",\"x\":\"y\"}")).isEmpty();
    assertThat(schema.check("{\"a\":true,\"b\":true,\"products\":[1,2,3,4,5,6,7,8]}"))
        .hasSizeBetween(1, 5);
  }

  @Test
  void enforcement_isDeadLetterUnlessSaid() {
    assertThat(parse(ORDER).enforcement()).isEqualTo(Enforcement.DEAD_LETTER);
    assertThat(parse(ORDER + "enforcement: reject\n").enforcement()).isEqualTo(Enforcement.REJECT);
    assertThat(parse(ORDER + "enforcement: warn\n").enforcement()).isEqualTo(Enforcement.WARN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "name: a\\nevent: E\\nschema: {type: nonsense}|events/order.yaml:3:9: this is no JSON Schema",
        "name: a\\nevent: E\\nschema: {minimum: low}|events/order.yaml:3:9: this is no JSON Schema",
        "name: a\\nevent: ' '\\nschema: {}|events/order.yaml:2:8: the name of an event has 1 to 200",
        "name: a\\nevent: E\\nschema: {$ref: 'http://127.0.0.1:1/x.json'}|events/order.yaml:3:9: ",
        "name: a\\nevent: E\\nschema: {$ref: 'file:///etc/hosts'}|events/order.yaml:3:9: ",
        "name: a\\nevent: E\\nschema: {}\\nenforcement: rejct|did you mean \"reject\"?",
        "name: a\\nevent: E|the key \"schema\" is missing",
      })
  void definitionThatIsWrong_isRefusedWithItsPlace(String yaml, String message) {
    assertThatThrownBy(() -> parse(yaml.replace("\\n", "\n")))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining(message);
  }

  @Test
  void definitions_ofOneEvent_areOne() {
    Definition first = definition("a");
    assertThat(Definitions.parse(List.of(first)).events()).containsOnlyKeys("Order Completed");
    assertThatThrownBy(() -> Definitions.parse(List.of(first, definition("b"))))
        .isInstanceOf(DefinitionException.class)
        .hasMessage("the events \"Order Completed\" are defined twice, by a and b");
  }

  private static Definition definition(String name) {
    return Definition.newBuilder()
        .setKind("event")
        .setId(name)
        .setPath("events/" + name + ".yaml")
        .setYaml(ORDER.replace("name: order-completed", "name: " + name))
        .build();
  }
}
