package dev.attune.profiles.lookup;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Marshals replies that know their length and write themselves. A server never parses one. */
final class WireMarshaller<T extends WireMarshaller.Reply>
    implements MethodDescriptor.Marshaller<T> {
  /** A reply on its way. */
  interface Reply {
    int size();

    void writeTo(WireOutput out) throws IOException;
  }

  @Override
  public InputStream stream(T reply) {
    return new Draining(reply);
  }

  @Override
  public T parse(InputStream in) {
    throw new UnsupportedOperationException("replies are written here, not read");
  }

  /** gRPC asks for the length, then has it drained; it never reads byte by byte. */
  private static final class Draining extends InputStream implements Drainable, KnownLength {
    private final Reply reply;
    private int length;

    Draining(Reply reply) {
      this.reply = reply;
      this.length = reply.size();
    }

    @Override
    public int available() {
      return length;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      WireOutput out = new WireOutput(target);
      reply.writeTo(out);
      out.end();
      int written = length;
      length = 0;
      return written;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("the reply is drained, not read");
    }

    @Override
    public int read(byte[] target, int offset, int count) {
      throw new UnsupportedOperationException("the reply is drained, not read");
    }
  }
}
