package dev.attune.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Node's own gRPC client, which makes its calls from {@code .proto} files alone. From npm. */
public final class NodeGrpc {
  private static final Duration MAX = Duration.ofSeconds(60);

  private final NodePackages packages;

  private NodeGrpc(NodePackages packages) {
    this.packages = packages;
  }

  /** The one of this JVM. Without Node the test that asks is skipped, in CI it fails. */
  public static NodeGrpc shared() {
    return new NodeGrpc(Shared.GRPC.get());
  }

  /** Where scripts run: files that they read are put below it. */
  public Path directory() {
    return packages.directory();
  }

  /** Runs a module, and returns what it said once it has ended. */
  public String run(String module, Map<String, String> environment) {
    return packages.run(module, environment, MAX);
  }
}
