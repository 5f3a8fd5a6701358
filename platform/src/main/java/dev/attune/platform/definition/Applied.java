package dev.attune.platform.definition;

import java.util.List;

/**
 * What an apply did, or would do. Definitions are named {@code kind/id}, in order.
 *
 * @param version of the set that is in force afterwards
 * @param removed by {@code --prune}
 * @param wouldRemove stored, not among the files, and still there
 * @param warnings a sentence for each name in what is new or changed that is probably misspelt
 */
public record Applied(
    long version,
    List<String> added,
    List<String> changed,
    List<String> unchanged,
    List<String> removed,
    List<String> wouldRemove,
    List<String> warnings) {
  public Applied {
    added = List.copyOf(added);
    changed = List.copyOf(changed);
    unchanged = List.copyOf(unchanged);
    removed = List.copyOf(removed);
    wouldRemove = List.copyOf(wouldRemove);
    warnings = List.copyOf(warnings);
  }
}
