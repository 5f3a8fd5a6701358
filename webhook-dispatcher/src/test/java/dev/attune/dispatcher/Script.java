package dev.attune.dispatcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A verifier of the documentation in a language that scripts are written in, as it stands there.
 */
final class Script {
  private static final int SECONDS_MAX = 30;
  private static final String PYTHON =
      """

      import sys
      secret, path, *pairs = sys.argv[1:]
      headers = dict(pair.split("=", 1) for pair in pairs)
      try:
          message = verified(headers, open(path, "rb").read(), secret)
          print("taken" if message["data"]["name"] == "Zoë 😀" else "misread")
      except ValueError:
          print("refused")
      """;
  private static final String PERL =
      """

      my ($secret, $path, @pairs) = @ARGV;
      my %headers = map { split /=/, $_, 2 } @pairs;
      open my $file, '<:raw', $path or die;
      my $body = do { local $/; <$file> };
      print verified(\\%headers, $body, $secret) ? "taken\\n" : "refused\\n";
      """;

  private final String program;
  private final Path source;
  private final Path folder;

  Script(String language, String example, Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    program = language.equals("python") ? "python3" : language;
    requireProgram();
    source =
        Files.writeString(
            folder.resolve("verifier." + language),
            example + (language.equals("python") ? PYTHON : PERL));
  }

  // Without it the test that asks is skipped, in CI it fails.
  private void requireProgram() throws InterruptedException {
    try {
      new ProcessBuilder(program, "--version")
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (IOException e) {
      if (System.getenv("CI") != null) {
        throw new IllegalStateException("the examples of docs/webhooks.md need " + program, e);
      }
      Assumptions.abort("there is no " + program);
    }
  }

  /** What it says of a request: taken, or refused. */
  String says(Map<String, String> headers, String body, String secret)
      throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("body"), body);
    List<String> command = new ArrayList<>(List.of(program, source.toString(), secret));
    command.add(file.toString());
    headers.forEach((name, value) -> command.add(name + "=" + value));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PYTHONUTF8", "1");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(program + " did not end within " + SECONDS_MAX + " s");
    }
    return said.strip();
  }
}
