package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Yaml;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closures beside CEL's own program, and the index beside asking every expression. */
final class ClosuresTest {
  private static final int EXPRESSIONS = 3_000;
  private static final int EVENTS = 20;

  /** More of one name than an index is likely to get right by chance. */
  private static final int INDEXED = 40;

  private static final List<String> PLACES =
      List.of("properties.a", "properties.b", "properties.o.x", "properties[\"c d\"]");

  /** Not the negative zero, which CEL takes for less than zero: no value is one. */
  private static final List<String> CONSTANTS =
      List.of(
          "0",
          "9007199254740993",
          "9007199254740992.0",
          "1",
          "2",
          "1.0",
          "2.5",
          "-1",
          "0.0",
          "\"x\"",
          "\"xy\"",
          "\"\"",
          "true",
          "false");

  private static final List<String> ORDERS = List.of("<", "<=", ">", ">=", "==", "!=");

  @Test
  void closures_answerAsCelDoes() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    int held = 0;
    for (int i = 0; i < EXPRESSIONS; i++) {
      Random random = new Random(seed + i);
      PropertyExpression expression = compiled(expression(random, 3));
      assertThat(expression.isClosure()).as(expression.text()).isTrue();
      for (int j = 0; j < EVENTS; j++) {
        Map<String, Object> properties = TraitValues.fields(properties(random));
        boolean expected = expression.runs(properties);
        assertThat(expression.test(properties))
            .as("%s of %s, -Dattune.seed=%d", expression.text(), properties, seed + i)
            .isEqualTo(expected);
        held += expected ? 1 : 0;
      }
    }
    assertThat(held).isBetween(EXPRESSIONS * EVENTS / 10, EXPRESSIONS * EVENTS * 9 / 10);
  }

  @Test
  void index_findsAllThatFit() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    int asked = 0;
    int fitting = 0;
    int of = 0;
    for (int i = 0; i < EXPRESSIONS / INDEXED; i++) {
      Random random = new Random(seed + i);
      Set<PropertyExpression> expressions = new HashSet<>();
      for (int j = 0; j < INDEXED; j++) {
        expressions.add(compiled(expression(random, 2)));
      }
      List<Matcher> matchers =
          expressions.stream()
              .map(
                  where ->
                      Matcher.of(
                          new EventMatch("E", Optional.of(where)),
                          1,
                          new Condition.Window.Within(Condition.WITHIN_MIN)))
              .toList();
      var index = new EventIndex(matchers);
      for (int j = 0; j < EVENTS; j++) {
        Map<String, Object> properties = TraitValues.fields(properties(random));
        List<Matcher> found = new ArrayList<>();
        index.forEach(properties, found::add);
        List<Matcher> fit = matchers.stream().filter(m -> m.match().fits(properties)).toList();
        assertThat(found)
            .as("of %s, -Dattune.seed=%d", properties, seed + i)
            .containsExactlyInAnyOrderElementsOf(fit);
        List<EventIndex.Entry> met = new ArrayList<>();
        index.forEachMet(properties, met::add);
        asked += met.size();
        fitting += fit.size();
        of += matchers.size();
      }
    }
    assertThat(fitting).isPositive();
    assertThat(asked).as("asked, of %d", of).isLessThan(of * 3 / 4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "properties.a < \"b\"",
        "properties.a == properties.b",
        "size(properties.a) > 1",
        "properties.a.matches(\"^x\")",
        "properties.a + 1 == 2",
        "properties.l.exists(e, e == 1)",
        "properties.a == null",
        "\"x\" in properties.l",
      })
  void whatClosuresDoNotKnow_isCels(String text) {
    assertThat(compiled(text).isClosure()).isFalse();
  }

  private static PropertyExpression compiled(String text) {
    return PropertyLanguage.compile(Yaml.parse("e", "'" + text.replace("'", "''") + "'"));
  }

  private static String expression(Random random, int depth) {
    int kind = depth == 0 ? random.nextInt(6) : random.nextInt(10);
    String place = any(random, PLACES);
    return switch (kind) {
      case 0, 1 -> {
        String order = any(random, ORDERS);
        String constant = any(random, CONSTANTS);
        // Texts and booleans are not ordered by closures.
        boolean number = !constant.startsWith("\"") && !constant.endsWith("e");
        String compared = number ? order : random.nextBoolean() ? "==" : "!=";
        yield random.nextInt(4) == 0
            ? constant + " " + compared + " " + place
            : place + " " + compared + " " + constant;
      }
      case 2 -> place + " in [" + any(random, CONSTANTS) + ", " + any(random, CONSTANTS) + "]";
      case 3 ->
          place
              + any(random, List.of(".startsWith", ".endsWith", ".contains"))
              + "("
              + any(random, List.of("\"x\"", "\"\"", "\"y\""))
              + ")";
      case 4 ->
          any(random, List.of("has(properties.a)", "has(properties.o.x)", "has(properties.o)"));
      case 5 -> random.nextInt(3) == 0 ? any(random, List.of("true", "false")) : place;
      case 6, 7 ->
          "(" + expression(random, depth - 1) + " && " + expression(random, depth - 1) + ")";
      case 8 -> "(" + expression(random, depth - 1) + " || " + expression(random, depth - 1) + ")";
      default -> "!(" + expression(random, depth - 1) + ")";
    };
  }

  private static <T> T any(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static Value properties(Random random) {
    ValueObject.Builder object = ValueObject.newBuilder();
    for (String name : List.of("a", "b", "c d")) {
      put(random, object, name);
    }
    if (random.nextInt(4) == 0) {
      put(random, object, "o");
    } else {
      ValueObject.Builder inner = ValueObject.newBuilder();
      put(random, inner, "x");
      object.addEntries(
          ValueEntry.newBuilder().setKey("o").setValue(Value.newBuilder().setObject(inner)));
    }
    return Value.newBuilder().setObject(object).build();
  }

  private static void put(Random random, ValueObject.Builder object, String name) {
    Value.Builder value = Value.newBuilder();
    switch (random.nextInt(9)) {
      case 0 -> value.setInteger(random.nextInt(-1, 4));
      case 1 -> value.setNumber(random.nextInt(-2, 6) / 2.0);
      case 2 -> value.setText(any(random, List.of("x", "xy", "", "1")));
      case 3 -> value.setBoolean(random.nextBoolean());
      case 4 -> value.setNullValue(true);
      case 5 -> value.setNumber(-0.0);
      case 6 ->
          value.setInteger(
              any(
                  random,
                  List.of(Long.MAX_VALUE, Long.MIN_VALUE, 9_007_199_254_740_993L, 1L << 53)));
      case 7 -> value.setList(ValueList.newBuilder().addValues(Value.newBuilder().setInteger(1)));
      default -> {
        return;
      }
    }
    object.addEntries(ValueEntry.newBuilder().setKey(name).setValue(value));
  }
}
