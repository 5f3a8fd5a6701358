package dev.attune.load.gatling;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;

/** {@code {"results": [{"status": "ok", "profile": {...}}, ...]}}, entry by entry. */
final class BatchReply {
  private static final JsonFactory JSON = new JsonFactory();

  private BatchReply() {}

  /**
   * What is wrong with a reply about these, in their order; empty when nothing is. An entry without
   * a profile is not wrong.
   */
  static Optional<String> fault(People people, int[] asked, byte[] reply) {
    try (JsonParser json = JSON.createParser(reply)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME && !"results".equals(json.currentName())) {
        json.nextToken();
        json.skipChildren();
      }
      json.nextToken();
      int entry = 0;
      while (json.nextToken() == JsonToken.START_OBJECT) {
        if (entry == asked.length) {
          return Optional.of("it has more entries than were asked for");
        }
        Optional<String> fault = ofEntry(json, people, asked[entry++], reply);
        if (fault.isPresent()) {
          return fault;
        }
      }
      return entry == asked.length
          ? Optional.empty()
          : Optional.of("it has fewer entries than were asked for");
    } catch (IOException e) {
      return Optional.of("it is no JSON");
    }
  }

  private static Optional<String> ofEntry(JsonParser json, People people, int asked, byte[] reply)
      throws IOException {
    Optional<String> fault = Optional.empty();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean profile = "profile".equals(json.currentName());
      json.nextToken();
      int from = (int) json.currentTokenLocation().getByteOffset();
      json.skipChildren();
      if (profile) {
        int to = (int) json.currentLocation().getByteOffset();
        fault = people.fault(asked, reply, from, to - from);
      }
    }
    return fault;
  }
}
