package dev.attune.dispatcher.delivery;

import java.util.Locale;

/** The two lanes of a webhook's deliveries. */
enum Urgency {
  /** Something happened to this person. */
  LIVE,
  /** Many people's answers were recomputed: it gives way to those of {@link #LIVE}. */
  BULK;

  /** In lower case, as metrics show it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
