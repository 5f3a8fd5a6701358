package dev.attune.core.catalog;

import java.util.List;

/**
 * A trait that the catalog declares.
 *
 * @param precedence sources whose value wins over newer ones of later or unnamed sources; empty:
 *     the newest fact wins
 */
public record TraitDeclaration(
    String name, TraitType type, String description, List<String> precedence) {
  public TraitDeclaration {
    precedence = List.copyOf(precedence);
  }
}
