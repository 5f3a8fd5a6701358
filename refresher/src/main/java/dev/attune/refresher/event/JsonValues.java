package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueObject;
import java.util.Map;
import java.util.TreeMap;

/** JSON as the contract's values. */
final class JsonValues {
  private JsonValues() {}

  /**
   * Whole numbers within 64 bits are integers, other numbers are doubles; an object's keys are
   * sorted.
   */
  static Value of(JsonNode node) {
    Value.Builder value = Value.newBuilder();
    return switch (node.getNodeType()) {
      case BOOLEAN -> value.setBoolean(node.booleanValue()).build();
      case NUMBER ->
          node.isIntegralNumber() && node.canConvertToLong()
              ? value.setInteger(node.longValue()).build()
              : number(node.doubleValue());
      case STRING -> value.setText(node.textValue()).build();
      case ARRAY -> {
        ValueList.Builder list = ValueList.newBuilder();
        node.forEach(item -> list.addValues(of(item)));
        yield value.setList(list).build();
      }
      case OBJECT -> value.setObject(object(node)).build();
      case NULL, MISSING, BINARY, POJO -> value.setNullValue(true).build();
    };
  }

  // A number that no double can hold is said to be null rather than infinite, which JSON cannot say
  // back.
  private static Value number(double number) {
    return Double.isFinite(number)
        ? Value.newBuilder().setNumber(number).build()
        : Value.newBuilder().setNullValue(true).build();
  }

  private static ValueObject object(JsonNode node) {
    Map<String, Value> sorted = new TreeMap<>();
    node.properties().forEach(entry -> sorted.put(entry.getKey(), of(entry.getValue())));
    ValueObject.Builder object = ValueObject.newBuilder();
    sorted.forEach(
        (key, item) -> object.addEntries(ValueEntry.newBuilder().setKey(key).setValue(item)));
    return object.build();
  }
}
