package dev.attune.profiles.lookup;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.JsonBody;
import io.helidon.common.uri.UriQuery;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Questions as HTTP says them: in the query of a path, or in the document of a body. */
final class LookupRequests {
  private static final List<String> QUERY =
      List.of("view", "fields", "max_age_ms", "min_token", "max_wait_ms");
  private static final List<String> WHO = List.of("identifier", "profile_id", "group_id");

  private LookupRequests() {}

  /** Keys of a body: whom it is about, and the question. */
  static List<String> keys(List<String> own) {
    List<String> keys = new ArrayList<>(own);
    keys.addAll(QUERY);
    return keys;
  }

  /** Keys that say whom a lookup is about. */
  static List<String> whoKeys() {
    return WHO;
  }

  /**
   * @param section {@code traits}, {@code audiences} or {@code identifiers} when the path selects;
   *     empty: it does not
   */
  static Question question(UriQuery query, String section) {
    if (query.isEmpty() && section.isEmpty()) {
      return Question.WHOLE;
    }
    for (String name : query.names()) {
      // Two ampersands in a row have a parameter without a name between them.
      if (!name.isEmpty() && !QUERY.contains(name)) {
        throw JsonBody.invalid(
            "there is an unknown parameter (allowed: " + String.join(", ", QUERY) + ")");
      }
    }
    List<String> fields = new ArrayList<>();
    if (query.contains("fields")) {
      query.all("fields").forEach(list -> fields.addAll(Arrays.asList(list.split(",", -1))));
    }
    String view = one(query, "view");
    if (!section.isEmpty()) {
      if (!view.isEmpty() || !fields.isEmpty()) {
        throw JsonBody.invalid("the path selects already (expected: neither view nor fields)");
      }
      fields.add(section);
    }
    return new Question(
        view,
        fields,
        millis(one(query, "max_age_ms"), "max_age_ms"),
        one(query, "min_token"),
        millis(one(query, "max_wait_ms"), "max_wait_ms"));
  }

  /** Of a path that has no parameters. */
  static void requireNoQuery(UriQuery query) {
    if (query.names().stream().anyMatch(name -> !name.isEmpty())) {
      throw JsonBody.invalid("there is an unknown parameter (allowed: none)");
    }
  }

  private static String one(UriQuery query, String name) {
    if (!query.contains(name)) {
      return "";
    }
    List<String> values = query.all(name);
    if (values.size() != 1 || values.getFirst().isEmpty()) {
      throw JsonBody.invalid(name + ": one value was expected");
    }
    return values.getFirst();
  }

  private static long millis(String text, String name) {
    if (text.isEmpty()) {
      return Question.UNSAID;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw JsonBody.invalid(name + ": a whole number of milliseconds was expected");
    }
  }

  /** The question of a body whose keys have been checked. */
  static Question question(JsonNode body) {
    List<String> fields = new ArrayList<>();
    if (body.has("fields")) {
      for (JsonNode field : JsonBody.array(body, "fields")) {
        if (!field.isTextual()) {
          throw JsonBody.invalid("fields: an array of strings was expected");
        }
        fields.add(field.textValue());
      }
    }
    return new Question(
        body.has("view") ? JsonBody.text(body, "view") : "",
        fields,
        millis(body, "max_age_ms"),
        body.has("min_token") ? JsonBody.text(body, "min_token") : "",
        millis(body, "max_wait_ms"));
  }

  private static long millis(JsonNode body, String key) {
    if (!body.has(key)) {
      return Question.UNSAID;
    }
    JsonNode value = body.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw JsonBody.invalid(key + ": a whole number of milliseconds was expected");
    }
    return value.longValue();
  }

  /**
   * Whom a body or an entry is about.
   *
   * @throws HttpProblem 400 when it does not say so in one way
   */
  static Who who(JsonNode node) {
    if (WHO.stream().filter(node::has).count() != 1) {
      throw JsonBody.invalid("either identifier, profile_id or group_id was expected");
    }
    if (node.has("profile_id")) {
      return new Who.ById(JsonBody.text(node, "profile_id"));
    }
    if (node.has("group_id")) {
      return Who.group(JsonBody.text(node, "group_id"));
    }
    JsonNode identifier = node.path("identifier");
    JsonBody.requireKeys(identifier, List.of("namespace", "value"));
    return new Who.ByIdentifier(
        JsonBody.text(identifier, "namespace"), JsonBody.text(identifier, "value"));
  }

  /** Whom an entry of a batch is about; one that is bad only fails itself. */
  static Who entry(JsonNode node) {
    try {
      JsonBody.requireKeys(node, WHO);
      return who(node);
    } catch (HttpProblem e) {
      return new Who.Bad(
          new Outcome.Failed(Reason.INVALID_REQUEST, String.valueOf(e.getMessage())));
    }
  }
}
