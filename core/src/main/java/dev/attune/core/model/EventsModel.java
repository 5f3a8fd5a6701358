package dev.attune.core.model;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A table with a row an event that happened in the past. Each becomes a track event.
 *
 * <pre>{@code
 * name: purchases
 * kind: events
 * source: {files: orders.csv, format: csv}   # see ModelSource
 * event:
 *   user_id: customer_id                     # column of the namespace user_id
 *   name: Order Completed                    # the name itself, or {column: event_name}
 *   time: purchased_at                       # a date or timestamp column
 *   id: order_id                             # optional column; else a digest of the row and of how many
 *                                            # equal rows stand before it
 *   properties: {total: dollar_value}        # property: column
 * guards: {rows_off: 30%, bad_rows: 1%}     # optional: see Guards
 * schedule: {every: 6h}                      # optional: see Schedule
 * }</pre>
 *
 * @param eventName the name of all events; empty when {@code eventNameColumn} has it
 * @param idColumn empty: ids are digests
 * @param properties columns by property, in the file's order
 */
public record EventsModel(
    String name,
    ModelSource source,
    String userIdColumn,
    String eventName,
    String eventNameColumn,
    String timeColumn,
    String idColumn,
    Map<String, String> properties,
    Guards guards,
    Optional<Schedule> schedule)
    implements ModelDefinition {
  static final String KIND = "events";

  /** The namespace of an event's user. */
  public static final String USER_NAMESPACE = "user_id";

  /** Properties that a model may map. */
  public static final int PROPERTIES_MAX = 200;

  /** Longest name of an event. */
  public static final int EVENT_NAME_LENGTH_MAX = 200;

  public EventsModel {
    properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
  }

  static EventsModel parse(Yaml yaml, Catalog catalog) {
    yaml.keys("name", "kind", "source", "event", "guards", "schedule", "description");
    Yaml event = yaml.get("event").keys("user_id", "name", "time", "id", "properties");
    if (!catalog.namespaces().containsKey(USER_NAMESPACE)) {
      throw event.get("user_id").error("the catalog declares no namespace \"user_id\"");
    }
    Yaml name = event.get("name");
    String literal = name.isMapping() ? "" : name.text();
    if (!name.isMapping() && (literal.isBlank() || literal.length() > EVENT_NAME_LENGTH_MAX)) {
      throw name.error(
          "not an event's name (allowed: 1 to " + EVENT_NAME_LENGTH_MAX + " characters)");
    }
    Map<String, String> properties = new LinkedHashMap<>();
    event
        .find("properties")
        .ifPresent(
            mapping ->
                mapping.entries().forEach((key, column) -> properties.put(key, column.text())));
    if (properties.size() > PROPERTIES_MAX) {
      throw event.get("properties").error("more than " + PROPERTIES_MAX + " properties");
    }
    return new EventsModel(
        yaml.get("name").name(),
        ModelSource.parse(yaml.get("source")),
        event.get("user_id").text(),
        literal,
        name.isMapping() ? name.keys("column").get("column").text() : "",
        event.get("time").text(),
        event.find("id").map(Yaml::text).orElse(""),
        properties,
        Guards.of(yaml),
        yaml.find("schedule").map(Schedule::parse));
  }

  @Override
  public String kind() {
    return KIND;
  }

  /** The columns that must be text whatever their values look like. */
  public List<String> identifierColumns() {
    return idColumn.isEmpty() ? List.of(userIdColumn) : List.of(userIdColumn, idColumn);
  }

  /** A digest of all that decides which events the files' bytes become. */
  public String mappingDigest() {
    return Digest.of(
        List.of(
            name,
            source.content(),
            userIdColumn,
            eventName,
            eventNameColumn,
            timeColumn,
            idColumn,
            new TreeMap<>(properties)));
  }
}
