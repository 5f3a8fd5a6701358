package dev.attune.standalone.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.Main;
import dev.attune.standalone.terminal.Terminal;
import dev.attune.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The commands behind {@code ./attune}, in this process. */
final class Attune {
  private static final Duration LIVE_MAX = Duration.ofMinutes(1);

  private Attune() {}

  /**
   * What a command came to.
   *
   * @param output results and complaints together
   */
  record Answer(int code, String output) {}

  /** Publishes definitions, and waits until their audiences know the past. */
  static void apply(String server, Definitions definitions) {
    Answer answer = run(server, "apply", definitions.folder().toString());
    if (answer.code() != 0) {
      throw new AssertionError("apply: " + answer.output());
    }
    Await.until(LIVE_MAX, "an audience is not live", () -> areLive(server));
  }

  private static boolean areLive(String server) {
    try {
      JsonNode audiences = Http.get(server + "/v1/audiences").body().path("audiences");
      for (JsonNode audience : audiences) {
        if (!audience.path("state").asText().equals("live")) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Runs a command that speaks to a server. */
  static Answer run(String server, String... arguments) {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--server";
    all[arguments.length + 1] = server;
    return runAlone(all);
  }

  /** Runs a command that speaks to no server. */
  static Answer runAlone(String... arguments) {
    var bytes = new ByteArrayOutputStream();
    var stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    int code = Main.commands(Terminal.plain(stream, stream)).execute(arguments);
    return new Answer(code, bytes.toString(StandardCharsets.UTF_8));
  }
}
