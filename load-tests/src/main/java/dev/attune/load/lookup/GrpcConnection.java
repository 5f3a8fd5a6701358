package dev.attune.load.lookup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.attune.load.socket.Connection;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Unary gRPC over one HTTP/2 connection, as lean as {@code redis-benchmark} is: the driver has to
 * share the cores with what it measures. Its header blocks refer to the connection's table after
 * the first call, as those of every gRPC client do.
 */
final class GrpcConnection extends Connection {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;

  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int FRAME_HEAD = 9;
  private static final int MESSAGE_HEAD = 5;

  private static final int STREAM_WINDOW = 1 << 20;
  private static final int CONNECTION_WINDOW = 16 << 20;
  private static final int STREAMS_DEFAULT = 100;

  /** A stream that is reset has no status of its own; this is far from those of gRPC. */
  private static final int RESET = 1_000;

  // More than may be under way: a slot is free again long before its turn comes.
  private static final int SLOTS = 4_096;

  private final Protocol protocol;
  private final byte[] request;
  private final byte[] firstHeaders;
  private final byte[] headers;
  private final StatusBlocks blocks = new StatusBlocks();

  private final int[] index = new int[SLOTS];
  private final int[] stream = new int[SLOTS];
  private final int[] outcome = new int[SLOTS];
  private final long[] due = new long[SLOTS];
  private final long[] sent = new long[SLOTS];
  private final @Nullable ByteArrayOutputStream[] partial = new ByteArrayOutputStream[SLOTS];

  private int nextStream = 1;
  private int underWay;
  private int streamsMax = STREAMS_DEFAULT;
  private long sendWindow = 65_535;
  private int unacknowledged;

