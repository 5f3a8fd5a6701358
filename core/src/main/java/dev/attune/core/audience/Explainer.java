package dev.attune.core.audience;

import dev.attune.core.audience.Condition.DateTest;
import dev.attune.core.audience.Condition.EventCount;
import dev.attune.core.audience.Condition.LastEvent;
import dev.attune.core.audience.Condition.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

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
    Explanation explained = explain(audience.definition());
    // Of the whole it is known exactly; its parts tell when they change, which may change nothing.
    return at(explained, audience.evaluate(state, now).flipMicros());
  }

  private static Explanation at(Explanation of, long changes) {
    return new Explanation(
        of.kind(),
        of.asked(),
        of.holds(),
        of.missing(),
        of.counted(),
        of.events(),
        changes,
        of.parts());
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
      case Condition.InWarehouse listed ->
          test(
              "warehouse",
              listed.model(),
              state.has(WarehouseMembers.trait(listed.model())),
              List.of());
      case Condition.InAudience in -> {
        Explanation part = explain(audiences.audience(in.name()).orElseThrow().definition());
        yield new Explanation(
            "audience", in.name(), part.holds(), List.of(), -1, List.of(), 0, List.of(part));
      }
      case DateTest date -> {
        DateLeaf leaf = DateLeaf.of(date);
        List<String> missing = leaf.isKnown(state) ? List.of() : List.of(date.trait());
        yield leaf("date", asked(date), leaf, false, -1, missing);
      }
      case LastEvent last -> {
        LastLeaf leaf = LastLeaf.of(last);
        int counted = leaf.counted(state, now).size();
        yield leaf("event", asked(last), leaf, false, counted, List.of());
      }
      case EventCount count -> {
        CountLeaf leaf = CountLeaf.of(count);
        boolean negated = CountLeaf.negated(count.comparison());
        int counted = leaf.counted(state, now).size();
        yield leaf("event", asked(count), leaf, negated, counted, List.of());
      }
    };
  }

  private Explanation leaf(
      String kind, String asked, Leaf leaf, boolean negated, int counted, List<String> missing) {
    long until = leaf.until(state);
    long from = leaf.from(state);
    long changes =
        from > now && from < until
            ? from
            : until > now && from <= now && until != Long.MAX_VALUE ? until : 0;
    boolean holds = (now < until && now >= from) != negated;
    List<Explanation.Counted> events = new ArrayList<>();
    EventRing newest = leaf.counted(state, now).newest(CompiledAudience.EVIDENCE_MAX);
    for (int n = 1; n <= newest.size(); n++) {
      String digest = HexFormat.of().toHexDigits(newest.hash(n));
      events.add(new Explanation.Counted(digest, newest.nth(n)));
    }
    return new Explanation(kind, asked, holds, missing, counted, events, changes, List.of());
  }

  private static Explanation test(String kind, String asked, boolean holds, List<String> missing) {
    return new Explanation(kind, asked, holds, missing, -1, List.of(), 0, List.of());
  }

  private static Explanation combined(String kind, boolean holds, List<Explanation> parts) {
    return new Explanation(kind, "", holds, List.of(), -1, List.of(), 0, parts);
  }

  private List<String> absent(Collection<String> traits) {
    return traits.stream().filter(trait -> !state.has(trait)).toList();
  }

  private static String asked(DateTest date) {
    return date.trait()
        + switch (date.side()) {
          case NEXT -> " within the next ";
          case LAST -> " within the last ";
        }
        + span(date.span());
  }

  private static String asked(EventCount count) {
    Optional<PropertyExpression> where = count.match().where();
    return count.match().event()
        + where.map(expression -> " where " + expression.text()).orElse("")
        + ", "
        + count.comparison().symbol()
        + " "
        + count.count()
        + asked(count.window());
  }

  private static String asked(LastEvent last) {
    return "the last " + last.event() + asked(last.window()) + " has " + last.fits().text();
  }

  private static String asked(Window window) {
    return switch (window) {
      case Window.Within within -> " within " + span(within.length());
      case Window.Since since -> " since " + since.start();
    };
  }

  // As definitions write it, in the greatest unit that says it whole.
  private static String span(Duration span) {
    long millis = span.toMillis();
    long[] units = {86_400_000, 3_600_000, 60_000, 1_000};
    String[] names = {"d", "h", "m", "s"};
    for (int i = 0; i < units.length; i++) {
      if (millis % units[i] == 0) {
        return millis / units[i] + names[i];
      }
    }
    return millis + "ms";
  }
}
