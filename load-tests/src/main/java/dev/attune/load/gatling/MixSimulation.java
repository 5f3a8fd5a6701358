package dev.attune.load.gatling;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/** Users who come at a steady rate, whoever is still waiting, and ask in all the ways there are. */
public final class MixSimulation extends Simulation {
  /** For answers that are still on their way. */
  private static final Duration ENDS_MAX = Duration.ofSeconds(15);

  private final Load load = Load.CURRENT.get();

  /** Of Gatling. */
  public MixSimulation() {
    var requests = new Requests(load);
    setUp(
            users("by identifier", 0.60, requests.get(Requests.GET)),
            users("by a body", 0.15, requests.post()),
            users("many at once", 0.05, requests.batch()),
            users("again", 0.10, requests.conditional()),
            users("nobody", 0.10, requests.unknown()))
        .protocols(load.protocol())
        .maxDuration(load.length().plus(ENDS_MAX))
        .assertions(global().failedRequests().count().is(0L));
  }

  private PopulationBuilder users(String name, double share, ChainBuilder what) {
    return scenario(name)
        .exec(feed(load.whom()), what)
        .injectOpen(constantUsersPerSec(load.rate() * share).during(load.length()));
  }
}
