package dev.attune.core.audience;

import dev.attune.core.definition.Definitions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which audiences may have other members with another set of definitions. */
public final class AudienceChanges {
  private final Definitions before;
  private final Definitions after;
  private final Map<String, Boolean> known = new HashMap<>();

  private AudienceChanges(Definitions before, Definitions after) {
    this.before = before;
    this.after = after;
  }

  /**
   * Names of those that are new, gone or changed, or that ask for such a one; of all when a trait
   * is declared otherwise, since expressions see values by their declared types.
   */
  public static Set<String> between(Definitions before, Definitions after) {
    var changes = new AudienceChanges(before, after);
    Set<String> names = new TreeSet<>(before.audiences().keySet());
    names.addAll(after.audiences().keySet());
    if (before.catalog().traits().equals(after.catalog().traits())) {
      names.removeIf(name -> !changes.changed(name));
    }
    return names;
  }

  // There are no circles: both sets were checked.
  private boolean changed(String name) {
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
        || asksForChanged(is.when());
  }

  private boolean asksForChanged(Condition condition) {
    return switch (condition) {
      case Condition.All all -> all.conditions().stream().anyMatch(this::asksForChanged);
      case Condition.Any any -> any.conditions().stream().anyMatch(this::asksForChanged);
      case Condition.Not not -> asksForChanged(not.condition());
      case Condition.InAudience in -> changed(in.name());
      case Condition.TraitTest _,
          Condition.InWarehouse _,
          Condition.DateTest _,
          Condition.LastEvent _,
          Condition.EventCount _ ->
          false;
    };
  }
}
