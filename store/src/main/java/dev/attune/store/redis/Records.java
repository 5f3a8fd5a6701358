package dev.attune.store.redis;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.ProfileRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Records from the fields of their hashes. */
final class Records {
  /** The fields of a profile that {@link #profile} takes, in their order. */
  static final List<String> PROFILE_FIELDS =
      List.of(Keys.VERSION, Keys.SERVED, Keys.FACTS, Keys.REDIRECT);

  /** The fields of a profile that a lookup follows when it is not live. */
  static final List<String> SERVED_OR_REDIRECT = List.of(Keys.SERVED, Keys.REDIRECT);

  private Records() {}

  static Optional<IdentityRecord> identity(byte @Nullable [] record) {
    if (record == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(IdentityRecord.parseFrom(record));
    } catch (InvalidProtocolBufferException e) {
      // Without the cause: its message is about bytes of somebody's record.
      throw new StoreException(
          StoreException.Kind.CORRUPT, "Redis: an identity record does not parse");
    }
  }

  static Optional<ProfileRecord> profile(String profileId, List<byte @Nullable []> fields) {
    byte[] version = fields.get(0);
    byte[] served = fields.get(1);
    byte[] facts = fields.get(2);
    byte[] redirect = fields.get(3);
    if (version == null) {
      return Optional.empty();
    }
    ProfileRecord.Builder record =
        ProfileRecord.newBuilder()
            .setProfileId(profileId)
            .setVersion(Long.parseLong(text(version)));
    if (redirect != null) {
      record.setRedirectTo(text(redirect));
    } else if (served != null && facts != null) {
      record.setLive(LiveProfile.newBuilder().setServed(bytes(served)).setFacts(bytes(facts)));
    } else {
      throw new StoreException(
          StoreException.Kind.CORRUPT, "Redis: a profile is neither live nor a redirect");
    }
    return Optional.of(record.build());
  }

  /** 0 where there is no record. */
  static long version(byte @Nullable [] version) {
    return version == null ? 0 : Long.parseLong(text(version));
  }

  /** -1 where there is no mark. */
  static long mark(byte @Nullable [] mark) {
    return mark == null ? -1 : Long.parseLong(text(mark));
  }

  /** Not copied: nobody else has the array. */
  static ByteString bytes(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
