package dev.attune.evaluator;

import java.util.Locale;

/** What an audience does, the one that is furthest from being decided last. */
enum Stage {
  /** People enter and leave. */
  LIVE,
  /** Events of the past are being told; who belonged goes on to until all have been. */
  BACKFILLING,
  /** The same, before it begins. */
  PREPARING,
  /** Nobody enters or leaves until an operator says so. */
  PAUSED;

  /** The name in JSON. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
