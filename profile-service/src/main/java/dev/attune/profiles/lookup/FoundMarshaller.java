package dev.attune.profiles.lookup;

import com.google.protobuf.CodedOutputStream;
import dev.attune.proto.v1.GetProfileResponse;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * Writes a {@code GetProfileResponse} around profile bytes that are serialized already: the stored
 * bytes are the served bytes, and parsing them only to write them again would be most of the work.
 */
final class FoundMarshaller implements MethodDescriptor.Marshaller<Outcome.Found> {
  @Override
  public InputStream stream(Outcome.Found found) {
    return new Reply(found);
  }

  @Override
  public Outcome.Found parse(InputStream in) {
    try {
      GetProfileResponse response = GetProfileResponse.parseFrom(in);
      return new Outcome.Found(response.getProfile().toByteString(), response.getReadAtMicros());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** gRPC asks for the length, then has it drained; it never reads byte by byte. */
  private static final class Reply extends InputStream implements Drainable, KnownLength {
    private final Outcome.Found found;
    private int length;

    Reply(Outcome.Found found) {
      this.found = found;
      this.length =
          CodedOutputStream.computeBytesSize(
                  GetProfileResponse.PROFILE_FIELD_NUMBER, found.profile())
              + CodedOutputStream.computeInt64Size(
                  GetProfileResponse.READ_AT_MICROS_FIELD_NUMBER, found.readAtMicros());
    }

    @Override
    public int available() {
      return length;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      CodedOutputStream out = CodedOutputStream.newInstance(target, Math.min(length, 4_096));
      // A message field and a bytes field look alike on the wire.
      out.writeBytes(GetProfileResponse.PROFILE_FIELD_NUMBER, found.profile());
      out.writeInt64(GetProfileResponse.READ_AT_MICROS_FIELD_NUMBER, found.readAtMicros());
      out.flush();
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
