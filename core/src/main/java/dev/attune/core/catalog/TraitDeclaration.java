package dev.attune.core.catalog;

import java.util.List;

/**
 * A trait that the catalog declares.
 *
 * @param precedence sources whose value wins over newer ones of later or unnamed sources; empty:
 *     the newest fact wins
 * @param computed from events, by a definition of its own: facts about it do not count
 */
public record TraitDeclaration(
    String name, TraitType type, String description, List<String> precedence, boolean computed) {
  public TraitDeclaration {
    precedence = List.copyOf(precedence);
  }
}
