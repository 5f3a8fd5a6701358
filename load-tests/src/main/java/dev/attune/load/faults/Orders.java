package dev.attune.load.faults;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.client.AttuneClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Events of the past, a file a batch; none is in two. */
final class Orders {
  static final String MODEL = "orders";

  /** As tables tell times, in UTC. */
  static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

  private static final Duration PAST = Duration.ofDays(20);

  private final Random random;
  private final int users;
  private final int batchSize;
  private final Instant newest;
  private final List<JsonNode> events = new ArrayList<>();
  private int batches;

  /**
   * @param users whose they are, as of {@link Customers}
   * @param batchSize events in each file
   * @param newest time of an event
   */
  Orders(Random random, int users, int batchSize, Instant newest) {
    this.random = random;
    this.users = users;
    this.batchSize = batchSize;
    this.newest = newest.truncatedTo(ChronoUnit.SECONDS);
  }

  static String definition() {
    return """
        name: %s
        kind: events
        source:
          files: orders.csv
          format: csv
          columns: {id: string, user: string, what: string, at: timestamp, total: number}
        event: {user_id: user, name: {column: what}, time: at, id: id, properties: {total: total}}
        """
        .formatted(MODEL);
  }

  /** Writes the next file; returns what the ids of its events begin with. */
  String next(Path folder) throws IOException {
    String prefix = "b" + batches++ + "-";
    StringBuilder csv = new StringBuilder("id,user,what,at,total\n");
    for (int i = 0; i < batchSize; i++) {
      Instant at = newest.minusSeconds(random.nextLong(PAST.toSeconds()));
      String user = "u" + random.nextInt(users);
      String name = random.nextInt(8) == 0 ? FaultRules.ORDERED : "Product Added";
      csv.append(prefix)
          .append(i)
          .append(',')
          .append(user)
          .append(',')
          .append(name)
          .append(',')
          .append(TIME.format(at))
          .append(',')
          .append(random.nextInt(10_000) / 100.0)
          .append('\n');
      events.add(
          AttuneClient.JSON
              .createObjectNode()
              .put("type", "track")
              .put("messageId", MODEL + "-" + prefix + i)
              .put("userId", user)
              .put("event", name)
              .put("timestamp", at.toString()));
    }
    Files.writeString(folder.resolve("orders.csv"), csv);
    return MODEL + "-" + prefix;
  }

  int batchSize() {
    return batchSize;
  }

  /** All so far, as events. */
  List<JsonNode> events() {
    return List.copyOf(events);
  }
}
