package dev.attune.refresher.backfill;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.audience.KnownHistory;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.EventHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has been told of past events, in a file. Whoever loses it tells all of it again, which
 * changes nothing but costs time.
 */
final class HistoryFile {
  private static final Logger LOG = LoggerFactory.getLogger(HistoryFile.class);

  private final Path file;

  /**
   * What was told, and to whom.
   *
   * @param version of the definitions that were in force then
   */
  record Kept(KnownHistory known, long version) {
    static final Kept NOTHING = new Kept(KnownHistory.NOTHING, 0);
  }

  HistoryFile(Path stateDir) {
    this.file = stateDir.resolve("history.json");
  }

  Kept read() {
    if (!Files.exists(file)) {
      return Kept.NOTHING;
    }
    try {
      JsonNode json = Json.parseLarge(Files.readAllBytes(file));
      List<EventHistory> told = new ArrayList<>();
      for (JsonNode each : json.path("told")) {
        told.add(
            EventHistory.newBuilder()
                .setEvent(each.path("event").asText())
                .setCapacity(each.path("capacity").asInt())
                .setLongestMicros(each.path("longest_micros").asLong())
                .setFromMicros(each.path("from_micros").asLong())
                .setBegunAtMicros(each.path("begun_at_micros").asLong())
                .setFilled(true)
                .build());
      }
      return new Kept(KnownHistory.of(told), json.path("version").asLong());
    } catch (IOException | InvalidJsonException e) {
      LOG.warn("the file of what was told of past events is unreadable; it is told again");
      return Kept.NOTHING;
    }
  }

  void write(Kept kept) throws IOException {
    byte[] bytes =
        Json.write(
            json -> {
              json.writeStartObject();
              json.writeNumberField("version", kept.version());
              json.writeArrayFieldStart("told");
              for (EventHistory each : kept.known().entries()) {
                json.writeStartObject();
                json.writeStringField("event", each.getEvent());
                json.writeNumberField("capacity", each.getCapacity());
                json.writeNumberField("longest_micros", each.getLongestMicros());
                json.writeNumberField("from_micros", each.getFromMicros());
                json.writeNumberField("begun_at_micros", each.getBegunAtMicros());
                json.writeEndObject();
              }
              json.writeEndArray();
              json.writeEndObject();
            });
    Files.createDirectories(file.getParent());
    Path aside = file.resolveSibling(file.getFileName() + ".next");
    Files.write(aside, bytes);
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
