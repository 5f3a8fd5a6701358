package dev.attune.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * The libraries by which subscribers in Node verify webhooks: {@code standardwebhooks} and {@code
 * svix}. From npm.
 */
public final class NodeVerifiers {
  private static final Duration MAX = Duration.ofSeconds(60);

  private final NodePackages packages;

  private NodeVerifiers(NodePackages packages) {
    this.packages = packages;
  }

  /** Those of this JVM. Without Node the test that asks is skipped, in CI it fails. */
  public static NodeVerifiers shared() {
    return new NodeVerifiers(Shared.VERIFIERS.get());
  }

  /** Where scripts run. */
  public Path directory() {
    return packages.directory();
  }

  /** Runs a module, and returns what it said once it has ended. */
  public String run(String module, Map<String, String> environment) {
    return packages.run(module, environment, MAX);
  }
}
