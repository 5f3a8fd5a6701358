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
      case "reading" -> words.add("reads the table" + read(run));
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

  // Databases tell rows, files only their share.
  private static String read(JsonNode run) {
    if (run.path("rows").asLong() > 0) {
      return ": " + run.path("rows").asLong() + " rows so far";
    }
    return run.has("percent_read") ? ": " + run.path("percent_read").asInt() + "% of it" : "";
  }

  /**
   * How far a run is that writes, for a line with a bar: what is written of what changed, how fast,
   * how long still, and of how many rows.
   */
  static String brief(JsonNode run) {
    List<String> words = new ArrayList<>();
    // Of events all are sent, changed or not; so is what is written again.
    boolean changed =
        !run.path("kind").asText().equals("events") && run.path("again").asLong() == 0;
    words.add(
        "%s of %s %s"
            .formatted(
                rounded(run.path("written").asLong()),
                rounded(run.path("total").asLong()),
                changed ? "changed" : "rows"));
    if (run.has("slowed")) {
      words.add("slowed: " + run.path("slowed").asText());
    }
    if (run.has("rows_per_second")) {
      words.add(rounded(run.path("rows_per_second").asLong()) + "/s");
      words.add(duration(run.path("seconds_left").asLong()) + " left");
    }
    words.add(rounded(run.path("rows").asLong()) + " read");
    return String.join(", ", words);
  }

  /** Three digits at least, rounded down: all of it is only said of all. */
  static String rounded(long count) {
    if (count < 10_000) {
      return String.valueOf(count);
    }
    return count < 1_000_000 ? tenths(count / 100) + "k" : tenths(count / 100_000) + "M";
  }

  private static String tenths(long tenths) {
    return tenths >= 1_000 || tenths % 10 == 0
        ? String.valueOf(tenths / 10)
        : tenths / 10 + "." + tenths % 10;
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
