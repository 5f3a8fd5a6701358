package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.standalone.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The example of docs/warehouse.md as it stands there, run by Python with an Airflow and an attune
 * of straw: which exit codes it takes to be worth another try.
 */
class AirflowExampleTest {
  private static final Path PAGE = Path.of("../../docs/warehouse.md");
  private static final Pattern BLOCK =
      Pattern.compile("### Airflow\n.*?```python\n(.*?)```", Pattern.DOTALL);
  private static final String INSTALLED = "/opt/attune/attune";

  private static final String DECORATORS =
      """
      def dag(**options):
          return lambda function: function

      def task(**options):
          # As Airflow does, the parameter of that name is the day.
          return lambda function: lambda *arguments: function(*arguments, ds="2026-11-24")
      """;

  private static final String EXCEPTIONS =
      """
      class AirflowException(Exception):
          pass

      class AirflowFailException(AirflowException):
          pass
      """;

  private static final String RUN =
      """
      from airflow.exceptions import AirflowException
      try:
          import example
          print("ended well")
      except AirflowException as error:
          print(type(error).__name__, error)
      """;

  @TempDir private Path folder;

  @BeforeEach
  void python() throws Exception {
    try {
      assertThat(run("python3", "--version").code()).isZero();
    } catch (IOException e) {
      if (System.getenv("CI") != null) {
        throw new IllegalStateException("the Airflow example needs python3", e);
      }
      System.err.println("NOT TESTED: the Airflow example needs python3");
      Assumptions.abort("skipped: the Airflow example needs python3");
    }
    Path airflow = Files.createDirectories(folder.resolve("airflow"));
    Files.writeString(airflow.resolve("__init__.py"), "");
    Files.writeString(airflow.resolve("decorators.py"), DECORATORS);
    Files.writeString(airflow.resolve("exceptions.py"), EXCEPTIONS);
    Files.writeString(folder.resolve("run.py"), RUN);
    Files.writeString(
        folder.resolve("example.py"), example().replace(INSTALLED, attune().toString()));
  }

  private static String example() throws IOException {
    var block = BLOCK.matcher(Files.readString(PAGE));
    assertThat(block.find()).as("a Python block under Airflow").isTrue();
    assertThat(block.group(1)).containsOnlyOnce(INSTALLED);
    return block.group(1);
  }

  private Path attune() {
    return folder.resolve("attune");
  }

  /** What Airflow sees when attune ends with a shell's command. */
  private String outcome(String end) throws Exception {
    Files.writeString(
        attune(),
        "#!/bin/sh\nprintf '%s\\n' \"$@\" > '" + arguments() + "'\necho said why >&2\n" + end);
    Files.setPosixFilePermissions(attune(), PosixFilePermissions.fromString("rwx------"));
    Result result = run("python3", "run.py");
    assertThat(result.code()).as(result.output()).isZero();
    return result.output().strip();
  }

  private Path arguments() {
    return folder.resolve("arguments");
  }

  @Test
  void done_endsWell() throws Exception {
    assertThat(outcome("exit 0")).isEqualTo("ended well");
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit 1", "kill -9 $$"})
  void failedOrKilled_isTriedAgain(String end) throws Exception {
    assertThat(outcome(end)).isEqualTo("AirflowException said why");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void whatWouldSayTheSame_failsAtOnce(int code) throws Exception {
    assertThat(outcome("exit " + code)).isEqualTo("AirflowFailException said why");
  }

  @Test
  void command_isUnderstood() throws Exception {
    assertThat(outcome("exit 0")).isEqualTo("ended well");
    List<String> arguments = Files.readAllLines(arguments());
    assertThat(arguments).startsWith("refresh", "customers").endsWith("customers-2026-11-24");
    int server = arguments.indexOf("--server") + 1;
    arguments.set(server, "http://127.0.0.1:1");
    var output = new ByteArrayOutputStream();
    var stream = new PrintStream(output, true, StandardCharsets.UTF_8);
    int code =
        Main.commands(Terminal.plain(stream, stream)).execute(arguments.toArray(String[]::new));
    // Nobody answers there, which is not 2: a command that is not understood.
    assertThat(code).as(output.toString(StandardCharsets.UTF_8)).isEqualTo(1);
  }

  private record Result(int code, String output) {}

  private Result run(String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("within 30 s").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Result(process.exitValue(), Files.readString(output));
  }
}
