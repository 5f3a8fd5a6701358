package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.TraitType;
import dev.attune.refresher.snapshot.DuckDb.Column;
import java.util.Map;
import java.util.Optional;

/**
 * What columns hold, where it may become something else without a single cell being wrong: texts
 * that were numbers, or times that lost their zone.
 */
final class ColumnKinds {
  private ColumnKinds() {}

  /** What a column of times holds: two of the same kind mean the same instant. */
  static String ofTimes(Column column) {
    return switch (column.type()) {
      case "TIMESTAMP WITH TIME ZONE" -> "timestamp with time zone";
      case "DATE" -> "date";
      default -> "timestamp";
    };
  }

  /**
   * What a column of a property holds: whole numbers or not, as conditions do not tell them apart.
   */
  static String of(TraitType type) {
    return type == TraitType.INTEGER ? TraitType.NUMBER.label() : type.label();
  }

  /**
   * Why a snapshot is refused, when a column holds something else than in the last one.
   *
   * @param label how messages call the rows' source
   * @param before by column; of one that is not there it is not known
   */
  static Optional<String> changed(
      String label, Map<String, String> before, Map<String, String> now) {
    return now.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .filter(
            each -> !before.getOrDefault(each.getKey(), each.getValue()).equals(each.getValue()))
        .map(
            each -> {
              String was = before.getOrDefault(each.getKey(), "");
              return "the column \"%s\" of %s holds %s, and in the last snapshot it held %s (allowed: %s, or both with --force)"
                  .formatted(each.getKey(), label, each.getValue(), was, was);
            })
        .findFirst();
  }
}
