package dev.attune.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Asks a Redis on loopback one thing, past every store: a connection for each command. */
public final class RedisTalk {
  private static final int TIMEOUT_MILLIS = 10_000;

  private RedisTalk() {}

  /**
   * What Redis says: text, nulls as empty text, the items of a list one a line.
   *
   * @throws IllegalStateException when it says an error
   */
  public static String ask(int port, List<String> command) {
    try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(encode(command));
      return read(new BufferedInputStream(socket.getInputStream()));
    } catch (IOException e) {
      throw new UncheckedIOException("Redis on port " + port, e);
    }
  }

  /** The same, of a command without spaces in its arguments. */
  public static String ask(int port, String command) {
    return ask(port, List.of(command.split(" ", -1)));
  }

  private static byte[] encode(List<String> command) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(("*" + command.size() + "\r\n").getBytes(UTF_8));
    for (String argument : command) {
      byte[] bytes = argument.getBytes(UTF_8);
      out.writeBytes(("$" + bytes.length + "\r\n").getBytes(UTF_8));
      out.writeBytes(bytes);
      out.writeBytes("\r\n".getBytes(UTF_8));
    }
    return out.toByteArray();
  }

  private static String read(InputStream in) throws IOException {
    String line = line(in);
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+', ':' -> rest;
      case '-' -> throw new IllegalStateException("Redis said " + rest);
      case '$' -> bulk(in, Integer.parseInt(rest));
      case '*' -> {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(rest); i++) {
          items.add(read(in));
        }
        yield String.join("\n", items);
      }
      default -> throw new IOException("not an answer of Redis");
    };
  }

  private static String bulk(InputStream in, int length) throws IOException {
    if (length < 0) {
      return "";
    }
    byte[] bytes = in.readNBytes(length + 2);
    if (bytes.length < length + 2) {
      throw new EOFException();
    }
    return new String(bytes, 0, length, UTF_8);
  }

  private static String line(InputStream in) throws IOException {
    var out = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\r'; b = in.read()) {
      if (b < 0) {
        throw new EOFException();
      }
      out.write(b);
    }
    in.skipNBytes(1);
    return out.toString(UTF_8);
  }
}
