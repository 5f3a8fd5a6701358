package dev.attune.testkit;

import dev.attune.embedded.RedisServer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The redis-server of this machine, if it has one: another version than the bundled one. */
final class InstalledRedis {
  private static final Pattern VERSION = Pattern.compile("v=(\\d{1,4})\\.");

  private InstalledRedis() {}

  /** Started, if there is one that is new enough. */
  static Optional<RedisBackend> start(int majorMin) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, "redis-server"))
        .filter(Files::isExecutable)
        .filter(program -> major(program) >= majorMin)
        .findFirst()
        .map(
            program ->
                new LocalRedis(
                    0,
                    (directory, port) -> RedisServer.start(program, directory, port, List.of())));
  }

  private static int major(Path program) {
    try {
      Process process = new ProcessBuilder(program.toString(), "--version").start();
      String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Matcher version = VERSION.matcher(words);
      return process.waitFor(10, TimeUnit.SECONDS) && version.find()
          ? Integer.parseInt(version.group(1))
          : 0;
    } catch (IOException e) {
      return 0; // not a program, after all
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }
}
