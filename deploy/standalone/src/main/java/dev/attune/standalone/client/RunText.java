package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A run of a warehouse model in words. */
final class RunText {
  private RunText() {}

  /**
   * How far it is, beside the rows written: what it does, how fast, how long still, and why slowly.
   */
  static String detail(JsonNode run) {
    List<String> words = new ArrayList<>();
    switch (run.path("state").asText()) {
      case "planned" -> words.add("waits for another run");
      case "reading" -> words.add("reads the table");
      case "diffing" -> words.add("compares " + run.path("rows").asLong() + " rows");
      case "writing" -> {
        // What matters most comes first: a narrow terminal cuts the rest.
        if (run.has("slowed")) {
          words.add("slowed: " + run.path("slowed").asText());
        }
        if (run.has("rows_per_second")) {
          words.add(run.path("rows_per_second").asLong() + " rows/s");
          words.add(duration(run.path("seconds_left").asLong()) + " left");
        }
        words.add(run.path("rows").asLong() + " rows read");
      }
      default -> words.add(run.path("state").asText());
    }
    return String.join(", ", words);
  }

  /** How many rows are to be written, by what they are. */
  static String kinds(JsonNode run) {
    return "%d added, %d changed, %d removed and %d again"
        .formatted(
            run.path("added").asLong(),
            run.path("changed").asLong(),
            run.path("removed").asLong(),
            run.path("again").asLong());
  }

  static String duration(long seconds) {
    if (seconds < 120) {
      return seconds + " s";
    }
    return seconds < 7_200
        ? seconds / 60 + " min"
        : seconds / 3_600 + " h " + seconds % 3_600 / 60 + " min";
  }
}
