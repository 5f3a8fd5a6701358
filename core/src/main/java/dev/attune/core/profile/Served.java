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

  /** Of a string; fields are written in the order of their numbers, so it comes first. */
  private static final byte PROFILE_ID_TAG = (Profile.PROFILE_ID_FIELD_NUMBER << 3) | 2;

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
    return longAt(8);
  }

  /** When the first membership ends, in microseconds; {@link Long#MAX_VALUE} when none does. */
  public long earliestExpiryMicros() {
    return longAt(16);
  }

  // Byte by byte: every answer reads the header, and a view would be an object or two each time.
  private long longAt(int offset) {
    long value = 0;
    for (int i = offset; i < offset + Long.BYTES; i++) {
      value = (value << Byte.SIZE) | (bytes.byteAt(i) & 0xff);
    }
    return value;
  }

  /** The profile's id, read off the front of the serialized profile without parsing the rest. */
  public String profileId() {
    int start = HEADER_LENGTH + 2;
    if (bytes.size() < start || bytes.byteAt(HEADER_LENGTH) != PROFILE_ID_TAG) {
      return profile().getProfileId();
    }
    int length = bytes.byteAt(HEADER_LENGTH + 1);
    // A length of more than one byte is negative here.
    return length < 0 || start + length > bytes.size()
        ? profile().getProfileId()
        : bytes.substring(start, start + length).toStringUtf8();
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