  GrpcConnection(int port, Protocol protocol) throws IOException {
    super(port);
    this.protocol = protocol;
    this.request = new byte[protocol.requestLength()];
    Encoder encoder = new Encoder(port, protocol.path());
    this.firstHeaders = encoder.first();
    this.headers = encoder.next();
    out.put("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
    frame(12, SETTINGS, 0, 0);
    out.putShort((short) 2).putInt(0); // no pushes
    out.putShort((short) 4).putInt(STREAM_WINDOW);
    windowUpdate(CONNECTION_WINDOW);
  }

  private void frame(int length, int type, int flags, int streamId) {
    out.put((byte) (length >> 16)).putShort((short) length);
    out.put((byte) type).put((byte) flags).putInt(streamId);
  }

  private void windowUpdate(int bytes) {
    frame(4, WINDOW_UPDATE, 0, 0);
    out.putInt(bytes);
  }

  @Override
  public boolean hasRoom() {
    int length = MESSAGE_HEAD + request.length;
    return underWay < streamsMax
        && stream[slot(nextStream)] == 0
        && sendWindow >= length
        && out.remaining() > length + firstHeaders.length + 4 * FRAME_HEAD;
  }

  @Override
  public int underWay() {
    return underWay;
  }

  @Override
  public void call(int who, long dueNanos) {
    int id = nextStream;
    nextStream += 2;
    int slot = slot(id);
    stream[slot] = id;
    index[slot] = who;
    due[slot] = dueNanos;
    sent[slot] = System.nanoTime();
    outcome[slot] = Tally.WRONG; // until a message says otherwise
    underWay++;
    byte[] block = id == 1 ? firstHeaders : headers;
    frame(block.length, HEADERS, END_HEADERS, id);
    out.put(block);
    frame(MESSAGE_HEAD + request.length, DATA, END_STREAM, id);
    out.put((byte) 0).putInt(request.length);
    protocol.write(who, request, 0);
    out.put(request);
    sendWindow -= MESSAGE_HEAD + request.length;
  }

  @Override
  protected int take(byte[] bytes, int length, Answers answers) throws IOException {
    int at = 0;
    while (length - at >= FRAME_HEAD) {
      int size = int32(bytes, at) >>> 8;
      if (length - at - FRAME_HEAD < size) {
        break;
      }
      int type = bytes[at + 3];
      int flags = bytes[at + 4];
      int streamId = int32(bytes, at + 5) & 0x7fffffff;
      frame(bytes, at + FRAME_HEAD, size, type, flags, streamId, answers);
      at += FRAME_HEAD + size;
    }
    return at;
  }

  private void frame(
      byte[] bytes, int offset, int size, int type, int flags, int streamId, Answers answers)
      throws IOException {
    switch (type) {
      case DATA -> data(bytes, offset, size, streamId);
      case HEADERS -> {
        if ((flags & END_HEADERS) == 0) {
          throw new IOException("a header block of more than one frame");
        }
        int status = blocks.status(streamId, bytes, offset, size);
        if ((flags & END_STREAM) != 0) {
          end(streamId, status, answers);
        }
      }
      case RST_STREAM -> end(streamId, RESET + int32(bytes, offset), answers);
      case SETTINGS -> settings(bytes, offset, size, flags);
      case PING -> {
        if ((flags & ACK) == 0) {
          frame(size, PING, ACK, 0);
          out.put(bytes, offset, size);
        }
      }
      case GOAWAY -> throw new IOException("the server asked the driver to go away");
      case WINDOW_UPDATE -> {
        if (streamId == 0) {
          sendWindow += int32(bytes, offset);
        }
      }
      case CONTINUATION -> throw new IOException("a header block of more than one frame");
      default -> {
        // Priorities and what is not known say nothing to us.
      }
    }
  }

  private void settings(byte[] bytes, int offset, int size, int flags) {
    if ((flags & ACK) != 0) {
      return;
    }
    for (int i = offset; i < offset + size; i += 6) {
      if (bytes[i] == 0 && bytes[i + 1] == 3) {
        streamsMax = Math.clamp(int32(bytes, i + 2) & 0xffffffffL, 1, SLOTS / 4);
      }
    }
    frame(0, SETTINGS, ACK, 0);
  }

  private void data(byte[] bytes, int offset, int size, int streamId) {
    unacknowledged += size;
    if (unacknowledged > CONNECTION_WINDOW / 4) {
      windowUpdate(unacknowledged);
      unacknowledged = 0;
    }
    int slot = slot(streamId);
    if (stream[slot] != streamId || size == 0) {
      return;
    }
    ByteArrayOutputStream earlier = partial[slot];
    if (earlier == null && isWhole(bytes, offset, size)) {
      message(slot, bytes, offset, size);
      return;
    }
    if (earlier == null) {
      earlier = new ByteArrayOutputStream(4 * size);
      partial[slot] = earlier;
    }
    earlier.write(bytes, offset, size);
    byte[] all = earlier.toByteArray();
    if (isWhole(all, 0, all.length)) {
      partial[slot] = null;
      message(slot, all, 0, all.length);
    }
  }

  private static boolean isWhole(byte[] bytes, int offset, int size) {
    return size >= MESSAGE_HEAD && size == MESSAGE_HEAD + int32(bytes, offset + 1);
  }

  private void message(int slot, byte[] bytes, int offset, int size) {
    outcome[slot] =
        bytes[offset] != 0
            ? Tally.WRONG // compressed, which nobody asked for
            : protocol.judge(
                bytes, offset + MESSAGE_HEAD, size - MESSAGE_HEAD, index[slot], sent[slot]);
  }

  private void end(int streamId, int status, Answers answers) {
    int slot = slot(streamId);
    if (stream[slot] != streamId) {
      return;
    }
    stream[slot] = 0;
    partial[slot] = null;
    underWay--;
    answers.answered(this, index[slot], due[slot], status == 0 ? outcome[slot] : status);
  }

  private static int slot(int streamId) {
    return (streamId >>> 1) & (SLOTS - 1);
  }

  private static int int32(byte[] bytes, int offset) {
    return ByteBuffer.wrap(bytes).getInt(offset);
  }

  /** Header blocks of requests. */
  private record Encoder(int port, String path) {
    /** With the names and values, which the server puts into its table. */
    byte[] first() {
      var block = new ByteArrayOutputStream();
      block.write(0x83); // :method POST
      block.write(0x86); // :scheme http
      named(block, 4, path);
      named(block, 1, "127.0.0.1:" + port);
      named(block, 31, "application/grpc");
      literal(block, "te", "trailers");
      named(block, 58, "attune-bench");
      literal(block, "grpc-accept-encoding", "gzip");
      return block.toByteArray();
    }

    /** With places in the table: the six from above, the newest first. */
    byte[] next() {
      return new byte[] {
        (byte) 0x83,
        (byte) 0x86,
        (byte) (0x80 | 67),
        (byte) (0x80 | 66),
        (byte) (0x80 | 65),
        (byte) (0x80 | 64),
        (byte) (0x80 | 63),
        (byte) (0x80 | 62)
      };
    }

    private static void named(ByteArrayOutputStream block, int name, String value) {
      block.write(0x40 | name);
      string(block, value);
    }

    private static void literal(ByteArrayOutputStream block, String name, String value) {
      block.write(0x40);
      string(block, name);
      string(block, value);
    }

    private static void string(ByteArrayOutputStream block, String text) {
      block.write(text.length()); // all are shorter than 127
      block.writeBytes(text.getBytes(US_ASCII));
    }
  }

  /** Statuses of header blocks. The same few blocks come again and again: those are remembered. */
  private static final class StatusBlocks {
    private static final int REMEMBERED = 4;
    private static final int NONE = 2_000;

    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
    private final byte[][] known = new byte[REMEMBERED][];
    private final int[] status = new int[REMEMBERED];
    private int count;

    /** The gRPC status, 2000 where there is none. */
    int status(int streamId, byte[] bytes, int offset, int size) throws IOException {
      for (int i = 0; i < count; i++) {
        if (Arrays.equals(known[i], 0, known[i].length, bytes, offset, offset + size)) {
          return status[i];
        }
      }
      Http2Headers headers;
      try {
        headers = decoder.decodeHeaders(streamId, Unpooled.wrappedBuffer(bytes, offset, size));
      } catch (Http2Exception e) {
        throw new IOException("a header block that makes no sense", e);
      }
      CharSequence text = headers.get("grpc-status");
      int code = text == null ? NONE : Integer.parseInt(text.toString());
      if (!onlyPlaces(bytes, offset, size)) {
        count = 0; // it may have changed the table, and with it what the others say
      } else if (count < REMEMBERED) {
        known[count] = Arrays.copyOfRange(bytes, offset, offset + size);
        status[count++] = code;
      }
      return code;
    }

    private static boolean onlyPlaces(byte[] bytes, int offset, int size) {
      for (int i = offset; i < offset + size; i++) {
        if (bytes[i] >= 0 || bytes[i] == (byte) 0xff) {
          return false;
        }
      }
      return true;
    }
  }
}
