package dev.attune.standalone.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MovingProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private final AtomicLong nanos = new AtomicLong();

  private List<String> lines() {
    // Not lines(): a carriage return ends none here.
    return List.of(bytes.toString(StandardCharsets.UTF_8).split("\n"));
  }

  /** What was shown, one after the other, where somebody watches. */
  private List<String> moved() {
    return List.of(lines().getFirst().split("\r\u001B\\[K")).stream().skip(1).toList();
  }

  private MovingProgress progress(Terminal terminal) {
    return new MovingProgress(terminal, "Loading", "customers", "rows", nanos::get);
  }

  private Terminal watched(int width) {
    return Terminal.watched(InputStream.nullInputStream(), stream, stream, width);
  }

  @Test
  void taskWhoseTotalIsNotKnown_isWordsAndTheTime() {
    Terminal terminal = watched(79);
    try (Progress progress = progress(terminal)) {
      progress.detail("reads the table: 2000 rows so far");
      nanos.set(12_900_000_000L);
      progress.at(0);
      progress.detail("");
      progress.at(7);
    }
    terminal.result("done");

    assertThat(moved())
        .containsExactly(
            "Loading customers: reads the table: 2000 rows so far, 12 s",
            "Loading customers: 7 rows, 12 s");
    assertThat(lines()).hasSize(2).last().isEqualTo("done");
  }

  @Test
  void bar_isDrawnOnceTheTotalIsKnown_andTakesTheRoomThatWordsLeave() {
    String brief = "84.5k of 210k changed, 5200/s, 25 s left, 5M read";
    for (int width : List.of(79, 119)) {
      try (Progress progress = progress(watched(width))) {
        progress.total(210_000);
        progress.detail("5200 rows/s", brief);
        progress.at(84_500);
      }
    }
    assertThat(moved())
        .containsExactly(
            "customers  40% [====>       ] " + brief,
            "customers  40% [" + "=".repeat(16) + ">" + " ".repeat(23) + "] " + brief);
  }

  @Test
  void words_thatDoNotFit_areLeftOut_andALongOneIsCut() {
    try (Progress progress = progress(watched(59))) {
      progress.total(210_000);
      progress.detail("", "84.5k of 210k changed, 5200/s, 25 s left, 5M read");
      progress.at(0);
      progress.detail("", "9 of 210k, slowed: the evaluator is 40 s behind, 70/s, 2 min left");
      progress.at(210_000);
    }
    assertThat(moved())
        .containsExactly(
            "customers   0% [>         ] 84.5k of 210k changed, 5200/s",
            "customers 100% [==========] 9 of 210k, slowed: the evalu...");
  }

  @Test
  void bar_doesNotTremble_asWordsGetLongerAndShorter() {
    try (Progress progress = progress(watched(59))) {
      progress.total(210_000);
      for (String words :
          List.of("9999 of 210k", "10k of 210k, 5200/s, 25 s left", "11.1k of 210k")) {
        progress.detail("", words);
        progress.at(0);
      }
    }
    assertThat(moved())
        .containsExactly(
            "customers   0% [>                            ] 9999 of 210k",
            "customers   0% [>          ] 10k of 210k, 5200/s, 25 s left",
            "customers   0% [>          ] 11.1k of 210k");
  }

  @Test
  void barWithoutWords_hasTheCount() {
    try (Progress progress = progress(watched(79))) {
      progress.total(4);
      progress.at(1);
      // More than there were, as when some were written twice.
      progress.at(5);
    }
    assertThat(moved().getFirst())
        .startsWith("customers  25% [==========>  ")
        .endsWith("] 1 of 4 rows");
    assertThat(moved().getLast()).startsWith("customers 100% [====").endsWith("=] 5 of 4 rows");
  }

  @Test
  void width_isTheTerminals_elseTheUsual() {
    assertThat(Terminal.width("120")).isEqualTo(119);
    assertThat(Terminal.width(null)).isEqualTo(79);
    assertThat(Terminal.width("0")).isEqualTo(79);
    assertThat(Terminal.width("wide")).isEqualTo(79);
  }

  @Test
  void taskThatNobodyWatches_isALineAtItsBeginningAndItsEnd() {
    Terminal terminal = Terminal.plain(stream, stream);
    try (Progress progress = terminal.moving("Loading", "customers", "rows")) {
      progress.total(3);
      for (int i = 0; i <= 3; i++) {
        progress.detail("5 rows/s", "3 of 3");
        progress.at(i);
      }
    }
    assertThat(lines()).hasSize(2);
    assertThat(lines().getFirst()).isEqualTo("Loading customers ...");
    assertThat(lines().getLast()).startsWith("Loading customers: 3 rows in ");
  }

  @Test
  void taskThatTakesLong_saysEveryTenSecondsHowFarItIs_inLinesThatStay() {
    try (Progress progress =
        new PlainProgress(
            Terminal.plain(stream, stream), "Loading customers", 0, "rows", nanos::get)) {
      nanos.set(11_000_000_000L);
      progress.detail("reads the table: 2000 rows so far", "");
      progress.at(0);
      nanos.set(22_000_000_000L);
      progress.total(9);
      progress.detail("5 rows/s", "3 of 9");
      progress.at(3);
    }
    assertThat(lines())
        .containsExactly(
            "Loading customers ...",
            "Loading customers: reads the table: 2000 rows so far",
            "Loading customers: 3 rows of 9 (5 rows/s)",
            "Loading customers: 3 rows in 22.0 s");
  }
}
