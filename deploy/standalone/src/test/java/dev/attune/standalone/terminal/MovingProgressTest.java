package dev.attune.standalone.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MovingProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private List<String> lines() {
    // Not lines(): a carriage return ends none here.
    return List.of(bytes.toString(StandardCharsets.UTF_8).split("\n"));
  }

  @Test
  void watchedTask_isOneLineThatMoves_andFitsIt() {
    Terminal terminal = Terminal.watched(InputStream.nullInputStream(), stream, stream);
    try (Progress progress = terminal.moving("Loading customers", "rows")) {
      progress.detail("reads the table");
      progress.at(0);
      progress.total(210_000);
      progress.detail(
          "slowed: the evaluator is 40 s behind, 70 rows/s, 2 min left, 5000000 rows read");
      progress.at(84_500);
    }
    terminal.result("done");

    List<String> shown = List.of(lines().getFirst().split("\r\u001B\\[K"));
    assertThat(shown.get(1)).isEqualTo("Loading customers: 0 rows (reads the table)");
    assertThat(shown.get(2))
        .hasSize(79)
        .startsWith(
            "Loading customers: 84500 of 210000 rows (slowed: the evaluator is 40 s behind");
    assertThat(lines()).hasSize(2).last().isEqualTo("done");
  }

  @Test
  void taskThatNobodyWatches_isALineAtItsBeginningAndItsEnd() {
    Terminal terminal = Terminal.plain(stream, stream);
    try (Progress progress = terminal.moving("Loading customers", "rows")) {
      progress.total(3);
      for (int i = 0; i <= 3; i++) {
        progress.detail("5 rows/s");
        progress.at(i);
      }
    }
    assertThat(lines()).hasSize(2);
    assertThat(lines().getFirst()).isEqualTo("Loading customers ...");
    assertThat(lines().getLast()).startsWith("Loading customers: 3 rows in ");
  }
}
