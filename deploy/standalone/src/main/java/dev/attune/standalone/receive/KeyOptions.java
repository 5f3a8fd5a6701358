package dev.attune.standalone.receive;

import dev.attune.standalone.terminal.Complaint;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What to verify with, as options: where the secrets are, never they themselves. */
final class KeyOptions {
  @Option(
      names = "--secret-env",
      paramLabel = "VARIABLE",
      description =
          "An environment variable with the secret (whsec_...) or the public key (whpk_...); may be"
              + " given more than once.")
  private List<String> variables = new ArrayList<>();

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description = "A file with the same; may be given more than once.")
  private List<Path> files = new ArrayList<>();

  /**
   * Verifies with all of them.
   *
   * @throws Complaint when there is none, or one cannot be used
   */
  Verifier verifier(Map<String, String> environment, InstantSource clock) {
    List<VerifyingKey> keys = new ArrayList<>();
    variables.forEach(variable -> keys.add(VerifyingKey.ofVariable(variable, environment)));
    files.forEach(file -> keys.add(VerifyingKey.ofFile(file)));
    if (keys.isEmpty()) {
      throw new Complaint(
          "nothing to verify with: name where the secret is with --secret-env or --secret-file.");
    }
    return new Verifier(keys, clock);
  }
}
