package dev.attune.core.audience;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
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
  private final Set<String> events = new TreeSet<>();
  private final Set<String> traits = new TreeSet<>();

  CompiledAudience(AudienceDefinition definition, long version) {
    this.definition = definition;
    this.version = version;
    this.root = compile(definition.when());
    if (definition.requiresConsent()) {
      traits.add(consentTrait());
    }
  }

  public String name() {
    return definition.name();
  }

  public AudienceDefinition definition() {
    return definition;
  }

  /** Version of the definition. */
  public long version() {
    return version;
  }

  /** Names of the events that it counts. */
  public Set<String> events() {
    return events;
  }

  /** Names of the traits that it reads, the one of the consent included. */
  public Set<String> traits() {
    return traits;
  }

  /**
   * Whether the profile belongs to it.
   *
   * @param nowMicros events later than that count too: whoever stamps them bounds how much later
   */
  public Evaluation evaluate(ProfileState state, long nowMicros) {
    if (definition.requiresConsent() && !state.consents(consentTrait())) {
      return new Evaluation(false, false, 0);
    }
    boolean[] known = new boolean[tests.size()];
    for (int i = 0; i < known.length; i++) {
      known[i] = tests.get(i).test(state);
    }
    // A count holds from the first event on until `until`, and while a second count does not: two
    // instants per leaf say all that time can change.
    long[] until = new long[leaves.size()];
    long[] unless = new long[leaves.size()];
    long newest = nowMicros;
    for (int i = 0; i < until.length; i++) {
      Leaf leaf = leaves.get(i);
      EventRing ring = state.ring(leaf.event);
      until[i] = leaf.expires(ring, leaf.atLeast);
      unless[i] = leaf.unless < 0 ? Long.MIN_VALUE : leaf.expires(ring, leaf.unless);
      if (ring.size() > 0) {
        newest = Math.max(newest, ring.nth(1));
      }
    }
    boolean member = holds(known, until, unless, nowMicros);
    boolean atNewest = newest == nowMicros ? member : holds(known, until, unless, newest);
    return new Evaluation(
        member, member && atNewest, flip(known, until, unless, nowMicros, member));
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
          counted
              .union(
                  state.ring(leaf.event).after(nowMicros - leaf.withinMicros).newest(EVIDENCE_MAX))
              .newest(EVIDENCE_MAX);
    }
    List<String> evidence = new ArrayList<>();
    for (int n = 1; n <= counted.size(); n++) {
      evidence.add(HexFormat.of().toHexDigits(counted.hash(n)));
    }
    return evidence;
  }

  private boolean holds(boolean[] known, long[] until, long[] unless, long at) {
    boolean[] counts = new boolean[until.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = at < until[i] && at >= unless[i];
    }
    return root.holds(known, counts);
  }

  private long flip(boolean[] known, long[] until, long[] unless, long now, boolean member) {
    var instants = new TreeSet<Long>();
    for (int i = 0; i < until.length; i++) {
      add(instants, until[i], now);
      add(instants, unless[i], now);
    }
    for (long instant : instants) {
      if (holds(known, until, unless, instant) != member) {
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

  private String consentTrait() {
    return AudienceDefinition.CONSENT_PREFIX + definition.consent();
  }

  private Node compile(Condition condition) {
    return switch (condition) {
      case Condition.All all -> {
        List<Node> nodes = all.conditions().stream().map(this::compile).toList();
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
        List<Node> nodes = any.conditions().stream().map(this::compile).toList();
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
        Node node = compile(not.condition());
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
      case Condition.EventCount count -> {
        int index = leaves.size();
        leaves.add(Leaf.of(count));
        events.add(count.event());
        boolean negated = Leaf.negated(count.comparison());
        yield (_, counts) -> counts[index] != negated;
      }
    };
  }

  private Node test(Predicate<ProfileState> test) {
    int index = tests.size();
    tests.add(test);
    return (known, _) -> known[index];
  }

  /** A node of the tree, over the answers of the tests and of the counts. */
  @FunctionalInterface
  private interface Node {
    boolean holds(boolean[] known, boolean[] counts);
  }

  /**
   * At least {@code atLeast} events within the window, and not at least {@code unless} of them (-1:
   * no such bound).
   */
  private record Leaf(String event, int atLeast, int unless, long withinMicros) {
    static Leaf of(Condition.EventCount count) {
      int n = count.count();
      int unless = count.comparison() == Comparison.EXACTLY ? n + 1 : -1;
      int atLeast =
          switch (count.comparison()) {
            case AT_LEAST, EXACTLY, LESS_THAN -> n;
            case MORE_THAN, AT_MOST -> n + 1;
          };
      return new Leaf(count.event(), atLeast, unless, count.within().toMillis() * 1_000);
    }

    /** "At most" and "less than" are the opposite of a count that is reached. */
    static boolean negated(Comparison comparison) {
      return comparison == Comparison.AT_MOST || comparison == Comparison.LESS_THAN;
    }

    /**
     * Until when at least n lie within the window: for ever when n is 0, never when there are
     * fewer.
     */
    long expires(EventRing ring, int n) {
      if (n == 0) {
        return Long.MAX_VALUE;
      }
      return ring.size() < n ? Long.MIN_VALUE : ring.nth(n) + withinMicros;
    }
  }
}
