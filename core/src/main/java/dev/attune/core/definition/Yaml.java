package dev.attune.core.definition;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A YAML 1.2 node that knows where it stands, so that every complaint names file, line and column.
 *
 * <p>Strict: an unknown key, a key given twice and a value of the wrong kind are errors.
 */
public final class Yaml {
  private static final int DOCUMENT_LENGTH_MAX = 1 << 20;
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final int DATE_LENGTH = "2026-01-31".length();
  private static final Instant INSTANT_END = Instant.parse("9999-01-01T00:00:00Z");

  private final String path;
  private final Node node;

  /** Hears of what is refused today; null: it is refused. */
  private final @Nullable Consumer<String> outdated;

  private Yaml(String path, Node node, @Nullable Consumer<String> outdated) {
    this.path = path;
    this.node = node;
    this.outdated = outdated;
  }

  /**
   * Parses one document.
   *
   * @param path how messages call it, e.g. {@code audiences/vip.yaml}
   * @throws DefinitionException when it is not one YAML document
   */
  public static Yaml parse(String path, String text) {
    return parse(path, text, null);
  }

  /**
   * Parses one document that was taken before, perhaps by an earlier version.
   *
   * @param outdated hears of what {@link #refuse} would refuse today, a sentence each
   * @throws DefinitionException as {@link #parse}
   */
  public static Yaml parseStored(String path, String text, Consumer<String> outdated) {
    return parse(path, text, outdated);
  }

  private static Yaml parse(String path, String text, @Nullable Consumer<String> outdated) {
    if (text.length() > DOCUMENT_LENGTH_MAX) {
      throw new DefinitionException(
          path + ":1:1: the file is larger than " + DOCUMENT_LENGTH_MAX + " characters");
    }
    var settings =
        LoadSettings.builder()
            .setLabel(path)
            .setMaxAliasesForCollections(0)
            .setAllowDuplicateKeys(false)
            .build();
    try {
      Optional<Node> root =
          new Composer(settings, new BoundedParser(settings, text)).getSingleNode();
      return new Yaml(
          path,
          root.orElseThrow(() -> new DefinitionException(path + ":1:1: the file is empty")),
          outdated);
    } catch (MarkedYamlEngineException e) {
      String at =
          e.getProblemMark()
              .map(mark -> ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
              .orElse(":1:1");
      throw new DefinitionException(path + at + ": not valid YAML: " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new DefinitionException(path + ":1:1: not valid YAML: " + e.getMessage(), e);
    }
  }

  /** An error that points here. */
  public DefinitionException error(String message) {
    return new DefinitionException(at(message));
  }

  /**
   * Refuses a definition for something that earlier versions took; one that is stored already goes
   * on, and says so.
   *
   * @throws DefinitionException the error, unless it is stored
   */
  public void refuse(DefinitionException error) {
    if (outdated == null) {
      throw error;
    }
    outdated.accept(String.valueOf(error.getMessage()));
  }

  private Yaml child(Node part) {
    return new Yaml(path, part, outdated);
  }

  /** A sentence that points here. */
  String at(String message) {
    String at =
        node.getStartMark()
            .map(mark -> ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
            .orElse("");
    return path + at + ": " + message;
  }

  /** Requires a mapping whose keys are all among {@code allowed}. */
  public Yaml keys(String... allowed) {
    Set<String> known = new LinkedHashSet<>(List.of(allowed));
    for (NodeTuple tuple : mapping().getValue()) {
      Yaml key = child(tuple.getKeyNode());
      if (!known.contains(key.text())) {
        throw key.error(
            "unknown key \""
                + key.text()
                + "\""
                + Nearest.hint(key.text(), known)
                + " (allowed: "
                + String.join(", ", known)
                + ")");
      }
    }
    return this;
  }

  /** True when this mapping has the key. */
  public boolean has(String key) {
    return find(key).isPresent();
  }

  /** The value of a key, if it is there. */
  public Optional<Yaml> find(String key) {
    return Optional.ofNullable(entries().get(key));
  }

  /** The value of a key that must be there. */
  public Yaml get(String key) {
    return find(key).orElseThrow(() -> error("the key \"" + key + "\" is missing"));
  }

  /** A mapping's entries, in the file's order. */
  public Map<String, Yaml> entries() {
    Map<String, Yaml> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping().getValue()) {
      Yaml key = child(tuple.getKeyNode());
      if (entries.put(key.text(), child(tuple.getValueNode())) != null) {
        throw key.error("the key \"" + key.text() + "\" stands twice");
      }
    }
    return entries;
  }

  /** A sequence's items. */
  public List<Yaml> items() {
    if (!(node instanceof SequenceNode sequence)) {
      throw error("expected a list, found " + kind());
    }
    List<Yaml> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(child(item));
    }
    return items;
  }

  /**
   * All of it, as maps, lists, texts, numbers, booleans and null; a number or boolean is what
   * stands there without quotes and looks like one.
   */
  public @Nullable Object plain() {
    return switch (node) {
      case MappingNode _ -> {
        Map<String, @Nullable Object> plain = new LinkedHashMap<>();
        entries().forEach((key, value) -> plain.put(key, value.plain()));
        yield plain;
      }
      case SequenceNode _ -> {
        List<@Nullable Object> plain = new ArrayList<>();
        items().forEach(item -> plain.add(item.plain()));
        yield plain;
      }
      case ScalarNode scalar -> plain(scalar);
      default -> throw error("expected a mapping, a list or a value");
    };
  }

  private @Nullable Object plain(ScalarNode scalar) {
    Tag tag = scalar.getTag();
    if (tag.equals(Tag.NULL)) {
      return null;
    }
    if (tag.equals(Tag.BOOL)) {
      return Boolean.valueOf(scalar.getValue());
    }
    try {
      return tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)
          ? new BigDecimal(scalar.getValue())
          : scalar.getValue();
    } catch (NumberFormatException e) {
      throw error("\"" + scalar.getValue() + "\" is no decimal number");
    }
  }

