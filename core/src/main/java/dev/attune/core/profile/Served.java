package dev.attune.core.profile;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.proto.v1.Profile;
import java.nio.ByteBuffer;

/**
 * The served half of a record: a fixed header, then the serialized {@link Profile}, so that a reply
 * can copy the bytes without parsing them.
 *
 * <p>Header, big-endian: format (1 byte, now 1), reserved for class and purpose masks (7), version
 * (8), earliest expiry in microseconds or {@link Long#MAX_VALUE} (8).
 */
public record Served(ByteString bytes) {
  /** Length of the header in bytes. */
  public static final int HEADER_LENGTH = 24;

  private static final byte FORMAT = 1;

  public Served {
    if (bytes.size() < HEADER_LENGTH || bytes.byteAt(0) != FORMAT) {
      throw new IllegalArgumentException(
          "served: not a record of format " + FORMAT + " (" + bytes.size() + " bytes)");
    }
  }

  /** The bytes to store for a profile. */
  public static Served of(Profile profile) {
    long expiry = Long.MAX_VALUE;
    for (var audience : profile.getAudiencesList()) {
      if (audience.getValidUntilMicros() != 0) {
        expiry = Math.min(expiry, audience.getValidUntilMicros());
      }
    }
    ByteBuffer header =
        ByteBuffer.allocate(HEADER_LENGTH)
            .put(FORMAT)
            .put(new byte[7])
            .putLong(profile.getVersion())
            .putLong(expiry)
            .flip();
    return new Served(ByteString.copyFrom(header).concat(profile.toByteString()));
  }

  /** The profile's version. */
  public long version() {
    return bytes.substring(8, 16).asReadOnlyByteBuffer().getLong();
  }

  /** When the first membership ends, in microseconds; {@link Long#MAX_VALUE} when none does. */
  public long earliestExpiryMicros() {
    return bytes.substring(16, 24).asReadOnlyByteBuffer().getLong();
  }

  /** The serialized {@link Profile}, not copied. */
  public ByteString profileBytes() {
    return bytes.substring(HEADER_LENGTH);
  }

  /** The parsed profile. */
  public Profile profile() {
    try {
      return Profile.parseFrom(profileBytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("served: the stored profile does not parse", e);
    }
  }
}
