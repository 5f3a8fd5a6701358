package dev.attune.core.audience;

import dev.attune.core.audience.Condition.DateTest;
import dev.attune.core.audience.Condition.EventCount;
import dev.attune.core.audience.Condition.LastEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Explains answers of audiences for one profile at one instant. It goes through the conditions as
 * they were written, and asks for each what {@link CompiledAudience} asks.
 */
public final class Explainer {
  private final AudienceSet audiences;
  private final ProfileState state;
  private final long now;

  /**
   * @param nowMicros as of when
   */
  public Explainer(AudienceSet audiences, ProfileState state, long nowMicros) {
    this.audiences = audiences;
    this.state = state;
    this.now = nowMicros;
  }

  /** Why the profile belongs to an audience of the set, or does not. */
  public Explanation explain(CompiledAudience audience) {
    // Of the whole it is known exactly; its parts tell when they change, which may change nothing.
    return explain(audience.definition()).changingAt(audience.evaluate(state, now).flipMicros());
  }

  private Explanation explain(AudienceDefinition definition) {
    Explanation when = explain(definition.when());
    if (!definition.requiresConsent()) {
      return when;
    }
    String trait = definition.consentTrait();
    Explanation consent =
        test("consent", definition.consent(), state.consents(trait), absent(List.of(trait)));
    return combined("all", consent.holds() && when.holds(), List.of(consent, when));
  }

  private Explanation explain(Condition condition) {
    return switch (condition) {
      case Condition.All all -> {
        List<Explanation> parts = all.conditions().stream().map(this::explain).toList();
        yield combined("all", parts.stream().allMatch(Explanation::holds), parts);
      }
      case Condition.Any any -> {
        List<Explanation> parts = any.conditions().stream().map(this::explain).toList();
        yield combined("any", parts.stream().anyMatch(Explanation::holds), parts);
      }
      case Condition.Not not -> {
        Explanation part = explain(not.condition());
        yield combined("not", !part.holds(), List.of(part));
      }
      case Condition.TraitTest test ->
          test(
              "trait",
              test.expression().text(),
              test.expression().test(state.values()),
              test.expression().traits().stream()
                  .filter(trait -> !state.values().containsKey(trait))
                  .toList());
      case Condition.GroupTest test ->
          test(
              "group",
              test.expression().text(),
              state.hasGroup(test.expression()),
              test.expression().traits().stream()
                  .filter(trait -> !state.groupsHave(trait))
                  .toList());
      case Condition.InWarehouse listed ->
          test(
              "warehouse",
              listed.model(),
              state.has(WarehouseMembers.trait(listed.model())),
              List.of());
      case Condition.InAudience in -> {
        Explanation part = explain(audiences.audience(in.name()).orElseThrow().definition());
        yield Explanation.of("audience", in.name(), part.holds(), List.of(), List.of(part));
      }
      case DateTest date -> {
        DateLeaf leaf = DateLeaf.of(date);
        long[] turns = leaf.turns(state);
        yield Explanation.of(
                "date",
                Asked.of(date),
                Turns.holds(turns, now),
                leaf.isKnown(state) ? List.of() : List.of(date.trait()),
                List.of())
            .changingAt(changes(turns));
      }
      case LastEvent last -> events("event", Asked.of(last), LastLeaf.of(last), false, "");
      case Condition.FirstEvent first ->
          events("event", Asked.of(first), TallyLeaf.of(first), false, "");
      case EventCount count when count.needsAll() ->
          events("event", Asked.of(count), TallyLeaf.of(count), false, "");
      case EventCount count ->
          events(
              "event",
              Asked.of(count),
              CountLeaf.of(count),
              CountLeaf.negated(count.comparison()),
              "");
      case Condition.EventAggregate aggregate -> {
        TallyLeaf leaf = TallyLeaf.of(aggregate);
        yield events("event", Asked.of(aggregate), leaf, false, leaf.text(state, now));
      }
      case Condition.Sequence sequence -> {
        SequenceLeaf leaf = SequenceLeaf.of(sequence);
        yield events("sequence", Asked.of(sequence), leaf, false, leaf.text(state, now));
      }
    };
  }

  private Explanation events(String kind, String asked, Leaf leaf, boolean negated, String value) {
    long[] turns = leaf.turns(state);
    EventRing counted = leaf.counted(state, now);
    List<Explanation.Counted> newest = new ArrayList<>();
    for (int n = 1; n <= Math.min(counted.size(), CompiledAudience.EVIDENCE_MAX); n++) {
      String digest = EventHash.digits(counted.hash(n));
      newest.add(new Explanation.Counted(digest, counted.nth(n)));
    }
    return new Explanation(
        kind,
        asked,
        Turns.holds(turns, now) != negated,
        List.of(),
        counted.size(),
        value,
        leaf.isLimited(state, now),
        newest,
        changes(turns),
        List.of());
  }

  private long changes(long[] turns) {
    long next = Turns.next(turns, now);
    return next == Long.MAX_VALUE ? 0 : next;
  }

  private static Explanation test(String kind, String asked, boolean holds, List<String> missing) {
    return Explanation.of(kind, asked, holds, missing, List.of());
  }

  private static Explanation combined(String kind, boolean holds, List<Explanation> parts) {
    return Explanation.of(kind, "", holds, List.of(), parts);
  }

  private List<String> absent(Collection<String> traits) {
    return traits.stream().filter(trait -> !state.has(trait)).toList();
  }
}
