package dev.attune.load.lookup;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;

/**
 * A connection to Redis that only writes, many commands at once: for settings, and for the keys
 * that the baselines read.
 */
final class Resp implements AutoCloseable {
  private static final int BUFFER = 256 << 10;

  private final Socket socket;
  private final OutputStream out;
  private final InputStream in;
  private int unanswered;

  Resp(int port) throws IOException {
    socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(30_000);
    out = new BufferedOutputStream(socket.getOutputStream(), BUFFER);
    in = new BufferedInputStream(socket.getInputStream(), BUFFER);
  }

  /** Sends a command whose answer is one line; {@link #await} checks it. */
  void send(byte[]... words) throws IOException {
    out.write(("*" + words.length + "\r\n").getBytes(US_ASCII));
    for (byte[] word : words) {
      out.write(("$" + word.length + "\r\n").getBytes(US_ASCII));
      out.write(word);
      out.write('\r');
      out.write('\n');
    }
    unanswered++;
  }

  void send(String... words) throws IOException {
    byte[][] bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].getBytes(UTF_8);
    }
    send(bytes);
  }

  /** Reads the answers to all that was sent. */
  void await() throws IOException {
    out.flush();
    for (; unanswered > 0; unanswered--) {
      var line = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw new IOException("Redis closed the connection");
        }
        line.append((char) c);
      }
      if (line.charAt(0) != '+' && line.charAt(0) != ':') {
        throw new IOException("Redis refused a command: " + line.toString().strip());
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
