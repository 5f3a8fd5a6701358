package dev.attune.load.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Programs of the machine that the bench uses where they are; it never installs one. */
public final class Tools {
  private Tools() {}

  /** Where a program of the PATH is. */
  public static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(":", -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
      if (Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /**
   * Runs a program to its end and returns what it said.
   *
   * @throws IOException when it does not end well in time
   */
  public static String run(Path directory, Duration max, List<String> command)
      throws IOException, InterruptedException {
    Path said = Files.createTempFile(directory, "said", ".txt");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(max.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException(command.getFirst() + " did not end within " + max.toSeconds() + " s");
      }
      String text = Files.readString(said, StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new IOException(
            command.getFirst() + " failed: " + text.strip().replaceAll("\\s+", " "));
      }
      return text;
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(said);
    }
  }
}
