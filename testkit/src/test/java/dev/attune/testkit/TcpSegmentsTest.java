package dev.attune.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class TcpSegmentsTest {
  private static final int BYTES = 1_000;

  /** Several connections: each count is of its own. */
  @Test
  void received_isOneForEachWriteOfTheSender() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
        Socket sender = server.accept();
        Socket other = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
      sender.setTcpNoDelay(true);
      TcpSegments segments = TcpSegments.of(client);
      assertThat(segments.received()).isZero();
      for (int writes = 1; writes <= 4; writes++) {
        long before = segments.received();
        OutputStream out = sender.getOutputStream();
        for (int i = 0; i < writes; i++) {
          out.write(new byte[BYTES]);
        }
        assertThat(client.getInputStream().readNBytes(writes * BYTES)).hasSize(writes * BYTES);
        assertThat(segments.received() - before).as("%d writes", writes).isEqualTo(writes);
      }
      assertThat(TcpSegments.of(other).received()).isZero();
    }
  }
}