  public boolean isMapping() {
    return node instanceof MappingNode;
  }

  public boolean isSequence() {
    return node instanceof SequenceNode;
  }

  /** Whether it is a scalar with this text. */
  boolean isText(String text) {
    return node instanceof ScalarNode scalar && scalar.getValue().equals(text);
  }

  /** A scalar's text, whatever its type. */
  public String text() {
    if (!(node instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL)) {
      throw error("expected a text, found " + kind());
    }
    return scalar.getValue();
  }

  /**
   * A name: lower-case letters, digits, {@code _}, {@code -} and {@code .}, at most 100 characters.
   */
  public String name() {
    String name = text();
    if (!name.matches("[a-z0-9][a-z0-9_.-]{0,99}")) {
      throw error(
          "\""
              + name
              + "\" is not a name (allowed: a-z, 0-9, _, - and ., at most 100, a letter or digit"
              + " first)");
    }
    return name;
  }

  /** A mapping whose keys are {@link #name names}, in the file's order. */
  public Map<String, Yaml> keyedByName() {
    mapping().getValue().forEach(tuple -> child(tuple.getKeyNode()).name());
    return entries();
  }

  /** A text that must be one of those given. */
  public String oneOf(Collection<String> allowed) {
    String text = text();
    if (!allowed.contains(text)) {
      throw error(
          "\""
              + text
              + "\" is not allowed"
              + Nearest.hint(text, allowed)
              + " (allowed: "
              + String.join(", ", allowed)
              + ")");
    }
    return text;
  }

  /** A whole number within bounds, both included. */
  public long integer(long min, long max) {
    try {
      long value = Long.parseLong(text().replace("_", ""));
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, with the bounds.
    }
    throw error("\"" + text() + "\" is not a whole number from " + min + " to " + max);
  }

  public boolean bool() {
    return Boolean.parseBoolean(oneOf(List.of("true", "false")));
  }

  /**
   * A duration such as {@code 250ms}, {@code 30s}, {@code 15m}, {@code 12h} or {@code 30d}, within
   * bounds.
   */
  public Duration duration(Duration min, Duration max) {
    Matcher matcher = DURATION.matcher(text());
    if (!matcher.matches()) {
      throw error("\"" + text() + "\" is not a duration (allowed: e.g. 250ms, 30s, 15m, 12h, 30d)");
    }
    long amount = Long.parseLong(matcher.group(1));
    Duration duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        };
    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      throw error(
          "\"" + text() + "\" is out of bounds (allowed: " + show(min) + " to " + show(max) + ")");
    }
    return duration;
  }

  /** An instant, or a date, which begins at midnight UTC; from 1970 up to 9999. */
  public Instant instant() {
    String text = text().strip();
    try {
      Instant instant =
          text.length() <= DATE_LENGTH
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(text).toInstant();
      if (!instant.isBefore(Instant.EPOCH) && instant.isBefore(INSTANT_END)) {
        return instant;
      }
    } catch (DateTimeParseException e) {
      // Said below, with what is allowed.
    }
    throw error(
        "\""
            + text
            + "\" is no date (allowed: one from 1970 to 9999, e.g. 2026-01-31, which begins at midnight"
            + " UTC, or 2026-01-31T09:00:00+01:00)");
  }

  private static String show(Duration duration) {
    if (duration.toMillis() % 1000 != 0) {
      return duration.toMillis() + "ms";
    }
    long seconds = duration.toSeconds();
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    return seconds % 3_600 == 0 ? seconds / 3_600 + "h" : seconds + "s";
  }

  private MappingNode mapping() {
    if (node instanceof MappingNode mapping) {
      return mapping;
    }
    throw error("expected a mapping, found " + kind());
  }

  private String kind() {
    return switch (node) {
      case MappingNode _ -> "a mapping";
      case SequenceNode _ -> "a list";
      case ScalarNode scalar ->
          scalar.getTag().equals(Tag.NULL) ? "nothing" : "\"" + scalar.getValue() + "\"";
      default -> "something else";
    };
  }
}
