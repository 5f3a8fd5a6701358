package dev.attune.refresher.lease;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A record of a {@link LeaseLog}, which says all there is to say: it needs none before it.
 *
 * @param epoch the number of the record with which its holder took the lease
 * @param held whether the holder goes on; else the lease is free
 * @param since when the holder took it, by the holder's clock; for people
 * @param state what the model's state is: names to values
 */
record LeaseRecord(
    long epoch, boolean held, Holder holder, Instant since, Map<String, String> state) {
  LeaseRecord {
    state = Map.copyOf(state);
  }

  byte[] toBytes() {
    return Json.write(
        json -> {
          json.writeStartObject();
          json.writeNumberField("epoch", epoch);
          json.writeBooleanField("held", held);
          json.writeStringField("host", holder.host());
          json.writeNumberField("pid", holder.pid());
          json.writeStringField("machine", holder.machine());
          json.writeStringField("started", holder.started());
          json.writeStringField("id", holder.id());
          json.writeStringField("since", since.toString());
          json.writeObjectFieldStart("state");
          for (var entry : new TreeMap<>(state).entrySet()) {
            json.writeStringField(entry.getKey(), entry.getValue());
          }
          json.writeEndObject();
          json.writeEndObject();
        });
  }

  /** Empty when it is not whole. */
  static Optional<LeaseRecord> read(byte[] bytes) {
    try {
      JsonNode json = Json.parse(bytes);
      Map<String, String> state = new TreeMap<>();
      json.path("state").properties().forEach(e -> state.put(e.getKey(), e.getValue().asText()));
      return json.path("epoch").isIntegralNumber()
          ? Optional.of(
              new LeaseRecord(
                  json.path("epoch").asLong(),
                  json.path("held").asBoolean(),
                  new Holder(
                      json.path("host").asText(),
                      json.path("pid").asLong(),
                      json.path("machine").asText(),
                      json.path("started").asText(),
                      json.path("id").asText()),
                  Instant.parse(json.path("since").asText()),
                  state))
          : Optional.empty();
    } catch (InvalidJsonException | DateTimeException e) {
      return Optional.empty();
    }
  }
}
