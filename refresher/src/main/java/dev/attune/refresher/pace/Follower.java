package dev.attune.refresher.pace;

import java.time.Duration;

/** Somebody who has to keep up with what a bulk load writes. */
public interface Follower {
  /** What a run calls it, e.g. {@code the evaluator}. */
  String name();

  /**
   * How far it is behind, at least; zero when it keeps up or that is not known. Called often, and
   * answers soon; never throws.
   */
  Duration behind();
}
