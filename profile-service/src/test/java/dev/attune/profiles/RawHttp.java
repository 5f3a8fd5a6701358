package dev.attune.profiles;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Requests over one connection, one after the other. */
final class RawHttp implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");

  private final Socket socket;
  private final InputStream in;

  RawHttp(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(5_000);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
  }

  Socket socket() {
    return socket;
  }

  /** Sends a request as it is, and returns the reply, head and body. */
  String call(String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    var reply = new ByteArrayOutputStream();
    while (!reply.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the server closed the connection");
      }
      reply.write(b);
    }
    Matcher length = LENGTH.matcher(reply.toString(ISO_8859_1));
    if (length.find()) {
      reply.writeBytes(in.readNBytes(Integer.parseInt(length.group(1))));
    }
    return reply.toString(ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
