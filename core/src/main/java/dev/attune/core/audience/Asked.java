package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.stream.Collectors;

/** What conditions ask, in a line for people, in the words in which definitions write it. */
final class Asked {
  private static final long[] UNITS_MILLIS = {86_400_000, 3_600_000, 60_000, 1_000};
  private static final String[] UNITS = {"d", "h", "m", "s"};

  private Asked() {}

  static String of(Condition.DateTest date) {
    return date.trait()
        + switch (date.side()) {
          case NEXT -> " within the next ";
          case LAST -> " within the last ";
        }
        + span(date.span());
  }

  static String of(Condition.EventCount count) {
    return events(count.match())
        + ", "
        + count.comparison().symbol()
        + " "
        + count.count()
        + window(count.window());
  }

  static String of(Condition.EventAggregate asked) {
    String bound =
        asked.aggregate() == Aggregate.DISTINCT
            ? String.valueOf(asked.bound())
            : BigDecimal.valueOf(asked.bound(), Measure.DIGITS)
                .stripTrailingZeros()
                .toPlainString();
    return "%s, %s of %s %s %s%s"
        .formatted(
            events(asked.match()),
            asked.aggregate().label(),
            asked.match().measure().map(Measure::text).orElse(""),
            asked.comparison().symbol(),
            bound,
            window(asked.window()));
  }

  static String of(Condition.LastEvent last) {
    return "the last " + last.event() + window(last.window()) + " fits " + last.fits().text();
  }

  static String of(Condition.FirstEvent first) {
    return "the first " + first.event() + window(first.window()) + " fits " + first.fits().text();
  }

  static String of(Condition.Sequence sequence) {
    String steps =
        sequence.steps().stream()
            .map(
                step ->
                    events(step.match())
                        + step.after().map(span -> " within " + span(span)).orElse(""))
            .collect(Collectors.joining(", then "));
    String without =
        sequence.without().isEmpty()
            ? ""
            : sequence.without().stream()
                .map(Asked::events)
                .collect(Collectors.joining(" or ", ", without ", " between"));
    return steps + without + ", all" + window(sequence.window());
  }

  private static String events(EventMatch match) {
    return match.event()
        + match.where().map(expression -> " where " + expression.text()).orElse("");
  }

  private static String window(Window window) {
    return switch (window) {
      case Window.Within within -> " within " + span(within.length());
      case Window.Since since -> " since " + since.start();
      case Window.Ago ago -> " " + span(ago.youngest()) + " to " + span(ago.oldest()) + " ago";
    };
  }

  // In the greatest unit that says it whole.
  private static String span(Duration span) {
    long millis = span.toMillis();
    for (int i = 0; i < UNITS.length; i++) {
      if (millis % UNITS_MILLIS[i] == 0) {
        return millis / UNITS_MILLIS[i] + UNITS[i];
      }
    }
    return millis + "ms";
  }
}
