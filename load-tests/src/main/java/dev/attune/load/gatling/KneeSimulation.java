package dev.attune.load.gatling;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Users who come at a rate that holds for a while and then rises to twice as many, until answers
 * get late. Those of a rise are not counted.
 */
public final class KneeSimulation extends Simulation {
  static final String RISE = "GET while the rate rises";
  static final Duration RISE_LENGTH = Duration.ofSeconds(2);
  private static final Duration ENDS_MAX = Duration.ofSeconds(15);

  private final Load load = Load.CURRENT.get();
  private final Levels levels = load.levels();

  /** Of Gatling. */
  public KneeSimulation() {
    var requests = new Requests(load);
    List<PopulationBuilder> users = new ArrayList<>();
    Duration begins = Duration.ZERO;
    int before = 1;
    for (int level = 0; level < levels.rates().size(); level++) {
      int worth = level;
      int rate = levels.rates().get(level);
      String request = Levels.request(rate);
      users.add(
          scenario("rise to " + rate)
              .exec(feed(load.whom()))
              .exec(doIf(_ -> levels.isWorthAsking(worth)).then(requests.get(RISE)))
              .injectOpen(
                  nothingFor(begins), rampUsersPerSec(before).to(rate).during(RISE_LENGTH)));
      begins = begins.plus(RISE_LENGTH);
      users.add(
          scenario(rate + " users/s")
              .exec(feed(load.whom()))
              .exec(doIf(_ -> levels.isWorthAsking(worth)).then(requests.get(request)))
              .injectOpen(nothingFor(begins), constantUsersPerSec(rate).during(load.length())));
      begins = begins.plus(load.length());
      before = rate;
    }
    setUp(users).protocols(load.protocol()).maxDuration(begins.plus(ENDS_MAX));
  }
}
