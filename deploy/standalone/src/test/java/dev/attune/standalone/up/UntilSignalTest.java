package dev.attune.standalone.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.platform.shutdown.Shutdown;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UntilSignalTest {
  private final Terminal terminal = Terminal.plain(nowhere(), nowhere());
  private final Shutdown signals = new Shutdown();

  @AfterEach
  void end() {
    signals.ask();
    assertThat(Thread.interrupted()).isFalse();
  }

  // A start that is interrupted says so in many ways; the person only asked it to stop.
  @Test
  void signal_endsWithZero_whateverTheWorkMakesOfTheInterrupt() {
    assertThat(
            UntilSignal.run(
                terminal,
                signals,
                () -> {
                  signals.ask();
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new KafkaUnavailableException("interrupted", e);
                  }
                }))
        .isZero();
  }

  @Test
  void signal_endsWithZero_whenTheWorkPassesTheInterruptOn() {
    assertThat(
            UntilSignal.run(
                terminal,
                signals,
                () -> {
                  signals.ask();
                  new CountDownLatch(1).await();
                }))
        .isZero();
  }

  @Test
  void failureWithoutASignal_isPassedOn() {
    assertThatThrownBy(
            () ->
                UntilSignal.run(
                    terminal,
                    signals,
                    () -> {
                      throw new Complaint("HTTP port 8080 is taken.");
                    }))
        .isInstanceOf(Complaint.class);
  }

  private static PrintStream nowhere() {
    return new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
  }
}
