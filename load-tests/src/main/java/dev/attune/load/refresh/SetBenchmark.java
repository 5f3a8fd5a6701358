package dev.attune.load.refresh;

import dev.attune.embedded.RedisServer;
import dev.attune.load.process.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** {@code redis-benchmark} SET at pipeline 64, of values as large as a served profile. */
final class SetBenchmark {
  /** Nothing is kept on disk, here and where a table is loaded into. */
  static final List<String> OPTIONS = List.of("--save", "", "--appendonly", "no");

  private static final int REQUESTS = 2_000_000;
  private static final int KEYS = 1_000_000;
  private static final int VALUE_BYTES = 900;

  private SetBenchmark() {}

  /**
   * Requests a second, on a server of its own.
   *
   * @param program {@code redis-benchmark}
   */
  static double run(Path program, Path work) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(work.resolve("set-redis"));
    try (RedisServer redis = RedisServer.start(folder, 0, OPTIONS)) {
      String said =
          Tools.run(
              work,
              Duration.ofMinutes(2),
              List.of(
                  program.toString(),
                  "-h",
                  "127.0.0.1",
                  "-p",
                  String.valueOf(redis.port()),
                  "-t",
                  "set",
                  "-P",
                  "64",
                  "-n",
                  String.valueOf(REQUESTS),
                  "-r",
                  String.valueOf(KEYS),
                  "-d",
                  String.valueOf(VALUE_BYTES),
                  "--csv"));
      for (String line : said.lines().toList()) {
        if (line.toLowerCase(Locale.ROOT).startsWith("\"set")) {
          return Double.parseDouble(line.split("\",\"", -1)[1].replace("\"", ""));
        }
      }
      throw new IOException("redis-benchmark did not tell a rate");
    }
  }
}
