package dev.attune.testkit;

import java.net.URI;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A backend that all tests of a JVM use, so that starting it costs once. */
final class Shared<B extends AutoCloseable> {
  static final Shared<NodePackages> BUF =
      new Shared<>(
          () -> NodePackages.install("buf", List.of(), "the tests with a foreign gRPC client"));
  static final Shared<NodePackages> DYNALITE =
      new Shared<>(
          () -> NodePackages.install("dynamodb", List.of("server.js"), "the tests of DynamoDB"));
  static final Shared<NodePackages> GRPC =
      new Shared<>(
          () -> NodePackages.install("grpc", List.of(), "the tests with a gRPC client for Node"));
  static final Shared<NodePackages> SDKS =
      new Shared<>(
          () -> NodePackages.install("sdks", List.of("send.js"), "the tests with SDKs for Node"));
  static final Shared<NodePackages> VERIFIERS =
      new Shared<>(
          () -> NodePackages.install("webhooks", List.of(), "the tests with verifiers for Node"));
  static final Shared<DynamoBackend> DYNAMO = new Shared<>(Shared::dynamo);
  static final Shared<KafkaBackend> KAFKA = new Shared<>(KafkaBackend::start);
  static final Shared<PostgresBackend> POSTGRES = new Shared<>(PostgresBackend::start);
  static final Shared<RedisBackend> REDIS = new Shared<>(RedisBackend::start);
  static final Shared<S3Backend> S3 = new Shared<>(S3Backend::start);
  static final Shared<RedisClusterBackend> REDIS_CLUSTER = new Shared<>(RedisClusterBackend::start);

  private final Supplier<B> start;
  private @Nullable B backend;

  private Shared(Supplier<B> start) {
    this.start = start;
  }

  private static DynamoBackend dynamo() {
    String endpoint = System.getenv(DynamoBackend.ENDPOINT_VARIABLE);
    return endpoint == null ? DynamoBackend.start() : new ExternalDynamo(URI.create(endpoint));
  }

  synchronized B get() {
    B running = backend;
    if (running == null) {
      running = start.get();
      backend = running;
      Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    }
    return running;
  }

  private synchronized void close() {
    try {
      if (backend != null) {
        backend.close();
      }
    } catch (Exception e) {
      throw new IllegalStateException("a shared backend did not stop", e);
    }
  }
}
