package dev.attune.core.audience;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** An audience, ready to be asked. Immutable. */
public final class CompiledAudience {
  /** Most events named as evidence. */
  public static final int EVIDENCE_MAX = 10;

  private final AudienceDefinition definition;
  private final long version;
  private final Node root;
  private final List<Predicate<ProfileState>> tests = new ArrayList<>();
  private final List<Leaf> leaves = new ArrayList<>();
  private final Map<String, Matcher> needs = new TreeMap<>();
  private final Set<String> traits = new TreeSet<>();
  private final Set<String> dates = new TreeSet<>();

  /**
   * @param others the definitions of its set, which it may ask for
   */
  CompiledAudience(
      AudienceDefinition definition, long version, Map<String, AudienceDefinition> others) {
    this.definition = definition;
    this.version = version;
    this.root = compile(definition.when(), others);
    if (definition.requiresConsent()) {
      traits.add(definition.consentTrait());
    }
  }

  public String name() {
    return definition.name();
  }

  public AudienceDefinition definition() {
    return definition;
  }

  /** Version of the definition, or of the newest one among those that it asks for. */
  public long version() {
    return version;
  }

  /** Which events it counts and how many of them it needs, by {@link EventMatch#key}. */
  Map<String, Matcher> needs() {
    return needs;
  }

  /** Whether time alone may change its answer. */
  public boolean isTimed() {
    return !leaves.isEmpty();
  }

  /** Names of the traits that it compares with now. */
  Set<String> dates() {
    return dates;
  }

  /** Whether it asks who is listed in the table of a model. */
  public boolean readsTable(String model) {
    return traits.contains(WarehouseMembers.trait(model));
  }

  /** Names of the traits that it reads, those of consents included. */
  public Set<String> traits() {
    return traits;
  }

  /**
   * Whether the profile belongs to it.
   *
   * @param nowMicros events later than that count too: whoever stamps them bounds how much later
   */
  public Evaluation evaluate(ProfileState state, long nowMicros) {
    // Before anything is computed for somebody whom no answer could bring in.
    if (definition.requiresConsent() && !state.consents(definition.consentTrait())) {
      return new Evaluation(false, false, 0);
    }
    boolean[] known = new boolean[tests.size()];
    for (int i = 0; i < known.length; i++) {
      known[i] = tests.get(i).test(state);
    }
    // A leaf holds from `from` on until `until`: two instants say all that time can change.
    long[] until = new long[leaves.size()];
    long[] from = new long[leaves.size()];
    long newest = nowMicros;
    for (int i = 0; i < until.length; i++) {
      Leaf leaf = leaves.get(i);
      until[i] = leaf.until(state);
      from[i] = leaf.from(state);
      newest = Math.max(newest, leaf.newest(state));
    }
    boolean member = holds(known, until, from, nowMicros);
    boolean atNewest = newest == nowMicros ? member : holds(known, until, from, newest);
    return new Evaluation(member, member && atNewest, flip(known, until, from, nowMicros, member));
  }

  /**
   * Since when the warehouse says that the profile belongs to it, in microseconds; 0 when it does
   * not say.
   */
  public long listedSince(ProfileState state) {
    return definition.when() instanceof Condition.InWarehouse listed
        ? state.timestamp(WarehouseMembers.trait(listed.model()))
        : 0;
  }

  /**
   * The newest events that it counts at an instant, newest first, at most {@link #EVIDENCE_MAX}: of
   * each the first 16 hexadecimal digits of the SHA-256 of its id.
   */
  public List<String> evidence(ProfileState state, long nowMicros) {
    EventRing counted = EventRing.EMPTY;
    for (Leaf leaf : leaves) {
      counted =
          counted.union(leaf.counted(state, nowMicros).newest(EVIDENCE_MAX)).newest(EVIDENCE_MAX);
    }
    List<String> evidence = new ArrayList<>();
    for (int n = 1; n <= counted.size(); n++) {
      evidence.add(HexFormat.of().toHexDigits(counted.hash(n)));
    }
    return evidence;
  }

