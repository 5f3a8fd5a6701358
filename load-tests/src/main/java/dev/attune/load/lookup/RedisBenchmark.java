package dev.attune.load.lookup;

import dev.attune.load.process.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** {@code redis-benchmark} GET, unpipelined, over the same keys and the same payload. */
final class RedisBenchmark {
  private static final int CLIENTS = 50;
  private static final long FIRST_REQUESTS = 50_000;

  private final Path program;
  private final Path work;
  private final int port;
  private final int keys;
  private double lastRate;

  RedisBenchmark(Path program, Path work, int port, int keys) {
    this.program = program;
    this.work = work;
    this.port = port;
    this.keys = keys;
  }

  /** Requests a second, over about so long. */
  double run(Duration length) throws IOException, InterruptedException {
    if (lastRate == 0) {
      lastRate = run(FIRST_REQUESTS);
    }
    lastRate = run((long) (lastRate * length.toMillis() / 1_000));
    return lastRate;
  }

  private double run(long requests) throws IOException, InterruptedException {
    String said =
        Tools.run(
            work,
            Duration.ofMinutes(2),
            List.of(
                program.toString(),
                "-h",
                "127.0.0.1",
                "-p",
                String.valueOf(port),
                "-c",
                String.valueOf(CLIENTS),
                "-n",
                String.valueOf(requests),
                "-r",
                String.valueOf(keys),
                "--csv",
                "GET",
                "key:__rand_int__"));
    // "GET key:__rand_int__","81234.56",...; older ones have no more columns than these two.
    for (String line : said.lines().toList()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("\"get")) {
        return Double.parseDouble(line.split("\",\"", -1)[1].replace("\"", ""));
      }
    }
    throw new IOException("redis-benchmark did not tell a rate");
  }
}
