package dev.attune.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.platform.part.PortTakenException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrpcServerTest {
  @Test
  void takenPort_isNamed() throws Exception {
    try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = holder.getLocalPort();
      assertThatThrownBy(() -> GrpcServer.start(GrpcServerConfig.onPort(port), List.of()))
          .isInstanceOf(PortTakenException.class)
          .hasMessageContaining("gRPC port " + port + " on 127.0.0.1 is taken");
    }
  }

  @Test
  void freePort_isTold_andGivenBack() throws Exception {
    GrpcServer server = GrpcServer.start(GrpcServerConfig.onPort(0), List.of());
    int port = server.port();
    assertThat(port).isPositive();
    server.close();
    GrpcServer.start(GrpcServerConfig.onPort(port), List.of()).close();
  }

  @Test
  void config_hasDefaults_andBounds() {
    assertThat(GrpcServerConfig.onPort(9090))
        .isEqualTo(
            new GrpcServerConfig(
                "127.0.0.1", 9090, 262_144, 256, Duration.ofMinutes(30), Duration.ofSeconds(10)));
    assertThatThrownBy(() -> GrpcServerConfig.onPort(65_536)).hasMessageContaining("0-65535");
  }
}
