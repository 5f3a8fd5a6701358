package dev.attune.core.audience;

import com.google.common.collect.ImmutableList;
import dev.attune.core.audience.Closures.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What is remembered of the events of one name, by the properties that they need for it: of
 * thousands of expressions only those are asked whose {@link Requirement} an event meets.
 */
final class EventIndex {
  /**
   * One of them.
   *
   * @param fits whether an event that meets its requirement fits
   */
  record Entry(Matcher matcher, boolean fits) {}

  private final List<Entry> always = new ArrayList<>();
  private final Map<Path, Map<Object, List<Entry>>> equal = new LinkedHashMap<>();
  private final Map<Path, Bounds> least = new LinkedHashMap<>();
  private final Map<Path, Bounds> most = new LinkedHashMap<>();
  private final boolean readsProperties;

  EventIndex(Collection<Matcher> matchers) {
    Map<Path, Map<Double, List<Entry>>> atLeast = new LinkedHashMap<>();
    Map<Path, Map<Double, List<Entry>>> atMost = new LinkedHashMap<>();
    for (Matcher matcher : matchers) {
      Optional<PropertyExpression> where = matcher.match().where();
      Optional<Requirement> required = where.flatMap(CheckedExpression::requirement);
      var entry = new Entry(matcher, where.map(CheckedExpression::isRequirementAll).orElse(true));
      switch (required.orElse(null)) {
        case null -> always.add(entry);
        case Requirement.OneOf one ->
            one.values().forEach(value -> put(equal, one.path(), value, entry));
        case Requirement.AtLeast bound -> put(atLeast, bound.path(), bound.bound(), entry);
        case Requirement.AtMost bound -> put(atMost, bound.path(), bound.bound(), entry);
      }
    }
    atLeast.forEach((path, by) -> least.put(path, Bounds.of(by, Comparator.naturalOrder())));
    atMost.forEach((path, by) -> most.put(path, Bounds.of(by, Comparator.reverseOrder())));
    readsProperties = matchers.stream().anyMatch(m -> m.match().where().isPresent());
  }

  private static <K> void put(Map<Path, Map<K, List<Entry>>> index, Path path, K key, Entry entry) {
    index
        .computeIfAbsent(path, _ -> new HashMap<>())
        .computeIfAbsent(key, _ -> new ArrayList<>())
        .add(entry);
  }

  /** Whether it looks at properties at all. */
  boolean readsProperties() {
    return readsProperties;
  }

  /** Those that fit, each once. */
  void forEach(Map<String, Object> properties, Consumer<Matcher> consumer) {
    forEachMet(
        properties,
        entry -> {
          if (entry.fits || entry.matcher.match().fits(properties)) {
            consumer.accept(entry.matcher);
          }
        });
  }

  /** Those whose requirement is met, each once. */
  void forEachMet(Map<String, Object> properties, Consumer<Entry> consumer) {
    always.forEach(consumer);
    equal.forEach(
        (path, byValue) ->
            byValue
                .getOrDefault(Requirement.normal(path.value(properties)), List.of())
                .forEach(consumer));
    least.forEach((path, bounds) -> bounds.forEach(path.value(properties), consumer));
    most.forEach((path, bounds) -> bounds.forEach(path.value(properties), consumer));
  }

  /**
   * Those that need a number on one side of a bound.
   *
   * @param bounds the one that is met most easily first
   */
  private record Bounds(List<Double> bounds, List<List<Entry>> entries, Comparator<Double> order) {
    Bounds {
      bounds = List.copyOf(bounds);
      entries = List.copyOf(entries);
    }

    static Bounds of(Map<Double, List<Entry>> by, Comparator<Double> order) {
      List<Double> bounds = by.keySet().stream().sorted(order).toList();
      return new Bounds(
          bounds,
          bounds.stream()
              .<List<Entry>>map(bound -> ImmutableList.copyOf(by.getOrDefault(bound, List.of())))
              .toList(),
          order);
    }

    void forEach(Object value, Consumer<Entry> consumer) {
      if (!(value instanceof Number number)) {
        return;
      }
      double at = number.doubleValue() + 0.0;
      for (int i = 0; i < bounds.size() && order.compare(bounds.get(i), at) <= 0; i++) {
        entries.get(i).forEach(consumer);
      }
    }
  }
}
