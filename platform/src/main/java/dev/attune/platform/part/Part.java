package dev.attune.platform.part;

import io.helidon.webserver.http.HttpRouting;
import java.util.Map;

/**
 * One service inside a process. The standalone composes all of them, an image runs one.
 *
 * <p>Started once, closed once. Closing drains: what was accepted is finished or left for a
 * restart.
 */
public interface Part extends AutoCloseable {
  /** The service's name, e.g. {@code profile-service}. */
  String name();

  /** Starts the work and returns once it has begun; readiness says when it can be relied on. */
  void start();

  /** Whether it can do its work now. Cheap: answers from what it knows already. */
  Readiness readiness();

  /**
   * What {@code attune status} shows of it: short labels to strings, numbers or booleans, in the
   * order to show. Cheap.
   */
  default Map<String, Object> status() {
    return Map.of();
  }

  /** Adds its HTTP routes. */
  default void routes(HttpRouting.Builder http) {}

  @Override
  void close();
}
