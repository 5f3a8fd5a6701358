package dev.attune.platform.grpc;

import dev.attune.platform.part.PortTakenException;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC server of a process, with the standard health service and reflection.
 *
 * <p>Calls run on the connection's event loop: a handler never blocks.
 */
public final class GrpcServer implements AutoCloseable {
  private final Server server;
  private final HealthStatusManager health;
  private final Duration shutdownGrace;

  private GrpcServer(Server server, HealthStatusManager health, Duration shutdownGrace) {
    this.server = server;
    this.health = health;
    this.shutdownGrace = shutdownGrace;
  }

  /**
   * Binds, and serves until closed.
   *
   * @throws PortTakenException when somebody else listens on the port
   */
  public static GrpcServer start(GrpcServerConfig config, List<BindableService> services) {
    HealthStatusManager health = new HealthStatusManager();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
            // A hop to another thread costs more than a lookup.
            .directExecutor()
            .maxInboundMessageSize(config.messageBytesMax())
            .maxInboundMetadataSize(8 << 10)
            .maxConcurrentCallsPerConnection(config.callsPerConnectionMax())
            .maxConnectionAge(config.connectionAgeMax().toMillis(), TimeUnit.MILLISECONDS)
            .maxConnectionAgeGrace(config.shutdownGrace().toMillis(), TimeUnit.MILLISECONDS)
            .maxConnectionIdle(10, TimeUnit.MINUTES)
            .keepAliveTime(1, TimeUnit.MINUTES)
            .keepAliveTimeout(20, TimeUnit.SECONDS)
            .permitKeepAliveTime(10, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            // Many resets in a row are an attack (CVE-2023-44487), or a client that needs a rest.
            .maxRstFramesPerWindow(200, 30)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    services.forEach(builder::addService);
    try {
      return new GrpcServer(builder.build().start(), health, config.shutdownGrace());
    } catch (IOException e) {
      throw new PortTakenException("gRPC", config.host(), config.port(), e);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Says NOT_SERVING, takes no new calls, lets those under way end within the grace period. */
  @Override
  public void close() {
    health.enterTerminalState();
    server.shutdown();
    try {
      if (!server.awaitTermination(shutdownGrace.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        server.awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
