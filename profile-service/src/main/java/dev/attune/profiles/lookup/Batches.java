package dev.attune.profiles.lookup;

import java.util.ArrayList;
import java.util.List;

/** What is the same for a batch on either transport. */
final class Batches {
  /**
   * Most bytes of serialized profiles in one reply; entries beyond it have to be asked for again.
   */
  static final int REPLY_BYTES_MAX = 16 << 20;

  private Batches() {}

  /**
   * @throws Refusal when there are none, or too many
   */
  static void checkSize(int entries) {
    if (entries < 1 || entries > Lookup.BATCH_MAX) {
      throw Refusal.invalid("entries: " + entries + " (expected: 1 to " + Lookup.BATCH_MAX + ")");
    }
  }

  /**
   * The results as they are answered.
   *
   * @throws Refusal when all must be there and some are not
   */
  static List<Outcome> settled(List<Outcome> outcomes, boolean allowPartial) {
    long room = REPLY_BYTES_MAX;
    List<Outcome> settled = new ArrayList<>(outcomes.size());
    for (Outcome outcome : outcomes) {
      switch (outcome) {
        case Outcome.Failed failed -> {
          if (failed.reason().retry() && !allowPartial) {
            throw new Refusal(failed);
          }
          settled.add(failed);
        }
        case Outcome.Found found -> {
          room -= found.answer().profile().size();
          settled.add(
              room >= 0
                  ? found
                  : new Outcome.Failed(
                      Reason.REPLY_TOO_LARGE,
                      "the batch's reply has no room for this profile (at most "
                          + REPLY_BYTES_MAX
                          + " bytes of profiles); ask for it in another one"));
        }
      }
    }
    return settled;
  }
}
