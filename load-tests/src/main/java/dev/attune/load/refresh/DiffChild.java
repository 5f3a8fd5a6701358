package dev.attune.load.refresh;

import dev.attune.load.process.Child;
import dev.attune.standalone.terminal.Complaint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link DiffProcess}, asked line by line. */
final class DiffChild implements AutoCloseable {
  private static final int STOP_SECONDS_MAX = 20;

  private final Process process;
  private final BufferedReader answers;

  private DiffChild(Process process, BufferedReader answers) {
    this.process = process;
    this.answers = answers;
  }

  /**
   * What a refresh came to.
   *
   * @param written rows that differed from those before
   */
  record Answer(long written, double seconds) {}

  static DiffChild start(WarehouseTable table, Path folder, Path work, Path errors)
      throws IOException {
    Process process =
        new ProcessBuilder(
                Child.java(
                    List.of("-Xmx512m"),
                    DiffProcess.class,
                    table.file().toString(),
                    String.valueOf(table.rows()),
                    folder.resolve("state").toString()))
            .directory(work.toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
            .start();
    var answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    var child = new DiffChild(process, answers);
    var _ = child.line();
    return child;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** Refreshes once. */
  Answer refresh() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    String[] words = line().split(" ", -1);
    return new Answer(Long.parseLong(words[3]), Long.parseLong(words[5]) / 1e6);
  }

  private String line() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new Complaint("the process that compares ended before its answer.");
    }
    return line;
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
