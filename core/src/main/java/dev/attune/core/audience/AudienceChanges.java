package dev.attune.core.audience;

import dev.attune.core.catalog.TraitDeclaration;
import dev.attune.core.definition.Definitions;
import dev.attune.core.model.AudienceModel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which audiences may have other members with another set of definitions, and why. */
public final class AudienceChanges {
  private final Definitions before;
  private final Definitions after;
  private final Set<String> traits = new TreeSet<>();
  private final Set<String> tables = new TreeSet<>();
  private final Set<String> audiences = new TreeSet<>();
  private final Map<String, Boolean> known = new HashMap<>();

  private AudienceChanges(Definitions before, Definitions after) {
    this.before = before;
    this.after = after;
    Set<String> all = new TreeSet<>(before.catalog().traits().keySet());
    all.addAll(after.catalog().traits().keySet());
    all.stream().filter(this::isDeclaredOtherwise).forEach(traits::add);
    after.models().values().stream()
        .filter(AudienceModel.class::isInstance)
        .filter(model -> !model.equals(before.models().get(model.name())))
        .forEach(model -> tables.add(model.name()));
    all = new TreeSet<>(before.audiences().keySet());
    all.addAll(after.audiences().keySet());
    all.stream().filter(this::isOther).forEach(audiences::add);
  }

  /** Compares two checked sets. */
  public static AudienceChanges between(Definitions before, Definitions after) {
    return new AudienceChanges(before, after);
  }

  /**
   * Names of the audiences that are new, gone or changed, or that ask for such a one, a trait that
   * is declared otherwise, or a table that is another one; sorted.
   */
  public Set<String> audiences() {
    return audiences;
  }

  /**
   * Names of the traits whose type or precedence is another one, that are computed otherwise, or
   * that are new or gone.
   */
  public Set<String> traits() {
    return traits;
  }

  /** Names of the models of audiences that are new or changed. */
  public Set<String> tables() {
    return tables;
  }

  private boolean isDeclaredOtherwise(String trait) {
    Optional<TraitDeclaration> was = before.catalog().trait(trait);
    Optional<TraitDeclaration> is = after.catalog().trait(trait);
    return was.isEmpty()
        || is.isEmpty()
        || was.get().type() != is.get().type()
        || !was.get().precedence().equals(is.get().precedence())
        || isComputedOtherwise(before.computed().get(trait), after.computed().get(trait));
  }

  private static boolean isComputedOtherwise(
      @Nullable ComputedTrait was, @Nullable ComputedTrait is) {
    if (was == null || is == null) {
      return (was == null) != (is == null);
    }
    return !was.computesAs(is);
  }

  // There are no circles: both sets were checked.
  private boolean isOther(String name) {
    Boolean answer = known.get(name);
    if (answer == null) {
      answer = isOther(before.audiences().get(name), after.audiences().get(name));
      known.put(name, answer);
    }
    return answer;
  }

  private boolean isOther(@Nullable AudienceDefinition was, @Nullable AudienceDefinition is) {
    return was == null
        || is == null
        || !was.consent().equals(is.consent())
        || !was.when().equals(is.when())
        || asksForOther(is.when());
  }

  private boolean asksForOther(Condition condition) {
    return condition.parts().stream().anyMatch(this::asksForOther)
        || switch (condition) {
          case Condition.InAudience in -> isOther(in.name());
          case Condition.InWarehouse listed -> tables.contains(listed.model());
          case Condition.DateTest date -> traits.contains(date.trait());
          case Condition.TraitTest test ->
              test.expression().traits().stream().anyMatch(traits::contains);
          case Condition.GroupTest test ->
              test.expression().traits().stream().anyMatch(traits::contains);
          default -> false;
        };
  }
}
