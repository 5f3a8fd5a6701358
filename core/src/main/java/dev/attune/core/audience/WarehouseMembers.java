package dev.attune.core.audience;

import dev.attune.core.profile.HiddenFacts;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Value;
import java.util.Map;

/**
 * What warehouse tables say of who belongs to an audience, among the traits that the evaluator
 * remembers of a profile: a timestamp, since when, or true.
 */
public final class WarehouseMembers {
  private static final String PREFIX = HiddenFacts.MEMBER + "/";

  private WarehouseMembers() {}

  static String trait(String model) {
    return PREFIX + model;
  }

  static boolean isOne(String trait) {
    return trait.startsWith(PREFIX);
  }

  /**
   * Adds them to the traits of a record.
   *
   * @param traits as served, by name. One that is called like a membership is taken out: an event
   *     may have said it
   */
  public static void add(Facts facts, Map<String, Value> traits) {
    traits.keySet().removeIf(WarehouseMembers::isOne);
    HiddenFacts.memberSince(facts)
        .forEach(
            (model, since) ->
                traits.put(
                    trait(model),
                    since == 0
                        ? Value.newBuilder().setBoolean(true).build()
                        : Value.newBuilder().setTimestampMicros(since).build()));
  }
}
