package dev.attune.load.gatling;

import static io.gatling.javaapi.http.HttpDsl.http;

import dev.attune.load.lookup.Picks;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import java.net.URI;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/**
 * What the simulations are about. Gatling makes them itself and without arguments, so they find it
 * in {@link #CURRENT}.
 *
 * @param server that is asked
 * @param people whom it is asked for, the first of them most often
 * @param rate users a second of a mix, and of the lowest level
 * @param rateMax users a second of the highest level
 * @param warmUp before a mix
 * @param length of a mix, and of each level
 * @param patience how long an answer may take, as a user says it
 * @param outcomes gets what came of it
 */
record Load(
    URI server,
    People people,
    int rate,
    int rateMax,
    Duration warmUp,
    Duration length,
    Duration patience,
    Outcomes outcomes) {
  static final ScopedValue<Load> CURRENT = ScopedValue.newInstance();

  /** In the session: whom a user asks for. */
  static final String WHO = "who";

  private static final double ZIPF = 0.99;
  private static final long SEED = 5;

  /** Users ask for somebody each, some for the same: as visitors of a shop do. */
  Iterator<Map<String, Object>> whom() {
    IntSupplier zipf = Picks.zipf(people.size(), ZIPF, SEED);
    return Stream.generate(() -> Map.<String, Object>of(WHO, zipf.getAsInt())).iterator();
  }

  /** The rates of a search for the knee. */
  Levels levels() {
    return new Levels(rate, rateMax, length, outcomes);
  }

  /**
   * As a backend does it: all users share a pool of connections. Nothing is kept but what they say.
   */
  HttpProtocolBuilder protocol() {
    return http.baseUrl(server.toString())
        .shareConnections()
        .disableWarmUp()
        .disableCaching()
        .disableFollowRedirect()
        .acceptHeader("application/json")
        .header("Attune-Timeout-Ms", String.valueOf(patience.toMillis()));
  }
}
