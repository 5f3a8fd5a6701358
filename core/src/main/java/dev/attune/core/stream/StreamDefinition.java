package dev.attune.core.stream;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.catalog.Sources;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A topic of the users' own whose records become events, from {@code definitions/streams/*.yaml}.
 *
 * <pre>{@code
 * name: shop-orders
 * topic: shop.orders
 * format: json                                   # or avro, protobuf: see Format
 * start: latest                                  # or earliest: where to begin, once
 * call: track                                    # one of CALLS, or {field: type}
 * event: Order Completed                         # of a track, or {field: name}
 * identifiers: {user_id: customer.id}            # namespace: path; user_id or anonymous_id is needed
 * previous_id: old_id                            # of an alias
 * time: {field: created_at, unit: milliseconds}  # or a path alone; else the record's timestamp
 * id: order_id                                   # else its place in the topic
 * properties: {total: amount.value}              # or all, or the path of an object
 * traits: all                                    # of an identify or a group call, as properties
 * }</pre>
 *
 * @param name part of the source of what it brings: {@code events:NAME}
 * @param identifiers path by namespace, in the file's order
 */
public record StreamDefinition(
    String name,
    String topic,
    Format format,
    Start start,
    Said call,
    Optional<Said> event,
    Map<String, RecordPath> identifiers,
    Optional<RecordPath> previousId,
    Optional<RecordTime> time,
    Optional<RecordPath> id,
    Fields properties,
    Fields traits) {
  /** The calls of Segment's spec. */
  public static final List<String> CALLS =
      List.of("identify", "track", "page", "screen", "group", "alias");

  /** Most streams: each has a consumer of its own. */
  public static final int STREAMS_MAX = 50;

  /** The namespace of who is known. */
  public static final String USER = "user_id";

  /** The namespace of who is not known yet. */
  public static final String ANONYMOUS = "anonymous_id";

  private static final int EVENT_LENGTH_MAX = 200;

  /** How records are written. */
  public enum Format {
    /** A JSON object each. */
    JSON,
    /** Avro, with a registry's id of the schema before it. */
    AVRO,
    /** Protobuf, with a registry's id of the schema and the message's place in it before it. */
    PROTOBUF;

    private static List<String> labels() {
      return Arrays.stream(values()).map(f -> f.name().toLowerCase(Locale.ROOT)).toList();
    }
  }

  /** Where a stream begins that has read nothing yet. */
  public enum Start {
    /** With the oldest record. */
    EARLIEST,
    /** With what comes from then on. */
    LATEST;

    private static List<String> labels() {
      return List.of("earliest", "latest");
    }
  }

  public StreamDefinition {
    identifiers = Collections.unmodifiableMap(new LinkedHashMap<>(identifiers));
  }

  /** Reads a definition. */
  public static StreamDefinition parse(Yaml yaml, Catalog catalog) {
    yaml.keys(
        "name",
        "description",
        "topic",
        "format",
        "start",
        "call",
        "event",
        "identifiers",
        "previous_id",
        "time",
        "id",
        "properties",
        "traits");
    StreamDefinition stream =
        new StreamDefinition(
            name(yaml.get("name")),
            topic(yaml.get("topic")),
            Format.valueOf(yaml.get("format").oneOf(Format.labels()).toUpperCase(Locale.ROOT)),
            yaml.find("start")
                .map(s -> Start.valueOf(s.oneOf(Start.labels()).toUpperCase(Locale.ROOT)))
                .orElse(Start.LATEST),
            Said.parse(yaml.get("call"), call -> call.oneOf(CALLS)),
            yaml.find("event").map(event -> Said.parse(event, StreamDefinition::eventName)),
            identifiers(yaml.get("identifiers"), catalog),
            yaml.find("previous_id").map(RecordPath::parse),
            yaml.find("time").map(RecordTime::parse),
            yaml.find("id").map(RecordPath::parse),
            yaml.find("properties").map(Fields::parse).orElse(new Fields.None()),
            yaml.find("traits").map(Fields::parse).orElse(new Fields.None()));
    if (stream.call instanceof Said.Constant call) {
      stream.checkCall(yaml, call.text());
    }
    return stream;
  }

  // What a call has no use for would be lost without a word.
  private void checkCall(Yaml yaml, String call) {
    switch (call) {
      case "track" -> {
        yaml.get("event");
        none(yaml, call, "traits", "previous_id");
      }
      case "page", "screen" -> none(yaml, call, "event", "traits", "previous_id");
      case "identify" -> none(yaml, call, "event", "properties", "previous_id");
      case "group" -> {
        none(yaml, call, "event", "properties", "previous_id");
        yaml.get("identifiers").get(Namespace.GROUP);
      }
      case "alias" -> {
        none(yaml, call, "event", "properties", "traits");
        yaml.get("previous_id");
        yaml.get("identifiers").get(USER);
      }
      default -> throw new IllegalStateException("a call that is none of CALLS");
    }
  }

  private static void none(Yaml yaml, String call, String... keys) {
    for (String key : keys) {
      yaml.find(key)
          .ifPresent(
              there -> {
                throw there.error("\"" + key + "\" has no place in a stream whose call is " + call);
              });
    }
  }

  private static String name(Yaml yaml) {
    String name = yaml.name();
    if (!Sources.isName(name)) {
      throw yaml.error("the name of a stream has at most 64 characters");
    }
    return name;
  }

  private static String topic(Yaml yaml) {
    String topic = yaml.text();
    if (!topic.matches("[a-zA-Z0-9._-]{1,249}") || topic.equals(".") || topic.equals("..")) {
      throw yaml.error("not a topic's name (allowed: letters, digits, ., _ and -, at most 249)");
    }
    return topic;
  }

  private static String eventName(Yaml yaml) {
    String event = yaml.text();
    if (event.isBlank() || event.length() > EVENT_LENGTH_MAX) {
      throw yaml.error("the name of an event has 1 to " + EVENT_LENGTH_MAX + " characters");
    }
    return event;
  }

  private static Map<String, RecordPath> identifiers(Yaml yaml, Catalog catalog) {
    Map<String, RecordPath> identifiers = new LinkedHashMap<>();
    yaml.entries()
        .forEach(
            (namespace, path) -> {
              if (!catalog.namespaces().containsKey(namespace)) {
                throw path.error(
                    "the catalog declares no namespace \""
                        + namespace
                        + "\" (allowed: "
                        + String.join(", ", catalog.namespaces().keySet())
                        + ")"
                        + Nearest.hint(namespace, catalog.namespaces().keySet()));
              }
              identifiers.put(namespace, RecordPath.parse(path));
            });
    if (!identifiers.containsKey(USER) && !identifiers.containsKey(ANONYMOUS)) {
      throw yaml.error("neither user_id nor anonymous_id (one is needed)");
    }
    return identifiers;
  }

  /**
   * Which field of a record has the value of which trait, property or identifier: what is forbidden
   * under one name is so under the other.
   */
  public Map<String, String> sources() {
    Map<String, String> sources = new LinkedHashMap<>();
    for (Fields fields : List.of(properties, traits)) {
      if (fields instanceof Fields.Picked picked) {
        picked.paths().forEach((name, path) -> sources.put(name, path.label()));
      }
    }
    identifiers.forEach((namespace, path) -> sources.putIfAbsent(namespace, path.label()));
    return sources;
  }
}
