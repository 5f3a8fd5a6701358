package dev.attune.refresher.snapshot;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.TraitFit;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.proto.v1.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;

/** Dead letters of rows that cannot be taken. */
final class RowLetters {
  /** Longest row that a letter holds, in bytes; a longer one is cut. */
  private static final int VALUE_LENGTH_MAX = 256 * 1024;

  private final DeadLetters letters;
  private final String model;
  private final InstantSource clock;
  private final ForbiddenCells forbidden;
  private final Acknowledgements acknowledgements;

  RowLetters(
      DeadLetters letters,
      String model,
      RefreshSettings settings,
      InstantSource clock,
      ForbiddenCells forbidden) {
    this.letters = letters;
    this.model = model;
    this.clock = clock;
    this.forbidden = forbidden;
    this.acknowledgements = new Acknowledgements(settings);
  }

  /**
   * Gives up on a row. The letter's id is a digest of the row, so that the same bad row of the next
   * snapshot is recognised.
   *
   * @param number of the row, from 1
   * @param key of the row, if it has one, masked; told as a digest
   * @param json the row; what is forbidden is masked here, before even its digest is taken
   * @param reason the rule that it breaks; never a value
   */
  void send(long number, String key, String json, String reason) {
    byte[] row = forbidden.row(json.getBytes(StandardCharsets.UTF_8));
    boolean cut = row.length > VALUE_LENGTH_MAX;
    acknowledgements.add(
        letters.send(
            DeadLetter.newBuilder()
                .setId(
                    "model:"
                        + model
                        + "-"
                        + Sha256.hex(new String(row, StandardCharsets.UTF_8)).substring(0, 32))
                .setPart("refresher")
                .setValue(ByteString.copyFrom(row, 0, Math.min(row.length, VALUE_LENGTH_MAX)))
                .setReason(
                    "model %s, row %d (key digest %s): %s%s"
                        .formatted(
                            model,
                            number,
                            Sha256.hex(key).substring(0, 12),
                            reason,
                            cut ? " (the row was cut at " + VALUE_LENGTH_MAX + " bytes)" : ""))
                .setAttempts(1)
                .setAtMicros(TraitFit.micros(clock.instant()))
                .build()));
  }

  /** Returns once all of them are kept for good. */
  void await() {
    acknowledgements.awaitAll();
  }
}
