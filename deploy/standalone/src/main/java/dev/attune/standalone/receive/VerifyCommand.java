package dev.attune.standalone.receive;

import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune webhooks verify FILE}: whether a saved request is genuine, and if not why. */
@Command(
    name = "verify",
    description =
        "Says whether a saved request is genuine: its headers, one a line, an empty line, and its"
            + " body as it came.",
    mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {
  private static final int BYTES_MAX = 8 << 20;

  private final Terminal terminal;
  private final Map<String, String> environment;
  private final InputStream in;

  @Mixin private KeyOptions keys;

  @Parameters(index = "0", paramLabel = "FILE", description = "The request; - for standard input.")
  private String file;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description =
          "When it came, e.g. 2026-03-01T10:00:00Z: timestamps are good for 5 minutes. Now unless"
              + " given.")
  private @Nullable String at;

  /**
   * @param environment where {@code --secret-env} is looked up
   * @param in what {@code -} reads; it stays the caller's
   */
  @SuppressWarnings("NullAway.Init") // picocli fills the fields in.
  public VerifyCommand(Terminal terminal, Map<String, String> environment, InputStream in) {
    this.terminal = terminal;
    this.environment = environment;
    this.in = in;
  }

  @Override
  public Integer call() {
    Verifier verifier = keys.verifier(environment, clock());
    SavedRequest request = SavedRequest.parse(read());
    Verifier.Verdict verdict = verifier.verify(request.headers(), request.body());
    verdict.fits().forEach(line -> terminal.result("ok     " + line));
    verdict.mistakes().forEach(line -> terminal.result("wrong  " + line));
    terminal.result(
        verdict.isGenuine() ? "The request is genuine." : "The request is not to be believed.");
    return verdict.isGenuine() ? 0 : 1;
  }

  private InstantSource clock() {
    if (at == null) {
      return InstantSource.system();
    }
    try {
      return InstantSource.fixed(Instant.parse(at));
    } catch (DateTimeParseException e) {
      throw new Complaint("--at is a time in UTC, e.g. 2026-03-01T10:00:00Z.", e);
    }
  }

  private byte[] read() {
    byte[] bytes;
    try {
      if (file.equals("-")) {
        bytes = in.readNBytes(BYTES_MAX + 1);
      } else {
        try (InputStream saved = Files.newInputStream(Path.of(file))) {
          bytes = saved.readNBytes(BYTES_MAX + 1);
        }
      }
    } catch (IOException e) {
      throw new Complaint(
          "the file " + file + " cannot be read (" + e.getClass().getSimpleName() + ").", e);
    }
    if (bytes.length > BYTES_MAX) {
      throw new Complaint("the request is larger than " + (BYTES_MAX >> 20) + " MB.");
    }
    return bytes;
  }
}
