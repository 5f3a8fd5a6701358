package dev.attune.refresher.run;

import dev.attune.refresher.snapshot.ProfileInputs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;

/**
 * A process that refreshes the customers of a directory, made to be killed: it writes a chunk each
 * time it reads a byte, says so, and appends who was written to {@code written.log}.
 */
final class KilledRun {
  private KilledRun() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    // Log lines would stand between the words that the parent waits for.
    PrintStream words = System.out;
    System.setOut(System.err);
    try (var log = new FileOutputStream(directory.resolve("written.log").toFile(), true)) {
      ProfileInputs inputs =
          chunk -> {
            try {
              words.println("chunk");
              if (System.in.read() < 0) {
                throw new IllegalStateException("the parent is gone");
              }
              log.write(
                  chunk.stream()
                      .map(input -> input.via().value() + "\n")
                      .collect(Collectors.joining())
                      .getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          };
      try (var refreshes = RefreshesTest.refreshes(directory, inputs, new SimpleMeterRegistry())) {
        refreshes.start();
        if (refreshes.list().isEmpty()) {
          refreshes.start("customers");
        }
        Run run = refreshes.list().getFirst();
        Run ended = refreshes.await(run.id(), Duration.ofMinutes(2)).orElseThrow();
        words.println(ended.state().label() + " after " + ended.starts() + " starts");
      }
    }
  }
}
