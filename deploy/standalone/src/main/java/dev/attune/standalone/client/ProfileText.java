package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A profile for people: what somebody is known by, what is known, and where they belong. */
final class ProfileText {
  private ProfileText() {}

  static List<String> lines(JsonNode profile) {
    var table = new Table();
    table.row("profile", profile.path("profile_id").asText());
    table.row("updated", profile.path("updated_at").asText());
    List<String[]> identifiers = new ArrayList<>();
    for (JsonNode identifier : profile.path("identifiers")) {
      identifiers.add(
          new String[] {identifier.path("namespace").asText(), identifier.path("value").asText()});
    }
    section(table, "known by", identifiers);
    List<String[]> traits = new ArrayList<>();
    for (var trait : profile.path("traits").properties()) {
      JsonNode value = trait.getValue();
      traits.add(
          new String[] {
            trait.getKey(), value.isContainerNode() ? value.toString() : value.asText()
          });
    }
    section(table, "traits", traits);
    List<String[]> audiences = new ArrayList<>();
    for (JsonNode membership : profile.path("audiences")) {
      String until = membership.path("valid_until").asText();
      audiences.add(
          new String[] {
            membership.path("audience").asText(),
            "since "
                + membership.path("entered_at").asText()
                + (until.isEmpty() ? "" : ", until " + until)
          });
    }
    section(table, "audiences", audiences);
    return table.lines();
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
