package dev.attune.load.lookup;

import dev.attune.load.process.Child;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Starts what is measured. */
final class Servers {
  private Servers() {}

  /** The profile service with so much near-cache. */
  static Child lookup(int redisPort, long cacheBytes, Path work, Path errors)
      throws IOException, InterruptedException {
    return Child.start(
        "the profile service",
        Child.java(
            List.of("-Xms512m", "-Xmx512m", "-XX:MaxDirectMemorySize=128m"),
            LookupServer.class,
            String.valueOf(redisPort),
            String.valueOf(cacheBytes)),
        work,
        errors);
  }
}
