package dev.attune.load.socket;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A connection of the driver. Used by one thread. */
public abstract class Connection implements AutoCloseable {
  private static final int IN = 256 << 10;
  private static final int OUT = 512 << 10;

  private final SocketChannel channel;
  private final ByteBuffer arriving;

  /** What is to be written next. */
  protected final ByteBuffer out;

  /** Hears of each call's end. */
  public interface Answers {
    /**
     * @param dueNanos when the call was to be made
     * @param outcome what the connection says of its answers
     */
    void answered(Connection connection, int index, long dueNanos, int outcome);
  }

  /** Connects to a port of this machine, with room for many calls at once. */
  protected Connection(int port) throws IOException {
    this(port, IN, OUT);
  }

  /**
   * Connects to a port of this machine.
   *
   * @param in bytes of the largest answer
   * @param out bytes of all calls that wait to be written
   */
  protected Connection(int port, int in, int out) throws IOException {
    this.arriving = ByteBuffer.allocate(in);
    this.out = ByteBuffer.allocateDirect(out);
    channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
  }

  /** Joins a driver's loop. */
  public final void register(Selector selector) throws IOException {
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, this);
  }

  /** Whether another call has room now. */
  public abstract boolean hasRoom();

  /** Begins a call; needs {@link #hasRoom} and, later, a {@link #flush}. */
  public abstract void call(int index, long dueNanos);

  /** Calls under way. */
  public abstract int underWay();

  /** Takes what it can from the front of the bytes; returns how many. */
  protected abstract int take(byte[] bytes, int length, Answers answers) throws IOException;

  /** Reads what has come, once. */
  public final void read(Answers answers) throws IOException {
    if (channel.read(arriving) < 0) {
      throw new EOFException("the server closed a connection of the driver");
    }
    int taken = take(arriving.array(), arriving.position(), answers);
    arriving.flip().position(taken);
    arriving.compact();
    if (!arriving.hasRemaining()) {
      throw new IOException("a frame larger than the driver's buffer");
    }
  }

  /** Whether something waits to be written. */
  public final boolean hasMore() {
    return out.position() > 0;
  }

  /** Writes what the socket takes, and asks to be called again for the rest. */
  public final void flush(Selector selector) throws IOException {
    out.flip();
    if (out.hasRemaining()) {
      channel.write(out);
    }
    boolean more = out.hasRemaining();
    out.compact();
    SelectionKey key = channel.keyFor(selector);
    int interest = more ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
    if (key.interestOps() != interest) {
      key.interestOps(interest);
    }
  }

  @Override
  public final void close() throws IOException {
    channel.close();
  }
}
