package dev.attune.standalone.receive;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Headers of a request, by name whatever its case. */
public final class RequestHeaders {
  private final Map<String, List<String>> byName = new TreeMap<>();

  /** The headers of a request that an HTTP server has taken. */
  public static RequestHeaders of(Map<String, List<String>> headers) {
    RequestHeaders all = new RequestHeaders();
    headers.forEach((name, values) -> values.forEach(value -> all.add(name, value)));
    return all;
  }

  void add(String name, String value) {
    byName.computeIfAbsent(name.toLowerCase(Locale.ROOT), _ -> new ArrayList<>()).add(value);
  }

  /** All values of a header, in their order. */
  List<String> all(String name) {
    return byName.getOrDefault(name, List.of());
  }

  /** Its first value, if it is there. */
  public Optional<String> first(String name) {
    return all(name).stream().findFirst();
  }
}
