package dev.attune.profiles;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileStore;
import dev.attune.platform.part.Readiness;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the store for nobody once a second: readiness without a caller, and without a wait. Tells of
 * the first answer.
 */
final class StoreProbe implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreProbe.class);
  private static final Identifier NOBODY = new Identifier("attune_probe", "nobody");
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofMillis(900);

  /** Two probes may fail before the service says so. */
  private static final Duration SILENCE_MAX = Duration.ofSeconds(3);

  private final ProfileStore store;
  private final Runnable onFirstAnswer;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("store-probe").daemon().factory());
  private final AtomicBoolean answered = new AtomicBoolean();
  private volatile long answeredNanos = System.nanoTime();
  private volatile long tookMicros;

  /**
   * @param onFirstAnswer run once, on the store's thread: must not block
   */
  StoreProbe(ProfileStore store, Runnable onFirstAnswer) {
    this.store = store;
    this.onFirstAnswer = onFirstAnswer;
  }

  void start() {
    var _ = timer.scheduleWithFixedDelay(this::ask, 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void ask() {
    long began = System.nanoTime();
    try {
      var _ =
          store
              .find(NOBODY, TIMEOUT)
              .whenComplete(
                  (_, error) -> {
                    if (error == null) {
                      long now = System.nanoTime();
                      tookMicros = (now - began) / 1_000;
                      answeredNanos = now;
                      if (answered.compareAndSet(false, true)) {
                        onFirstAnswer.run();
                      }
                    }
                  });
    } catch (RuntimeException e) {
      LOG.debug("the store could not be asked", e);
    }
  }

  Readiness readiness() {
    if (!answered.get()) {
      return Readiness.notReady("the store has not answered yet");
    }
    Duration silence = Duration.ofNanos(System.nanoTime() - answeredNanos);
    return silence.compareTo(SILENCE_MAX) < 0
        ? Readiness.READY
        : Readiness.notReady("the store has not answered for " + silence.toSeconds() + " s");
  }

  /** How long the last answer took. */
  long tookMicros() {
    return tookMicros;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
