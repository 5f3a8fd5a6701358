package dev.attune.load.lookup;

import dev.attune.load.process.Child;
import dev.attune.load.process.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Fastify with ioredis, one process: what a team would write instead. npm fetches the two, for the
 * run alone.
 */
final class ThinService {
  static final String PATH = "/profiles/";
  private static final Duration INSTALL_MAX = Duration.ofMinutes(3);

  private ThinService() {}

  static Child start(Path node, Path npm, Path work, int redisPort, Path errors)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectories(work.resolve("thin"));
    for (String file : List.of("package.json", "server.mjs")) {
      try (InputStream in = ThinService.class.getResourceAsStream("thin/" + file)) {
        if (in == null) {
          throw new IllegalStateException("the bench was built without its thin service");
        }
        Files.copy(in, folder.resolve(file));
      }
    }
    Tools.run(
        folder,
        INSTALL_MAX,
        List.of(
            npm.toString(), "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"));
    return Child.start(
        "the thin service",
        List.of(node.toString(), "server.mjs", String.valueOf(redisPort)),
        folder,
        errors);
  }

  /** The versions that npm chose, {@code fastify 5.6.1, ioredis 5.8.0}. */
  static String versions(Path work) {
    return version(work, "fastify") + ", " + version(work, "ioredis");
  }

  private static String version(Path work, String module) {
    Path file =
        work.resolve("thin").resolve("node_modules").resolve(module).resolve("package.json");
    try {
      String json = Files.readString(file);
      return module + " " + json.replaceFirst("(?s).*?\"version\": *\"([^\"]*)\".*", "$1");
    } catch (IOException e) {
      return module;
    }
  }
}
