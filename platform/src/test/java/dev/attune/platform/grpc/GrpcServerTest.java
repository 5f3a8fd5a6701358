package dev.attune.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.platform.part.PortTakenException;
import dev.attune.platform.part.Readiness;
import dev.attune.testkit.Await;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class GrpcServerTest {
  @Test
  void takenPort_isNamed() throws Exception {
    try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = holder.getLocalPort();
      assertThatThrownBy(
              () ->
                  GrpcServer.start(GrpcServerConfig.onPort(port), List.of(), () -> Readiness.READY))
          .isInstanceOf(PortTakenException.class)
          .hasMessageContaining("gRPC port " + port + " on 127.0.0.1 is taken");
    }
  }

  @Test
  void freePort_isTold_andGivenBack() throws Exception {
    GrpcServer server =
        GrpcServer.start(GrpcServerConfig.onPort(0), List.of(), () -> Readiness.READY);
    int port = server.port();
    assertThat(port).isPositive();
    server.close();
    // The selector lets go of the socket with its next turn, which may be after the server's end.
    Await.until(Duration.ofSeconds(10), "the port is not given back", () -> isFree(port));
  }

  private static boolean isFree(int port) {
    try {
      GrpcServer.start(GrpcServerConfig.onPort(port), List.of(), () -> Readiness.READY).close();
      return true;
    } catch (PortTakenException e) {
      return false;
    }
  }

  // A balancer that asks for health must not send lookups to a process whose store is away.
  @Test
  void health_followsReadiness_asAWholeAndPerService() throws Exception {
    var readiness = new AtomicReference<>(Readiness.notReady("the store has not answered yet"));
    BindableService named =
        () ->
            ServerServiceDefinition.builder(new ServiceDescriptor("attune.v1.ProfileService"))
                .build();
    GrpcServer server =
        GrpcServer.start(GrpcServerConfig.onPort(0), List.of(named), readiness::get);
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    try {
      for (String name : List.of("", "attune.v1.ProfileService")) {
        readiness.set(Readiness.notReady("the store has not answered yet"));
        Iterator<HealthCheckResponse> told =
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .watch(HealthCheckRequest.newBuilder().setService(name).build());
        await(told, ServingStatus.NOT_SERVING);
        readiness.set(Readiness.READY);
        await(told, ServingStatus.SERVING);
        readiness.set(Readiness.notReady("the store has not answered for 5 s"));
        await(told, ServingStatus.NOT_SERVING);
      }
    } finally {
      channel.shutdownNow();
      server.close();
    }
  }

  /** Ends with DEADLINE_EXCEEDED when it is not told. */
  private static void await(Iterator<HealthCheckResponse> told, ServingStatus status) {
    ServingStatus last;
    do {
      last = told.next().getStatus();
    } while (last != status);
  }

  @Test
  void config_hasDefaults_andBounds() {
    assertThat(GrpcServerConfig.onPort(9090))
        .isEqualTo(
            new GrpcServerConfig(
                "127.0.0.1", 9090, 262_144, 100, Duration.ofMinutes(30), Duration.ofSeconds(10)));
    assertThatThrownBy(() -> GrpcServerConfig.onPort(65_536)).hasMessageContaining("0-65535");
  }
}
