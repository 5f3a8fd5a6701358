package dev.attune.dispatcher.render;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import dev.attune.dispatcher.delivery.ToldStates;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Value;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a webhook is told of a person.
 *
 * @param mergedInto the profile that this one was merged into; empty when it was not
 * @param traits all that the webhook wants, by name; null values of those that there are not
 */
record ProfileState(String mergedInto, SortedMap<String, Value> traits) {
  private static final Value NULL = Value.newBuilder().setNullValue(true).build();

  static ProfileState of(String mergedInto, Set<String> wanted, Map<String, Value> known) {
    SortedMap<String, Value> traits = new TreeMap<>();
    for (String name : wanted) {
      traits.put(name, known.getOrDefault(name, NULL));
    }
    return new ProfileState(mergedInto, traits);
  }

  boolean isNothing() {
    return mergedInto.isEmpty() && traits.values().stream().allMatch(Value::hasNullValue);
  }

  /** The same of what a subscriber cannot tell apart. */
  ByteString digest() {
    if (isNothing()) {
      return ToldStates.NOTHING;
    }
    byte[] shown =
        Json.write(
            json -> {
              json.writeStartObject();
              write(json);
              json.writeEndObject();
            });
    return ByteString.copyFrom(WebhookId.sha256().digest(shown));
  }

  /** Writes its fields. */
  void write(JsonGenerator json) throws IOException {
    if (!mergedInto.isEmpty()) {
      json.writeStringField("merged_into", mergedInto);
    }
    json.writeObjectFieldStart("traits");
    for (Map.Entry<String, Value> trait : traits.entrySet()) {
      json.writeFieldName(trait.getKey());
      Payload.value(json, trait.getValue());
    }
    json.writeEndObject();
  }
}
