package dev.attune.load.gatling;

import dev.attune.load.gatling.Outcomes.Outcome;
import dev.attune.load.report.Bound;
import dev.attune.load.report.Figure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class HttpFigures {
  private static final String WRONG = "wrong answers over HTTP";
  private static final String FAILED = "requests without the expected answer / all, mixed load";
  private static final String UNCHANGED = "304 / conditional lookups of what has not changed";
  private static final String LATENCY = "p99 of a lookup by identifier, mixed load";
  private static final String KNEE = "lookups a second before answers get late";
  private static final Bound WRONG_MAX = Bound.atMost(0);
  private static final Bound FAILED_MAX = Bound.atMost(0.001);
  private static final Bound UNCHANGED_LEAST = Bound.atLeast(1);

  /** What a reply in two writes would cost without TCP_NODELAY. */
  private static final Bound MILLIS_MAX = Bound.atMost(40);

  private static final Bound KNEE_LEAST = Bound.atLeast(1_000);

  private final List<Figure> measured = new ArrayList<>();

  /**
   * @param ownServer whether nobody else writes there, so that what is unchanged is known
   */
  void mix(Outcomes outcomes, Load load, boolean ownServer, String report) {
    List<Outcome> mixed = Requests.MIXED.stream().map(outcomes::of).toList();
    long count = mixed.stream().mapToLong(Outcome::count).sum();
    long failed = mixed.stream().mapToLong(Outcome::failed).sum();
    measured.add(
        Figure.of(
            FAILED,
            (double) failed / count,
            "ratio",
            FAILED_MAX,
            count,
            failures(outcomes) + "; " + report));
    Outcome get = outcomes.of(Requests.GET);
    measured.add(
        Figure.of(
            LATENCY,
            get.percentile(99),
            "ms",
            MILLIS_MAX,
            get.count(),
            "%d users/s for %d s over a shared pool of connections; %s"
                .formatted(load.rate(), load.length().toSeconds(), latencies(outcomes))));
    if (ownServer) {
      Outcome conditional = outcomes.of(Requests.CONDITIONAL);
      measured.add(
          Figure.of(
              UNCHANGED,
              (double) conditional.notModified() / conditional.answered(),
              "ratio",
              UNCHANGED_LEAST,
              conditional.answered(),
              "with If-None-Match and the ETag of a lookup just before"));
    }
  }

  /** Of the levels of a search for the knee. */
  void knee(Levels levels, Outcomes outcomes, String report) {
    List<String> notes = new ArrayList<>();
    long samples = 0;
    for (int rate : levels.rates()) {
      Outcome outcome = outcomes.of(Levels.request(rate));
      samples += outcome.count();
      if (outcome.count() > 0) {
        notes.add(
            String.format(
                Locale.ROOT,
                "%d/s: p50 %.0f p99 %.0f ms, %d of %d failed",
                rate,
                outcome.percentile(50),
                outcome.percentile(99),
                outcome.failed(),
                outcome.count()));
      }
    }
    measured.add(
        Figure.of(
            KNEE,
            levels.knee(),
            "lookups/s",
            KNEE_LEAST,
            samples,
            "Gatling on the same cores; late is a p99 above "
                + Levels.LATE.toMillis()
                + " ms; "
                + String.join(", ", notes)
                + "; "
                + report));
  }

  /** Of all simulations together. */
  void wrong(long wrong, long answers) {
    measured.add(
        Figure.of(
            WRONG,
            (double) wrong,
            "answers",
            WRONG_MAX,
            answers,
            "of every answer with a profile whom it names, and whether the traits are theirs; other"
                + " answers than the expected ones count as failed"));
  }

  /** For a figure that a failure took away, of those that were to be measured. */
  void ended(boolean knee, boolean ownServer, String why) {
    List<String> names = new ArrayList<>(List.of(FAILED, LATENCY, WRONG));
    if (ownServer) {
      names.add(UNCHANGED);
    }
    if (knee) {
      names.add(KNEE);
    }
    for (String name : names) {
      if (measured.stream().noneMatch(figure -> figure.figure().equals(name))) {
        measured.add(Figure.notMeasured(name, "", bound(name), why));
      }
    }
  }

  private static Bound bound(String name) {
    return switch (name) {
      case FAILED -> FAILED_MAX;
      case LATENCY -> MILLIS_MAX;
      case UNCHANGED -> UNCHANGED_LEAST;
      case KNEE -> KNEE_LEAST;
      default -> WRONG_MAX;
    };
  }

  List<Figure> list() {
    return List.copyOf(measured);
  }

  private static String failures(Outcomes outcomes) {
    return each(
        outcomes, (name, outcome) -> outcome.failed() + " of " + outcome.count() + " " + name);
  }

  private static String latencies(Outcomes outcomes) {
    return "p50 and p99 in ms: "
        + each(
            outcomes,
            (name, outcome) ->
                String.format(
                    Locale.ROOT,
                    "%s %.0f %.0f",
                    name,
                    outcome.percentile(50),
                    outcome.percentile(99)));
  }

  private interface Telling {
    String tell(String name, Outcome outcome);
  }

  private static String each(Outcomes outcomes, Telling telling) {
    List<String> told = new ArrayList<>();
    for (String name : Requests.MIXED) {
      told.add(telling.tell(name, outcomes.of(name)));
    }
    return String.join(", ", told);
  }
}
