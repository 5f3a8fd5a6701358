package dev.attune.core.webhook;

import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import java.util.Collections;
import java.util.Set;

/** Which audiences' transitions a webhook wants. */
public sealed interface TransitionFilter {
  /**
   * Whether a transition of this audience is wanted.
   *
   * @param tags of the audience; none when its definition has gone
   */
  boolean wants(String audience, Set<String> tags);

  /** Those of every audience, later ones included. */
  record All() implements TransitionFilter {
    @Override
    public boolean wants(String audience, Set<String> tags) {
      return true;
    }
  }

  /** Those of the named audiences, and of those that have one of the tags; none when empty. */
  record Named(Set<String> audiences, Set<String> tags) implements TransitionFilter {
    public Named {
      audiences = Set.copyOf(audiences);
      tags = Set.copyOf(tags);
    }

    @Override
    public boolean wants(String audience, Set<String> ofAudience) {
      return audiences.contains(audience) || !Collections.disjoint(tags, ofAudience);
    }
  }

  /** None. */
  TransitionFilter NONE = new Named(Set.of(), Set.of());

  /**
   * Reads {@code all}, or {@code {audiences: [...], tags: [...]}} with at least one of the two.
   *
   * @param audiences that are defined
   * @param tags that at least one of them has
   */
  static TransitionFilter parse(Yaml yaml, Set<String> audiences, Set<String> tags) {
    if (!yaml.isMapping()) {
      if (yaml.isSequence() || !yaml.text().equals("all")) {
        throw yaml.error("expected \"all\", {audiences: [...]} or {tags: [...]}");
      }
      return new All();
    }
    yaml.keys("audiences", "tags");
    if (!yaml.has("audiences") && !yaml.has("tags")) {
      throw yaml.error("expected \"audiences\", \"tags\" or both");
    }
    return new Named(
        yaml.find("audiences").map(list -> known(list, "audience", audiences)).orElseGet(Set::of),
        yaml.find("tags").map(list -> known(list, "tag", tags)).orElseGet(Set::of));
  }

  private static Set<String> known(Yaml list, String what, Set<String> known) {
    Set<String> names = Names.of(list, what);
    for (Yaml item : list.items()) {
      if (!known.contains(item.text())) {
        throw item.error(
            (what.equals("tag") ? "no audience has the tag \"" : "there is no audience \"")
                + item.text()
                + "\""
                + Nearest.hint(item.text(), known));
      }
    }
    return names;
  }
}
