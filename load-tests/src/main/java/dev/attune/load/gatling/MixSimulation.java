package dev.attune.load.gatling;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.Assertion;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Users who come at a steady rate, whoever is still waiting, and ask in all the ways there are.
 * Those of the warm-up do the same under other names, and are only judged.
 */
public final class MixSimulation extends Simulation {
  private static final String WARM_UP = "warm-up: ";

  /** For answers that are still on their way. */
  private static final Duration ENDS_MAX = Duration.ofSeconds(15);

  private final Load load = Load.CURRENT.get();

  /** Of Gatling. */
  public MixSimulation() {
    setUp(
            Stream.concat(
                    users(WARM_UP, Duration.ZERO, load.warmUp()).stream(),
                    users("", load.warmUp(), load.length()).stream())
                .toList())
        .protocols(load.protocol())
        .maxDuration(load.warmUp().plus(load.length()).plus(ENDS_MAX))
        .assertions(Requests.MIXED.stream().map(MixSimulation::holds).toList());
  }

  private static Assertion holds(String request) {
    return details(request).failedRequests().count().is(0L);
  }

  private List<PopulationBuilder> users(String prefix, Duration begins, Duration length) {
    var requests = new Requests(load, prefix);
    return List.of(
        users(prefix + "by identifier", 0.60, begins, length, requests.get()),
        users(prefix + "by a body", 0.15, begins, length, requests.post()),
        users(prefix + "many at once", 0.05, begins, length, requests.batch()),
        users(prefix + "again", 0.10, begins, length, requests.conditional()),
        users(prefix + "nobody", 0.10, begins, length, requests.unknown()));
  }

  private PopulationBuilder users(
      String name, double share, Duration begins, Duration length, ChainBuilder what) {
    return scenario(name)
        .exec(feed(load.whom()), what)
        .injectOpen(nothingFor(begins), constantUsersPerSec(load.rate() * share).during(length));
  }
}
