package dev.attune.load.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Which sources were measured. */
public final class Commit {
  private static final long ANSWER_SECONDS_MAX = 10;

  private Commit() {}

  /**
   * The commit that is checked out, {@code -dirty} when files differ; {@code unknown} without Git.
   */
  public static String of(Path root) throws InterruptedException {
    String head = git(root, "rev-parse", "HEAD");
    if (head.isEmpty()) {
      return "unknown";
    }
    return git(root, "status", "--porcelain").isEmpty() ? head : head + "-dirty";
  }

  private static String git(Path root, String... arguments) throws InterruptedException {
    try {
      Process git =
          new ProcessBuilder(Stream.concat(Stream.of("git"), List.of(arguments).stream()).toList())
              .directory(root.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean ended = git.waitFor(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
      return ended && git.exitValue() == 0 ? answer.strip() : "";
    } catch (IOException e) {
      return "";
    }
  }
}
