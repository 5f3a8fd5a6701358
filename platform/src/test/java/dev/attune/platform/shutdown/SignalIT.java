package dev.attune.platform.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process of its own, because a signal ends one. */
class SignalIT {
  @Test
  void terminatedProcess_closesItsParts_andExitsWithZero() throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Victim.class.getName()))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = process.inputReader()) {
      assertThat(out.readLine()).isEqualTo("up");
      // Not the process itself: that would close its output here, too.
      process.toHandle().destroy();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).as("it ended").isTrue();
      assertThat(out.lines()).containsExactly("closed");
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  /** What {@code main} does. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] args) throws Exception {
      Shutdown shutdown = new Shutdown();
      shutdown.add("part", () -> System.out.println("closed"), Duration.ofSeconds(5));
      shutdown.onSignals();
      System.out.println("up");
      shutdown.awaitSignal();
      shutdown.close();
      System.exit(0);
    }
  }
}
