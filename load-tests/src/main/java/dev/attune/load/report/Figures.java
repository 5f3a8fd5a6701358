package dev.attune.load.report;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The figures of a bench: what has been measured so far of those that it has.
 *
 * @param <N> their names with their bounds, as they were agreed on, in their order
 */
public class Figures<N extends Enum<N> & Figures.Name> {
  private final Class<N> names;
  private final Map<N, Figure> measured;
  private String ended = "the run ended before it";

  /** What a figure is called and has to be. */
  public interface Name {
    Goal goal();
  }

  /**
   * What was agreed on.
   *
   * @param text word for word
   * @param unit e.g. {@code ms}
   */
  public record Goal(String text, String unit, Bound bound) {}

  public Figures(Class<N> names) {
    this.names = names;
    this.measured = new EnumMap<>(names);
  }

  public void measured(N name, double value, long samples, String note) {
    Goal goal = name.goal();
    measured.put(name, Figure.of(goal.text(), value, goal.unit(), goal.bound(), samples, note));
  }

  public final void notMeasured(N name, String why) {
    measured.put(name, open(name, why));
  }

  private static Figure open(Name name, String why) {
    return Figure.notMeasured(name.goal().text(), name.goal().unit(), name.goal().bound(), why);
  }

  /** Why figures that are still open will not be measured. */
  public final void ended(String why) {
    ended = why;
  }

  /** One of them, measured or not. */
  public final Figure figure(N name) {
    Figure figure = measured.get(name);
    return figure == null ? open(name, ended) : figure;
  }

  /** All of them, in their order. */
  public final List<Figure> list() {
    return Arrays.stream(names.getEnumConstants()).map(this::figure).toList();
  }
}
