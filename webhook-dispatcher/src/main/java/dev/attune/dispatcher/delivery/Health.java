package dev.attune.dispatcher.delivery;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is wrong with each webhook, as its last attempt said; logged when it changes. */
public final class Health {
  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  /** An endpoint that fails every other time would otherwise fill the log. */
  private static final Duration LOG_EVERY = Duration.ofSeconds(10);

  private final InstantSource clock;
  private final ConcurrentHashMap<String, Problem> problems = new ConcurrentHashMap<>();

  /** All are well at first. */
  public Health(InstantSource clock) {
    this.clock = clock;
  }

  /** What is wrong; empty when the last attempt was taken, or none was made yet. */
  public Optional<String> problem(String webhook) {
    Problem problem = problems.get(webhook);
    return problem == null || problem.words.isEmpty()
        ? Optional.empty()
        : Optional.of(problem.words);
  }

  void well(String webhook) {
    // Most attempts end here: look before writing.
    if (problems.containsKey(webhook)) {
      set(webhook, "");
    }
  }

  void failed(String webhook, String words) {
    set(webhook, words);
  }

  private void set(String webhook, String words) {
    long now = clock.millis();
    problems.compute(
        webhook,
        (_, before) -> {
          boolean isNews = before == null || !before.words.equals(words);
          if (!isNews || (before != null && now - before.loggedAtMillis < LOG_EVERY.toMillis())) {
            return new Problem(words, before == null ? now : before.loggedAtMillis);
          }
          if (words.isEmpty()) {
            LOG.info("webhook {}: delivered again", webhook);
          } else {
            LOG.warn("webhook {}: {}; its deliveries wait", webhook, words);
          }
          return new Problem(words, now);
        });
  }

  private record Problem(String words, long loggedAtMillis) {}
}
