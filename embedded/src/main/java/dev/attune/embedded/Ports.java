package dev.attune.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Ports of the loopback address. */
final class Ports {
  /** Everything embedded listens here only. */
  static final String LOOPBACK = "127.0.0.1";

  private Ports() {}

  /** A port that was free a moment ago; who takes it must be ready for somebody faster. */
  static int anyFree() {
    try (var socket = bind(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on " + LOOPBACK, e);
    }
  }

  /** Whether nobody listens on it now. */
  static boolean isFree(int port) {
    try (var socket = bind(port)) {
      return socket.isBound();
    } catch (BindException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException("port " + port + " could not be tried", e);
    }
  }

  private static ServerSocket bind(int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.ofLiteral(LOOPBACK));
  }
}
