package dev.attune.evaluator;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The audiences in force, compiled once for all tasks. */
final class CurrentAudiences {
  private static final long LOOK_NANOS = 100_000_000;

  private final DefinitionsSource source;
  private volatile Compiled compiled;
  private volatile long givenUp;

  CurrentAudiences(DefinitionsSource source) {
    this.source = source;
    Definitions current = source.current();
    this.compiled = new Compiled(current, AudienceSet.compile(current));
    source.onChange(_ -> changed());
  }

  private synchronized void changed() {
    notifyAll();
  }

  /**
   * Waits until the definitions have been read so far; the next {@link #get} has them.
   *
   * @return false when they were not within the time
   */
  boolean await(long position, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (source.position() < position && position > givenUp) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        // Nobody else waits for it again.
        givenUp = position;
      } else if (!pause(Math.min(left, LOOK_NANOS))) {
        return false;
      }
    }
    return source.position() >= position;
  }

  // Until it changed, or for as long: it may have changed just before. False when interrupted.
  private synchronized boolean pause(long nanos) {
    try {
      TimeUnit.NANOSECONDS.timedWait(this, nanos);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Names of the audiences that an operator has paused. */
  Set<String> paused() {
    return source.current().paused();
  }

  /** The newest set; compiles it when the definitions are others than the last time. */
  AudienceSet get() {
    Definitions current = source.current();
    Compiled known = compiled;
    return known.isOf(current) ? known.audiences() : compile(current);
  }

  private synchronized AudienceSet compile(Definitions current) {
    if (!compiled.isOf(current)) {
      compiled = new Compiled(current, AudienceSet.compile(current));
    }
    return compiled.audiences();
  }

  private record Compiled(Definitions definitions, AudienceSet audiences) {
    // The very object: the source makes a new one for each change, and comparing whole sets costs
    // more.
    @SuppressWarnings("ReferenceEquality")
    boolean isOf(Definitions current) {
      return definitions == current;
    }
  }
}
