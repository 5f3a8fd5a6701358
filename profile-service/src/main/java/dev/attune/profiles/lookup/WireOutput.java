package dev.attune.profiles.lookup;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;

/**
 * Where a reply writes itself. Tags, lengths and what is made for this reply gather in a small
 * buffer; stored bytes pass it by and are handed to the target as they are, so that its copy of
 * them is the only one.
 *
 * <p>The target is trusted not to change what it is given.
 */
final class WireOutput {
  private static final int BUFFER = 256;

  private final CodedOutputStream small;
  private final ByteOutput direct;

  WireOutput(OutputStream target) {
    small = CodedOutputStream.newInstance(target, BUFFER);
    direct = new Direct(target);
  }

  /** The tag and length of a message, whose content comes next. */
  void begin(int field, int size) throws IOException {
    small.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    small.writeUInt32NoTag(size);
  }

  /** A content, or a part of it. */
  void message(MessageLite message) throws IOException {
    message.writeTo(small);
  }

  /** A content that is serialized already. */
  void stored(ByteString bytes) throws IOException {
    small.flush();
    // ByteString.writeTo would copy them first: it trusts no stream with its array.
    UnsafeByteOperations.unsafeWriteTo(bytes, direct);
  }

  /** Writes what is still in the buffer. */
  void end() throws IOException {
    small.flush();
  }

  /** A stream as protobuf wants it. */
  private static final class Direct extends ByteOutput {
    private final OutputStream target;

    Direct(OutputStream target) {
      this.target = target;
    }

    @Override
    public void write(byte value) throws IOException {
      target.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      target.write(bytes, offset, length);
    }

    @Override
    public void writeLazy(byte[] bytes, int offset, int length) throws IOException {
      target.write(bytes, offset, length);
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      var _ = Channels.newChannel(target).write(bytes);
    }

    @Override
    public void writeLazy(ByteBuffer bytes) throws IOException {
      write(bytes);
    }
  }
}
