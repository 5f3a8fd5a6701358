package dev.attune.load.lookup;

import dev.attune.load.process.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Counts the system calls of a process with strace, which slows it down: no rate counts then. */
final class SystemCalls implements AutoCloseable {
  private static final int NAMED = 4;

  private final Process strace;
  private final Path counted;

  private SystemCalls(Process strace, Path counted) {
    this.strace = strace;
    this.counted = counted;
  }

  /** Begins; empty where there is no strace. */
  static Optional<SystemCalls> start(long pid, Path work) throws IOException, InterruptedException {
    Optional<Path> program = Tools.find("strace");
    if (program.isEmpty()) {
      return Optional.empty();
    }
    Path counted = Files.createTempFile(work, "strace", ".txt");
    Process process =
        new ProcessBuilder(
                program.get().toString(),
                "-c",
                "-f",
                "-o",
                counted.toString(),
                "-p",
                String.valueOf(pid))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    // It attaches to each thread, and says so where nobody listens.
    return process.waitFor(1, TimeUnit.SECONDS)
        ? Optional.empty()
        : Optional.of(new SystemCalls(process, counted));
  }

  /** Ends it: {@code 2.31 (epoll_wait 0.9, ...)} for each of so many requests. */
  String perRequest(long requests) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", String.valueOf(strace.pid())).start().waitFor();
    if (!strace.waitFor(10, TimeUnit.SECONDS)) {
      throw new IOException("strace did not end");
    }
    long all = 0;
    List<String> most = new ArrayList<>();
    for (String line : Files.readAllLines(counted)) {
      // % time, seconds, usecs/call, calls, [errors,] syscall
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length < 5 || !fields[3].matches("\\d+")) {
        continue;
      }
      String name = fields[fields.length - 1];
      long calls = Long.parseLong(fields[3]);
      if (name.equals("total")) {
        all = calls;
      } else if (most.size() < NAMED) {
        most.add("%s %.2f".formatted(name, (double) calls / requests));
      }
    }
    return String.format(
        Locale.ROOT, "%.2f (%s)", (double) all / requests, String.join(", ", most));
  }

  @Override
  public void close() {
    strace.destroyForcibly();
  }
}