  private boolean holds(boolean[] known, long[] until, long[] from, long at) {
    boolean[] counts = new boolean[until.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = at < until[i] && at >= from[i];
    }
    return root.holds(known, counts);
  }

  private long flip(boolean[] known, long[] until, long[] from, long now, boolean member) {
    var instants = new TreeSet<Long>();
    for (int i = 0; i < until.length; i++) {
      add(instants, until[i], now);
      add(instants, from[i], now);
    }
    for (long instant : instants) {
      if (holds(known, until, from, instant) != member) {
        return instant;
      }
    }
    return 0;
  }

  private static void add(Set<Long> instants, long instant, long now) {
    if (instant > now && instant != Long.MAX_VALUE) {
      instants.add(instant);
    }
  }

  // An audience that is asked for.
  private Node compile(AudienceDefinition of, Map<String, AudienceDefinition> others) {
    Node when = compile(of.when(), others);
    if (!of.requiresConsent()) {
      return when;
    }
    String trait = of.consentTrait();
    traits.add(trait);
    Node consent = test(state -> state.consents(trait));
    return (known, counts) -> consent.holds(known, counts) && when.holds(known, counts);
  }

  private Node compile(Condition condition, Map<String, AudienceDefinition> others) {
    return switch (condition) {
      case Condition.All all -> {
        List<Node> nodes = compile(all.conditions(), others);
        yield (known, counts) -> {
          for (Node node : nodes) {
            if (!node.holds(known, counts)) {
              return false;
            }
          }
          return true;
        };
      }
      case Condition.Any any -> {
        List<Node> nodes = compile(any.conditions(), others);
        yield (known, counts) -> {
          for (Node node : nodes) {
            if (node.holds(known, counts)) {
              return true;
            }
          }
          return false;
        };
      }
      case Condition.Not not -> {
        Node node = compile(not.condition(), others);
        yield (known, counts) -> !node.holds(known, counts);
      }
      case Condition.TraitTest test -> {
        traits.addAll(test.expression().traits());
        yield test(state -> test.expression().test(state.values()));
      }
      case Condition.InWarehouse listed -> {
        String trait = WarehouseMembers.trait(listed.model());
        traits.add(trait);
        yield test(state -> state.has(trait));
      }
      case Condition.InAudience in -> {
        AudienceDefinition other = others.get(in.name());
        if (other == null) {
          throw new IllegalArgumentException("audience: " + in.name() + " (expected: of the set)");
        }
        yield compile(other, others);
      }
      case Condition.DateTest date -> {
        traits.add(date.trait());
        dates.add(date.trait());
        yield leaf(DateLeaf.of(date), false);
      }
      case Condition.LastEvent last -> {
        need(Matcher.of(last.all(), 1, last.window()));
        need(Matcher.of(last.fitting(), 1, last.window()));
        yield leaf(LastLeaf.of(last), false);
      }
      case Condition.EventCount count -> {
        need(Matcher.of(count.match(), Math.max(1, count.needed()), count.window()));
        yield leaf(CountLeaf.of(count), CountLeaf.negated(count.comparison()));
      }
    };
  }

  private List<Node> compile(List<Condition> conditions, Map<String, AudienceDefinition> others) {
    return conditions.stream().map(condition -> compile(condition, others)).toList();
  }

  private void need(Matcher matcher) {
    needs.merge(matcher.key(), matcher, Matcher::max);
  }

  private Node leaf(Leaf leaf, boolean negated) {
    int index = leaves.size();
    leaves.add(leaf);
    return (_, counts) -> counts[index] != negated;
  }

  private Node test(Predicate<ProfileState> test) {
    int index = tests.size();
    tests.add(test);
    return (known, _) -> known[index];
  }

  /** A node of the tree, over the answers of the tests and of the leaves. */
  @FunctionalInterface
  private interface Node {
    boolean holds(boolean[] known, boolean[] counts);
  }
}
