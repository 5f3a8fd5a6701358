package dev.attune.profiles;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Unary calls over one connection, one after the other, a frame at a time. It acknowledges nothing:
 * a server that waits for its first ping sends no second one in the middle of replies.
 */
final class RawGrpc implements AutoCloseable {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PREFIX = 5;
  private static final int WINDOW = 1 << 20;

  private final Socket socket;
  private final DataInputStream in;
  private final String authority;
  private int stream = -1;

  RawGrpc(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(5_000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    authority = "127.0.0.1:" + port;
    var out = new ByteArrayOutputStream();
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
    frame(out, SETTINGS, 0, 0, new byte[0]);
    frame(out, WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(Integer.BYTES).putInt(WINDOW).array());
    socket.getOutputStream().write(out.toByteArray());
  }

  Socket socket() {
    return socket;
  }

  /**
   * Returns the reply's message.
   *
   * @throws IOException when there is none
   */
  byte[] call(String method, byte[] message) throws IOException {
    stream += 2;
    var out = new ByteArrayOutputStream();
    frame(out, HEADERS, END_HEADERS, stream, head(method));
    byte[] data =
        ByteBuffer.allocate(PREFIX + message.length)
            .put((byte) 0)
            .putInt(message.length)
            .put(message)
            .array();
    frame(out, DATA, END_STREAM, stream, data);
    socket.getOutputStream().write(out.toByteArray());
    return reply();
  }

  private byte[] reply() throws IOException {
    var message = new ByteArrayOutputStream();
    while (true) {
      int lengthAndType = in.readInt();
      int flags = in.readUnsignedByte();
      int id = in.readInt();
      byte[] payload = in.readNBytes(lengthAndType >>> 8);
      if (payload.length < lengthAndType >>> 8) {
        throw new EOFException("the server closed the connection");
      }
      if (id == stream && (lengthAndType & 0xff) == DATA) {
        message.writeBytes(payload);
      }
      if (id == stream && (flags & END_STREAM) != 0) {
        byte[] framed = message.toByteArray();
        if (framed.length < PREFIX) {
          throw new IOException("a call without a reply");
        }
        return Arrays.copyOfRange(framed, PREFIX, framed.length);
      }
    }
  }

  // HPACK without its table and without Huffman codes: names of the static table, or literal ones.
  private byte[] head(String method) {
    var head = new ByteArrayOutputStream();
    head.write(0x83); // :method: POST
    head.write(0x86); // :scheme: http
    head.write(0x04); // :path
    text(head, "/attune.v1.ProfileService/" + method);
    head.write(0x01); // :authority
    text(head, authority);
    head.write(0x0f); // content-type
    head.write(0x10);
    text(head, "application/grpc");
    head.write(0x00);
    text(head, "te");
    text(head, "trailers");
    return head.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, String text) {
    out.write(text.length());
    out.writeBytes(text.getBytes(US_ASCII));
  }

  private static void frame(
      ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
    out.writeBytes(
        ByteBuffer.allocate(9)
            .putInt(payload.length << 8 | type)
            .put((byte) flags)
            .putInt(stream)
            .array());
    out.writeBytes(payload);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
