package dev.attune.testkit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Counts the segments with data that came in on a connection, as the kernel counts them. On
 * loopback, where one holds 64 KB, and from a sender with TCP_NODELAY, there is one for each write:
 * what a reader sees depends on when it reads, this does not. Linux only.
 */
public final class TcpSegments {
  private static final int IPPROTO_TCP = 6;
  private static final int TCP_INFO = 11;

  // struct tcp_info of linux/tcp.h, which only ever grows at its end.
  private static final int INFO_BYTES = 256;
  private static final int DATA_SEGS_IN = 152;

  private static final List<Path> TABLES =
      List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));
  private static final int LOCAL = 1;
  private static final int REMOTE = 2;
  private static final int INODE = 9;

  private final MethodHandle getsockopt;
  private final int descriptor;

  private TcpSegments(MethodHandle getsockopt, int descriptor) {
    this.getsockopt = getsockopt;
    this.descriptor = descriptor;
  }

  /** Of a connected socket. Elsewhere than on Linux the test that asks is skipped. */
  public static TcpSegments of(Socket socket) {
    boolean linux = System.getProperty("os.name").equals("Linux");
    Assumptions.assumeTrue(linux, "skipped: segments are counted on Linux only");
    Linker linker = Linker.nativeLinker();
    MethodHandle getsockopt =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("getsockopt"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    return new TcpSegments(getsockopt, descriptor(socket));
  }

  /** Segments with data so far. */
  public long received() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_BYTES);
      MemorySegment length = arena.allocateFrom(JAVA_INT, INFO_BYTES);
      int result = (int) getsockopt.invokeExact(descriptor, IPPROTO_TCP, TCP_INFO, info, length);
      int filled = length.get(JAVA_INT, 0);
      if (result != 0 || filled < DATA_SEGS_IN + Integer.BYTES) {
        throw new IllegalStateException("this kernel does not count segments");
      }
      return Integer.toUnsignedLong(info.get(JAVA_INT, DATA_SEGS_IN));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("getsockopt", e);
    }
  }

  /** The JDK does not tell it: a socket's ports lead to its inode, and that to the descriptor. */
  private static int descriptor(Socket socket) {
    String inode = "socket:[" + inode(socket) + "]";
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(link -> target(link).equals(inode))
          .map(link -> Integer.parseInt(link.getFileName().toString()))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no descriptor of " + inode));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // One that was closed meanwhile has none.
  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static String inode(Socket socket) {
    String local = port(socket.getLocalPort());
    String remote = port(socket.getPort());
    return TABLES.stream()
        .flatMap(TcpSegments::rows)
        .filter(row -> row[LOCAL].endsWith(local) && row[REMOTE].endsWith(remote))
        .map(row -> row[INODE])
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the kernel does not know the connection"));
  }

  private static Stream<String[]> rows(Path table) {
    try {
      return Files.exists(table)
          ? Files.readAllLines(table).stream().map(line -> line.strip().split("\\s+", -1))
          : Stream.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String port(int port) {
    return String.format(Locale.ROOT, ":%04X", port);
  }
}
