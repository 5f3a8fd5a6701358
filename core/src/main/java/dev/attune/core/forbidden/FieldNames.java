package dev.attune.core.forbidden;

import dev.attune.core.definition.Yaml;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Names of fields, wherever they stand: {@code diagnosis}, or the end of a path, {@code
 * health.notes}. Upper and lower case, {@code _}, {@code -} and spaces make no difference: {@code
 * bloodType} is {@code blood_type}.
 *
 * <p>It is asked for every field of every event, so that most names are told apart by one bit of
 * their hash before anything is allocated.
 */
public final class FieldNames {
  /** Most names. */
  static final int MAX = 500;

  /** No names. */
  static final FieldNames NONE = new FieldNames(Map.of());

  private static final int BITS = 1_024;

  /** Plain form to the form in which it was given. */
  private final Map<String, String> names;

  private final long[] hashes = new long[BITS / Long.SIZE];

  private FieldNames(Map<String, String> names) {
    this.names = names;
    for (String name : names.keySet()) {
      int bit = bit(name);
      hashes[bit / Long.SIZE] |= 1L << bit;
    }
  }

  /** Reads a list of names. */
  static FieldNames parse(Yaml yaml) {
    Map<String, String> names = new LinkedHashMap<>();
    for (Yaml item : yaml.items()) {
      String name = item.text();
      if (!name.matches("[\\p{L}\\p{N}_ -]{1,100}(\\.[\\p{L}\\p{N}_ -]{1,100}){0,9}")
          || plain(name).matches("\\.*|.*\\.\\..*|\\..*|.*\\.")) {
        throw item.error(
            "\""
                + name
                + "\" is not the name of a field (allowed: letters, digits, _, - and spaces, at most"
                + " 100; or up to ten such names with dots between them)");
      }
      names.putIfAbsent(plain(name), name);
      if (names.size() > MAX) {
        throw item.error("more than " + MAX + " names");
      }
    }
    return new FieldNames(names);
  }

  /** These and others: what a field is called elsewhere to the name of which it is one here. */
  FieldNames plus(Map<String, String> others) {
    Map<String, String> all = new LinkedHashMap<>(names);
    others.forEach((other, name) -> all.putIfAbsent(plain(other), name));
    return new FieldNames(all);
  }

  /** All names, as they were given. */
  public List<String> all() {
    return List.copyOf(names.values());
  }

  /** The names of which a field's is one, as it was given. */
  public Optional<String> find(@Nullable FieldPath parent, String name) {
    if (!mayHave(name)) {
      return Optional.empty();
    }
    StringBuilder whole = new StringBuilder();
    path(parent, whole);
    String path = whole.append(plain(name)).toString();
    for (int from = 0; from >= 0; from = next(path, from)) {
      String found = names.get(path.substring(from));
      if (found != null) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /** As {@link #find(FieldPath, String)}, for a field at the top. */
  public Optional<String> find(String name) {
    return find(null, name);
  }

  /** The names of which a text that cannot be taken apart may have one. */
  public Optional<String> mentionedIn(String text) {
    if (names.isEmpty()) {
      return Optional.empty();
    }
    String plain = plain(text);
    return names.entrySet().stream()
        .filter(name -> plain.contains(lastOf(name.getKey())))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** A regular expression (RE2) that finds each text in which a field of these names may be. */
  public Optional<String> pattern() {
    StringBuilder pattern = new StringBuilder();
    for (String name : names.keySet()) {
      pattern.append(pattern.isEmpty() ? "(?i)(?:" : "|");
      lastOf(name).codePoints().forEach(c -> pattern.appendCodePoint(c).append("[_ -]*"));
    }
    return pattern.isEmpty() ? Optional.empty() : Optional.of(pattern.append(")").toString());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FieldNames same && same.names.equals(names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  private boolean mayHave(String name) {
    int bit = names.isEmpty() ? 0 : bit(name);
    return (hashes[bit / Long.SIZE] & (1L << bit)) != 0;
  }

  // Of the part behind the last dot, as it is in its plain form.
  private static int bit(String name) {
    int hash = 0;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '.') {
        hash = 0;
      } else if (!isIgnored(c)) {
        hash = 31 * hash + Character.toLowerCase(c);
      }
    }
    return (hash ^ (hash >>> 16)) & (BITS - 1);
  }

  private static void path(@Nullable FieldPath at, StringBuilder path) {
    if (at != null) {
      path(at.parent(), path);
      path.append(plain(at.name())).append('.');
    }
  }

  private static int next(String path, int from) {
    int dot = path.indexOf('.', from);
    return dot < 0 ? -1 : dot + 1;
  }

  private static String lastOf(String plain) {
    return plain.substring(plain.lastIndexOf('.') + 1);
  }

  private static boolean isIgnored(char c) {
    return c == '_' || c == '-' || c == ' ';
  }

  private static String plain(String name) {
    StringBuilder plain = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      if (!isIgnored(name.charAt(i))) {
        plain.append(Character.toLowerCase(name.charAt(i)));
      }
    }
    return plain.toString();
  }
}
