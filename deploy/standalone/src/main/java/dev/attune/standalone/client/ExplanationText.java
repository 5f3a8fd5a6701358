package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Why somebody belongs to an audience or does not, for people: a line for each condition. */
final class ExplanationText {
  private static final String INDENT = "  ";

  private ExplanationText() {}

  static List<String> lines(JsonNode explained) {
    List<String> lines = new ArrayList<>();
    JsonNode why = explained.path("why");
    boolean member = explained.path("member").asBoolean();
    lines.add(
        "Profile "
            + explained.path("profile_id").asText()
            + (member
                ? " belongs to "
                    + explained.path("audience").asText()
                    + " since "
                    + explained.path("since").asText()
                : " does not belong to " + explained.path("audience").asText())
            + ".");
    String state = explained.path("state").asText("live");
    if (why.path("holds").asBoolean() != member && state.equals("live")) {
      lines.add(
          "By the conditions below, as of "
              + explained.path("as_of").asText()
              + ", it would be the other way round: ask again.");
    }
    if (why.has("changes_at")) {
      lines.add("Time alone changes that at " + why.path("changes_at").asText() + ".");
    }
    if (!state.equals("live")) {
      lines.add(
          explained.has("decided_by")
              ? "The audience is "
                  + state
                  + ": until it has been told the past, what it was before decides, and not the"
                  + " conditions below."
              : "The audience is " + state + ": for now nobody enters or leaves it.");
    }
    String from = explained.path("complete_from").asText("");
    if (!from.isEmpty()) {
      lines.add(
          from.equals("never")
              ? "It misses events from before the log begins."
              : "It knows all events that it counts from " + from + " on.");
    }
    lines.add("");
    add(lines, why, "");
    return lines;
  }

  private static void add(List<String> lines, JsonNode condition, String indent) {
    lines.add(
        (condition.path("holds").asBoolean() ? "yes  " : "no   ") + indent + sentence(condition));
    for (JsonNode part : condition.path("parts")) {
      add(lines, part, indent + INDENT);
    }
  }

  private static String sentence(JsonNode condition) {
    String asked = condition.path("asked").asText();
    String kind = condition.path("condition").asText();
    String text =
        switch (kind) {
          case "all" -> "all of";
          case "any" -> "any of";
          case "not" -> "not";
          case "consent" -> "consent to " + asked;
          case "warehouse" -> "a row in the table of " + asked;
          default -> kind + " " + asked;
        };
    List<String> notes = new ArrayList<>();
    if (condition.has("counted")) {
      JsonNode newest = condition.path("events").path(0);
      notes.add(
          String.format(Locale.ROOT, "%d counted", condition.path("counted").asInt())
              + (newest.isMissingNode() ? "" : ", the newest at " + newest.path("at").asText()));
    }
    if (condition.has("value")) {
      notes.add("now " + condition.path("value").asText());
    }
    if (condition.path("limited").asBoolean()) {
      notes.add("there may be more that it does not see");
    }
    if (condition.has("missing")) {
      List<String> missing = new ArrayList<>();
      condition.path("missing").forEach(trait -> missing.add(trait.asText()));
      notes.add("without a value: " + String.join(", ", missing));
    }
    return notes.isEmpty() ? text : text + "  (" + String.join("; ", notes) + ")";
  }
}
