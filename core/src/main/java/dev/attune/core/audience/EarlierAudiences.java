package dev.attune.core.audience;

import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.FormerDefinitions.Former;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What audiences of a set were at an earlier time, together with all that they ask for, as of that
 * same time: a mixture of times may never have been in force.
 */
final class EarlierAudiences {
  private final Definitions definitions;

  EarlierAudiences(Definitions definitions) {
    this.definitions = definitions;
  }

  /**
   * What an audience was right before a version of it, or of something that it asks for, came.
   *
   * @return empty when there was none, or not all of it is known any more
   */
  Optional<CompiledAudience> before(String name, long version) {
    Walk walk = new Walk(version);
    return walk.audience(name)
        ? Optional.ofNullable(walk.audiences.get(name))
            .map(was -> new CompiledAudience(was, walk.newest, walk.audiences, walk.computed))
        : Optional.empty();
  }

  private record Was<T>(long version, T definition) {}

  /** Collects one audience and what it asks for; false as soon as something is not known. */
  private final class Walk {
    private final long before;
    private final Map<String, AudienceDefinition> audiences = new HashMap<>();
    private final Map<String, Long> computed = new HashMap<>();
    private final Set<String> path = new HashSet<>();
    private long newest;

    Walk(long before) {
      this.before = before;
    }

    boolean audience(String name) {
      if (!path.add(name)) {
        return false;
      }
      boolean known = audiences.containsKey(name) || find(name);
      path.remove(name);
      return known;
    }

    private boolean find(String name) {
      AudienceDefinition today = definitions.audiences().get(name);
      if (today == null) {
        return false;
      }
      if (today.when() instanceof Condition.InWarehouse) {
        // Who is listed is a trait, whatever the table is like.
        audiences.put(name, today);
        return true;
      }
      Optional<Was<AudienceDefinition>> was =
          asOf(
              "audience/" + name,
              today,
              definitions.former().audiences().getOrDefault(name, List.of()));
      was.ifPresent(each -> audiences.put(name, each.definition()));
      return was.filter(each -> condition(each.definition().when())).isPresent();
    }

    private boolean condition(Condition condition) {
      if (condition instanceof Condition.InAudience in && !audience(in.name())) {
        return false;
      }
      if (condition instanceof Condition.TraitTest test
          && !test.expression().traits().stream().allMatch(this::trait)) {
        return false;
      }
      return condition.parts().stream().allMatch(this::condition);
    }

    private boolean trait(String name) {
      ComputedTrait today = definitions.computed().get(name);
      if (today == null) {
        // Its value is the profile's own.
        return true;
      }
      Optional<Was<ComputedTrait>> was =
          asOf(
              "trait/" + name,
              today,
              definitions.former().computed().getOrDefault(name, List.of()));
      was.ifPresent(each -> computed.put(name, each.version()));
      return was.isPresent();
    }

    private <T> Optional<Was<T>> asOf(String key, T today, List<Former<T>> former) {
      long own = definitions.versions().getOrDefault(key, 0L);
      Optional<Was<T>> was =
          own < before
              ? Optional.of(new Was<>(own, today))
              : former.stream()
                  .filter(each -> each.version() < before)
                  .findFirst()
                  .flatMap(each -> each.definition().map(d -> new Was<>(each.version(), d)));
      was.ifPresent(each -> newest = Math.max(newest, each.version()));
      return was;
    }
  }
}
