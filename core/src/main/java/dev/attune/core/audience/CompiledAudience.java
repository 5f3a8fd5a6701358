package dev.attune.core.audience;

import dev.attune.core.audience.AudienceCompiler.LeafNode;
import dev.attune.core.catalog.ComputedKeys;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An audience, ready to be asked. Immutable. */
public final class CompiledAudience {
  /** Most events named as evidence. */
  public static final int EVIDENCE_MAX = 10;

  private final AudienceDefinition definition;
  private final long version;
  private final String[] consents;
  private final Node root;
  // Arrays: among ten thousand audiences each object more that is looked at is a miss of the cache.
  private final Test[] tests;
  private final Leaf[] leaves;
  // Most audiences ask one thing.
  private final @Nullable Leaf only;
  private final boolean onlyNegated;
  private final boolean timed;
  private final Map<String, Matcher> needs;
  private final Set<String> traits;
  private final Set<String> dates;
  private final Set<String> groupTraits;
  private final Map<String, Long> computed = new TreeMap<>();

  /**
   * @param others the definitions of its set, which it may ask for
   * @param computed versions of the computed traits of its set, by name
   */
  CompiledAudience(
      AudienceDefinition definition,
      long version,
      Map<String, AudienceDefinition> others,
      Map<String, Long> computed) {
    this.definition = definition;
    this.version = version;
    List<String> found = new ArrayList<>();
    consents(definition, others, found);
    this.consents = found.toArray(String[]::new);
    var compiler = new AudienceCompiler(others);
    this.root = compiler.compile(definition.when());
    this.tests = compiler.tests().toArray(Test[]::new);
    this.leaves = compiler.leaves().toArray(Leaf[]::new);
    boolean one = root instanceof LeafNode && leaves.length == 1 && tests.length == 0;
    this.only = one ? leaves[0] : null;
    this.onlyNegated = one && ((LeafNode) root).negated();
    this.needs = compiler.needs();
    this.traits = compiler.traits();
    this.dates = compiler.dates();
    this.groupTraits = compiler.groupTraits();
    if (definition.requiresConsent()) {
      traits.add(definition.consentTrait());
    }
    for (String trait : traits) {
      Long read = computed.get(trait);
      if (read != null) {
        this.computed.put(ComputedKeys.of(trait), read);
      }
    }
    this.timed = leaves.length > 0 || !this.computed.isEmpty();
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

  /** Names of the events that it counts. */
  public Set<String> events() {
    return needs.values().stream().map(need -> need.match().event()).collect(Collectors.toSet());
  }

  /**
   * From when on it knows all events that its windows see, for whoever was told all that happened
   * since an instant, in microseconds, 0 for all there ever was; {@link KnownHistory#NEVER} when
   * that is too late; empty when it does already.
   */
  public OptionalLong completeFrom(long toldFromMicros, long nowMicros) {
    long latest =
        needs.values().stream()
            .mapToLong(need -> need.knownFrom(toldFromMicros))
            .max()
            .orElse(Long.MIN_VALUE);
    return latest <= nowMicros ? OptionalLong.empty() : OptionalLong.of(latest);
  }

  /** Whether a condition looks at the newest {@link Condition#EVENTS_MAX} events alone. */
  boolean isBounded() {
    return needs.values().stream().anyMatch(Matcher::isBounded);
  }

  /** Whether time alone may change its answer, or that of a computed trait that it asks for. */
  public boolean isTimed() {
    return timed;
  }

  /**
   * Whether the person consents to its purpose, and to those of all audiences that everybody in it
   * has to be in; without a purpose nobody is asked.
   */
  public boolean isConsented(ProfileState state) {
    for (String consent : consents) {
      if (!state.consents(consent)) {
        return false;
      }
    }
    return true;
  }

  private static void consents(
      AudienceDefinition of, Map<String, AudienceDefinition> others, List<String> found) {
    if (of.requiresConsent()) {
      found.add(of.consentTrait());
    }
    consents(of.when(), others, found);
  }

  private static void consents(
      Condition condition, Map<String, AudienceDefinition> others, List<String> found) {
    if (condition instanceof Condition.All all) {
      all.conditions().forEach(part -> consents(part, others, found));
    } else if (condition instanceof Condition.InAudience in && others.containsKey(in.name())) {
      consents(others.get(in.name()), others, found);
    }
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

  /** The computed traits that it reads, by what they are told under, and which version of each. */
  public Map<String, Long> computed() {
    return Collections.unmodifiableMap(computed);
  }

  /** Names of the traits of groups that it reads. */
  public Set<String> groupTraits() {
    return groupTraits;
  }

  /**
   * Whether the profile belongs to it.
   *
   * @param nowMicros events later than that count too: whoever stamps them bounds how much later
   */
  public Evaluation evaluate(ProfileState state, long nowMicros) {
    // Before anything is computed for somebody whom no answer could bring in.
    if (!isConsented(state)) {
      return new Evaluation(false, false, 0);
    }
    if (only != null) {
      return evaluate(only, state, nowMicros);
    }
    boolean[] known = new boolean[tests.length];
    for (int i = 0; i < known.length; i++) {
      known[i] = tests[i].holds(state);
    }
    // The turns of the leaves say all that time can change.
    long[][] turns = new long[leaves.length][];
    long newest = nowMicros;
    for (int i = 0; i < turns.length; i++) {
      Leaf leaf = leaves[i];
      turns[i] = leaf.turns(state);
      newest = Math.max(newest, leaf.newest(state));
    }
    boolean member = holds(known, turns, nowMicros);
    boolean atNewest = newest == nowMicros ? member : holds(known, turns, newest);
    return new Evaluation(member, member && atNewest, flip(known, turns, nowMicros, member));
  }

  // The same for one leaf, each turn of which is one of the answer.
  private Evaluation evaluate(Leaf leaf, ProfileState state, long nowMicros) {
    long[] turns = leaf.turns(state);
    boolean member = Turns.holds(turns, nowMicros) != onlyNegated;
    long newest = Math.max(nowMicros, leaf.newest(state));
    boolean atNewest = member && Turns.holds(turns, newest) != onlyNegated;
    long flip = Turns.next(turns, nowMicros);
    return new Evaluation(member, atNewest, flip == Long.MAX_VALUE ? 0 : flip);
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
   * each the first 14 hexadecimal digits of the SHA-256 of its id.
   */
  public List<String> evidence(ProfileState state, long nowMicros) {
    EventRing counted = EventRing.EMPTY;
    for (Leaf leaf : leaves) {
      counted =
          counted.union(leaf.counted(state, nowMicros).newest(EVIDENCE_MAX)).newest(EVIDENCE_MAX);
    }
    List<String> evidence = new ArrayList<>();
    for (int n = 1; n <= counted.size(); n++) {
      evidence.add(EventHash.digits(counted.hash(n)));
    }
    return evidence;
  }

  private boolean holds(boolean[] known, long[][] turns, long at) {
    boolean[] holding = new boolean[turns.length];
    for (int i = 0; i < holding.length; i++) {
      holding[i] = Turns.holds(turns[i], at);
    }
    return root.holds(known, holding);
  }

  private long flip(boolean[] known, long[][] turns, long now, boolean member) {
    for (long at = next(turns, now); at != Long.MAX_VALUE; at = next(turns, at)) {
      if (holds(known, turns, at) != member) {
        return at;
      }
    }
    return 0;
  }

  private static long next(long[][] turns, long after) {
    long next = Long.MAX_VALUE;
    for (long[] each : turns) {
      next = Math.min(next, Turns.next(each, after));
    }
    return next;
  }

  /** A node of the tree, over the answers of the tests and of the leaves. */
  @FunctionalInterface
  interface Node {
    boolean holds(boolean[] known, boolean[] holding);
  }

  /** What time alone does not change. */
  @FunctionalInterface
  interface Test {
    boolean holds(ProfileState state);
  }
}
