package dev.attune.core.catalog;

import java.util.Locale;
import java.util.Set;

/**
 * A kind of identifier.
 *
 * @param rank position in the catalog, 0 the strongest: the strongest identifier names the profile
 * @param unique a profile holds at most one value of it
 * @param max most values that a profile holds
 * @param lowerCase values are compared in lower case
 * @param blocked values that identify nobody, after normalisation
 */
public record Namespace(
    String name, int rank, boolean unique, int max, boolean lowerCase, Set<String> blocked) {
  /** The namespace by which groups are known: companies, households, teams; never people. */
  public static final String GROUP = "group_id";

  /** The trait that leads from a person to the groups: a list of values of {@link #GROUP}. */
  public static final String GROUPS_TRAIT = "group_ids";

  public Namespace {
    blocked = Set.copyOf(blocked);
  }

  /** The value as it is stored and compared: trimmed, and in lower case where declared. */
  public String normalise(String value) {
    String trimmed = value.strip();
    return lowerCase ? trimmed.toLowerCase(Locale.ROOT) : trimmed;
  }

  /** The same with these blocked values. */
  Namespace blocking(Set<String> values) {
    return new Namespace(name, rank, unique, max, lowerCase, values);
  }
}
