package dev.attune.platform.grpc;

import dev.attune.platform.part.PortTakenException;
import dev.attune.platform.part.Readiness;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC server of a process, with the standard health service and reflection. Health, of the
 * whole ("") and of each service, is what the readiness says: SERVING or NOT_SERVING.
 *
 * <p>Calls run on the connection's event loop: a handler never blocks.
 */
public final class GrpcServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcServer.class);
  private static final long HEALTH_MILLIS = 250;

  private final Server server;
  private final HealthStatusManager health;
  private final ScheduledExecutorService timer;
  private final Duration shutdownGrace;

  private GrpcServer(
      Server server,
      HealthStatusManager health,
      ScheduledExecutorService timer,
      Duration shutdownGrace) {
    this.server = server;
    this.health = health;
    this.timer = timer;
    this.shutdownGrace = shutdownGrace;
  }

  /**
   * Binds, and serves until closed.
   *
   * @param readiness of the services; asked several times a second
   * @throws PortTakenException when somebody else listens on the port
   */
  public static GrpcServer start(
      GrpcServerConfig config, List<BindableService> services, Supplier<Readiness> readiness) {
    return start(config, services, readiness, null);
  }

  /**
   * The same on event loops that something else uses, too.
   *
   * @param loops outlive the server, which does not close them; they handle Java's own channels;
   *     null: loops of its own
   */
  public static GrpcServer start(
      GrpcServerConfig config,
      List<BindableService> services,
      Supplier<Readiness> readiness,
      @Nullable EventLoopGroup loops) {
    HealthStatusManager health = new HealthStatusManager();
    List<String> names = names(services);
    tell(health, names, readiness);
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
            .addService(ProtoReflectionServiceV1.newInstance())
            .addService(olderReflection());
    services.forEach(builder::addService);
    if (loops != null) {
      builder
          .channelType(NioServerSocketChannel.class)
          .bossEventLoopGroup(loops)
          .workerEventLoopGroup(loops);
    }
    try {
      Server server = builder.build().start();
      ScheduledExecutorService timer =
          Executors.newSingleThreadScheduledExecutor(
              Thread.ofPlatform().name("grpc-health").daemon().factory());
      var _ =
          timer.scheduleWithFixedDelay(
              () -> tell(health, names, readiness),
              HEALTH_MILLIS,
              HEALTH_MILLIS,
              TimeUnit.MILLISECONDS);
      return new GrpcServer(server, health, timer, config.shutdownGrace());
    } catch (IOException e) {
      throw new PortTakenException("gRPC", config.host(), config.port(), e);
    }
  }

  /** v1alpha, which is all that many tools speak. */
  @SuppressWarnings("deprecation") // In favour of v1, which is offered beside it.
  private static BindableService olderReflection() {
    return ProtoReflectionService.newInstance();
  }

  private static List<String> names(List<BindableService> services) {
    List<String> names = new ArrayList<>();
    names.add(HealthStatusManager.SERVICE_NAME_ALL_SERVICES);
    services.forEach(service -> names.add(service.bindService().getServiceDescriptor().getName()));
    return names;
  }

  private static void tell(
      HealthStatusManager health, List<String> names, Supplier<Readiness> readiness) {
    boolean ready;
    try {
      ready = readiness.get().ready();
    } catch (RuntimeException e) {
      // A timer's task that throws is never run again.
      LOG.error("the readiness could not be asked", e);
      ready = false;
    }
    ServingStatus status = ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    names.forEach(name -> health.setStatus(name, status));
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Says NOT_SERVING, takes no new calls, lets those under way end within the grace period. */
  @Override
  public void close() {
    timer.shutdownNow();
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
