package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A profile for people: what somebody is known by, what is known, and where they belong. */
final class ProfileText {
  private ProfileText() {}

  static List<String> lines(JsonNode profile) {
    var table = head(profile);
    identifiers(table, profile);
    List<String[]> traits = new ArrayList<>();
    for (var trait : profile.path("traits").properties()) {
      traits.add(new String[] {trait.getKey(), text(trait.getValue())});
    }
    section(table, "traits", traits);
    audiences(table, profile);
    return table.lines();
  }

  /** Of a view or of fields: the parts that are there, and where each value is from. */
  static List<String> selectedLines(JsonNode profile) {
    var table = head(profile);
    if (profile.has("view")) {
      table.row("view", profile.path("view").asText());
    }
    if (profile.has("identifiers")) {
      identifiers(table, profile);
    }
    if (profile.has("traits")) {
      List<String[]> traits = new ArrayList<>();
      for (var trait : profile.path("traits").properties()) {
        JsonNode value = trait.getValue();
        String status = value.path("status").asText();
        String shown = value.has("value") ? text(value.path("value")) : status;
        String from =
            value.has("source")
                ? "  ("
                    + value.path("source").asText()
                    + snapshot(value.path("snapshot"))
                    + ", "
                    + value.path("updated_at").asText()
                    + (status.equals("stale") ? ", stale" : "")
                    + ")"
                : "";
        traits.add(new String[] {trait.getKey(), shown + from});
      }
      section(table, "traits", traits);
    }
    if (profile.has("audiences")) {
      audiences(table, profile);
    }
    return table.lines();
  }

  private static String snapshot(JsonNode snapshot) {
    return snapshot.has("run_id") ? " by run " + snapshot.path("run_id").asText() : "";
  }

  private static Table head(JsonNode profile) {
    var table = new Table();
    table.row("profile", profile.path("profile_id").asText());
    table.row("updated", profile.path("updated_at").asText());
    return table;
  }

  private static String text(JsonNode value) {
    return value.isContainerNode() ? value.toString() : value.asText();
  }

  private static void identifiers(Table table, JsonNode profile) {
    List<String[]> identifiers = new ArrayList<>();
    for (JsonNode identifier : profile.path("identifiers")) {
      identifiers.add(
          new String[] {identifier.path("namespace").asText(), identifier.path("value").asText()});
    }
    section(table, "known by", identifiers);
  }

  private static void audiences(Table table, JsonNode profile) {
    List<String[]> audiences = new ArrayList<>();
    for (JsonNode membership : profile.path("audiences")) {
      String until = membership.path("valid_until").asText();
      String complete = membership.path("complete_from").asText();
      audiences.add(
          new String[] {
            membership.path("audience").asText(),
            "since "
                + membership.path("entered_at").asText()
                + (until.isEmpty() ? "" : ", until " + until)
                + (complete.isEmpty() ? "" : ", complete from " + complete)
          });
    }
    section(table, "audiences", audiences);
  }

  private static void section(Table table, String title, List<String[]> rows) {
    String label = title;
    for (String[] row : rows) {
      table.row(label, row[0], row[1]);
      label = "";
    }
    if (rows.isEmpty()) {
      table.row(title, "none");
    }
  }
}
