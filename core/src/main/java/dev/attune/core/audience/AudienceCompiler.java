package dev.attune.core.audience;

import dev.attune.core.audience.CompiledAudience.Node;
import dev.attune.core.audience.CompiledAudience.Test;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Makes the plan of one audience: a tree over answers, and what gives the answers. */
final class AudienceCompiler {
  private final Map<String, AudienceDefinition> others;
  private final List<Test> tests = new ArrayList<>();
  private final List<Leaf> leaves = new ArrayList<>();
  private final Map<String, Matcher> needs = new TreeMap<>();
  private final Set<String> traits = new TreeSet<>();
  private final Set<String> dates = new TreeSet<>();
  private final Set<String> groupTraits = new TreeSet<>();

  /**
   * @param others the definitions of its set, which it may ask for
   */
  AudienceCompiler(Map<String, AudienceDefinition> others) {
    this.others = others;
  }

  /** By the index that nodes have for them. */
  List<Test> tests() {
    return tests;
  }

  /** By the index that nodes have for them. */
  List<Leaf> leaves() {
    return leaves;
  }

  /** Which events are counted and how many of them are needed, by {@link EventMatch#key}. */
  Map<String, Matcher> needs() {
    return needs;
  }

  /** Names of the traits that are read. */
  Set<String> traits() {
    return traits;
  }

  /** Names of the traits that are compared with now. */
  Set<String> dates() {
    return dates;
  }

  /** Names of the traits of groups that are read. */
  Set<String> groupTraits() {
    return groupTraits;
  }

  // An audience that is asked for.
  private Node compile(AudienceDefinition of) {
    Node when = compile(of.when());
    if (!of.requiresConsent()) {
      return when;
    }
    String trait = of.consentTrait();
    traits.add(trait);
    Node consent = test(state -> state.consents(trait));
    return (known, holding) -> consent.holds(known, holding) && when.holds(known, holding);
  }

  /** The condition's node; what it asks for is added to the rest. */
  Node compile(Condition condition) {
    return switch (condition) {
      case Condition.All all -> {
        List<Node> nodes = compile(all.conditions());
        yield (known, holding) -> {
          for (Node node : nodes) {
            if (!node.holds(known, holding)) {
              return false;
            }
          }
          return true;
        };
      }
      case Condition.Any any -> {
        List<Node> nodes = compile(any.conditions());
        yield (known, holding) -> {
          for (Node node : nodes) {
            if (node.holds(known, holding)) {
              return true;
            }
          }
          return false;
        };
      }
      case Condition.Not not -> {
        Node node = compile(not.condition());
        yield (known, holding) -> !node.holds(known, holding);
      }
      case Condition.TraitTest test -> {
        traits.addAll(test.expression().traits());
        yield test(state -> test.expression().test(state.values()));
      }
      case Condition.GroupTest test -> {
        groupTraits.addAll(test.expression().traits());
        yield test(state -> state.hasGroup(test.expression()));
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
        yield compile(other);
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
      case Condition.FirstEvent first -> {
        need(Matcher.of(first.all(), Condition.EVENTS_MAX, first.window()));
        need(Matcher.of(first.fitting(), Condition.EVENTS_MAX, first.window()));
        yield leaf(TallyLeaf.of(first), false);
      }
      case Condition.EventAggregate aggregate -> {
        need(Matcher.of(aggregate.match(), Condition.EVENTS_MAX, aggregate.window()));
        yield leaf(TallyLeaf.of(aggregate), false);
      }
      case Condition.Sequence sequence -> {
        for (Condition.Sequence.Step step : sequence.steps()) {
          need(Matcher.of(step.match(), Condition.EVENTS_MAX, sequence.window()));
        }
        for (EventMatch match : sequence.without()) {
          need(Matcher.of(match, Condition.EVENTS_MAX, sequence.window()));
        }
        yield leaf(SequenceLeaf.of(sequence), false);
      }
      case Condition.EventCount count when count.needsAll() -> {
        need(Matcher.of(count.match(), Condition.EVENTS_MAX, count.window()));
        yield leaf(TallyLeaf.of(count), false);
      }
      case Condition.EventCount count -> {
        need(Matcher.of(count.match(), Math.max(1, count.needed()), count.window()));
        yield leaf(CountLeaf.of(count), CountLeaf.negated(count.comparison()));
      }
    };
  }

  private List<Node> compile(List<Condition> conditions) {
    return conditions.stream().map(this::compile).toList();
  }

  private void need(Matcher matcher) {
    needs.merge(matcher.key(), matcher, Matcher::max);
  }

  private Node leaf(Leaf leaf, boolean negated) {
    leaves.add(leaf);
    return new LeafNode(leaves.size() - 1, negated);
  }

  private Node test(Test test) {
    int index = tests.size();
    tests.add(test);
    return (known, _) -> known[index];
  }

  /**
   * What a leaf says.
   *
   * @param negated the opposite of it
   */
  record LeafNode(int index, boolean negated) implements Node {
    @Override
    public boolean holds(boolean[] known, boolean[] holding) {
      return holding[index] != negated;
    }
  }
}
