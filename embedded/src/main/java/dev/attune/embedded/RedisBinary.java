package dev.attune.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Map;

/** The real redis-server of this platform, copied out of a jar of binaries. */
final class RedisBinary {
  private static final Map<String, String> RESOURCES =
      Map.of(
          "linux-amd64", "/redis-server-6.2.6-v5-linux-amd64",
          "linux-arm64", "/redis-server-6.2.7-linux-arm64",
          "darwin-amd64", "/redis-server-6.2.6-v5-darwin-amd64",
          "darwin-arm64", "/redis-server-6.2.6-v5-darwin-arm64");

  private RedisBinary() {}

  /** Extracts it into the directory unless it is there; returns where it is. */
  static Path extract(Path directory) {
    String platform = platform();
    String resource = RESOURCES.get(platform);
    if (resource == null) {
      throw new IllegalStateException(
          "There is no embedded Redis for "
              + platform
              + " (there is one for "
              + String.join(", ", RESOURCES.keySet().stream().sorted().toList())
              + ").");
    }
    // Its version is in its name, so that an update does not meet the old one.
    Path binary = directory.resolve(resource.substring(1));
    if (Files.isExecutable(binary)) {
      return binary;
    }
    try (InputStream in = RedisBinary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("The embedded Redis is missing from the class path.");
      }
      // Moved into place whole: a process killed while copying leaves nothing that looks done.
      Path part = directory.resolve("redis-server.part");
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwxr-xr-x"));
      return Files.move(part, binary, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("Redis cannot be put into " + directory + ".", e);
    }
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String family = os.contains("mac") ? "darwin" : os.replaceAll("[^a-z].*", "");
    return family
        + "-"
        + switch (arch) {
          case "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          default -> arch;
        };
  }
}
