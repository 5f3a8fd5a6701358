package dev.attune.standalone.endtoend;

import dev.attune.standalone.Main;
import dev.attune.standalone.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The commands behind {@code ./attune}, in this process. */
final class Attune {
  private Attune() {}

  /**
   * What a command came to.
   *
   * @param output results and complaints together
   */
  record Answer(int code, String output) {}

  /** Publishes definitions. */
  static void apply(String server, Definitions definitions) {
    Answer answer = run(server, "apply", definitions.folder().toString());
    if (answer.code() != 0) {
      throw new AssertionError("apply: " + answer.output());
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
