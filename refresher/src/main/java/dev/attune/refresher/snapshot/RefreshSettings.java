package dev.attune.refresher.snapshot;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What refreshes may use.
 *
 * @param dataRoot relative paths of models start here
 * @param stateDir holds each model's last applied snapshot and DuckDB's temporary files; on shared
 *     storage where the refresher can move to another machine
 * @param drivers the folder with JDBC drivers; it need not exist
 * @param s3 how objects of S3 are reached
 * @param memoryMegabytes that DuckDB may use for one run (64 to 65536); beyond it, it spills to
 *     disk
 * @param threads of DuckDB (1 to 64)
 * @param badRowShareMax above this share of rows that cannot be taken (0 to 1) a run is refused
 * @param chunkRows rows in one write (1 to 5000)
 * @param inFlightMax events sent and not yet acknowledged (1 to 100000)
 * @param acknowledgeTimeout longest wait for the log's acknowledgement of one record
 * @param patience how long a write is repeated while the store or the log is away, and a read while
 *     S3 is
 */
public record RefreshSettings(
    Path dataRoot,
    Path stateDir,
    Path drivers,
    S3Settings s3,
    int memoryMegabytes,
    int threads,
    double badRowShareMax,
    int chunkRows,
    int inFlightMax,
    Duration acknowledgeTimeout,
    Duration patience) {
  public RefreshSettings {
    within("memoryMegabytes", memoryMegabytes, 64, 65_536);
    within("threads", threads, 1, 64);
    within("chunkRows", chunkRows, 1, 5_000);
    within("inFlightMax", inFlightMax, 1, 100_000);
    if (!(badRowShareMax >= 0 && badRowShareMax <= 1)) {
      throw new IllegalArgumentException(
          "badRowShareMax: " + badRowShareMax + " (allowed: 0 to 1)");
    }
    if (acknowledgeTimeout.isNegative() || acknowledgeTimeout.isZero()) {
      throw new IllegalArgumentException("acknowledgeTimeout: not positive");
    }
    if (patience.isNegative()) {
      throw new IllegalArgumentException("patience: negative");
    }
  }

  /**
   * The defaults: drivers below the state, S3 in AWS, 768 MB, 2 threads, 5 % bad rows, chunks of
   * 500 rows, 2 minutes of patience.
   */
  public static RefreshSettings defaults(Path dataRoot, Path stateDir) {
    return new RefreshSettings(
        dataRoot,
        stateDir,
        stateDir.resolve("drivers"),
        S3Settings.DEFAULT,
        768,
        2,
        0.05,
        500,
        2_000,
        Duration.ofMinutes(1),
        Duration.ofMinutes(2));
  }

  /** The same with JDBC drivers elsewhere. */
  public RefreshSettings withDrivers(Path drivers) {
    return new RefreshSettings(
        dataRoot,
        stateDir,
        drivers,
        s3,
        memoryMegabytes,
        threads,
        badRowShareMax,
        chunkRows,
        inFlightMax,
        acknowledgeTimeout,
        patience);
  }

  /** The same with another way to S3. */
  public RefreshSettings withS3(S3Settings s3) {
    return new RefreshSettings(
        dataRoot,
        stateDir,
        drivers,
        s3,
        memoryMegabytes,
        threads,
        badRowShareMax,
        chunkRows,
        inFlightMax,
        acknowledgeTimeout,
        patience);
  }

  private static void within(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " (allowed: " + min + " to " + max + ")");
    }
  }
}
