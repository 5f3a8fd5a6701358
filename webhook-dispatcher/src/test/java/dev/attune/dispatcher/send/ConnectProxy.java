package dev.attune.dispatcher.send;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/** A proxy that makes tunnels, or refuses to, and remembers what it was asked for. */
final class ConnectProxy implements AutoCloseable {
  final List<String> asked = new CopyOnWriteArrayList<>();

  /** What it answers instead of making a tunnel; 200 to make one. */
  volatile int status = 200;

  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  ConnectProxy() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    threads.execute(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        open.add(client);
        threads.execute(() -> serve(client));
      }
    } catch (IOException | RejectedExecutionException e) {
      // Closed.
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int next = in.read();
        if (next < 0) {
          return;
        }
        head.append((char) next);
      }
      String line = head.substring(0, head.indexOf("\r\n"));
      asked.add(line);
      OutputStream out = client.getOutputStream();
      if (status != 200) {
        out.write(
            ("HTTP/1.1 " + status + " No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
                .getBytes(StandardCharsets.US_ASCII));
        return;
      }
      int port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1, line.lastIndexOf(' ')));
      try (Socket server = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
        open.add(server);
        out.write("HTTP/1.1 200 Connected\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        threads.execute(() -> copy(server, client));
        copy(client, server);
      }
    } catch (IOException | RejectedExecutionException e) {
      // One of them has gone.
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.close();
    } catch (IOException e) {
      // One of them has gone.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
    threads.shutdownNow();
  }
}
