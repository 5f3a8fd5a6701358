package dev.attune.refresher.snapshot;

import dev.attune.core.model.Credential;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What databases are told, from this process's environment and from files; read at each run. */
final class Credentials {
  private static final int FILE_LENGTH_MAX = 64 * 1024;

  /** Where variables are looked up. */
  @FunctionalInterface
  interface Environment {
    @Nullable String get(String variable);
  }

  private final Path root;
  private final Environment environment;

  /**
   * @param root relative paths start here
   */
  Credentials(Path root, Environment environment) {
    this.root = root;
    this.environment = environment;
  }

  /**
   * The text itself: it goes to the driver and nowhere else.
   *
   * @param what it is and {@code where} it is needed, for messages
   * @throws RefusedException when it is not there
   */
  String text(Credential credential, String what, String where) {
    return switch (credential) {
      case Credential.Plain plain -> plain.text();
      case Credential.Environment reference -> {
        String value = environment.get(reference.variable());
        if (value == null || value.isEmpty()) {
          throw new RefusedException(
              "the environment variable %s with the %s of %s is not set"
                  .formatted(reference.variable(), what, where));
        }
        yield value;
      }
      case Credential.File reference -> read(reference, what, where);
    };
  }

  private String read(Credential.File reference, String what, String where) {
    try (InputStream in = Files.newInputStream(root.resolve(reference.path()))) {
      String text = new String(in.readNBytes(FILE_LENGTH_MAX), StandardCharsets.UTF_8);
      return text.replaceFirst("\\R\\z", "");
    } catch (IOException e) {
      throw new RefusedException(
          "the file %s with the %s of %s cannot be read".formatted(reference.path(), what, where));
    }
  }
}
