package dev.attune.core.profile;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;

/**
 * What a record was folded from. A redirect, like an absent record, has nothing in it.
 *
 * @param facts each with its snapshot
 */
record Content(Facts facts) {
  static final Content NOTHING = new Content(Facts.getDefaultInstance());

  static Content of(ProfileRecord record) {
    if (!record.hasLive()) {
      return NOTHING;
    }
    try {
      return new Content(Snapshots.read(Facts.parseFrom(record.getLive().getFacts())));
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(
          StoreException.Kind.CORRUPT,
          "the facts of profile " + record.getProfileId() + " do not parse",
          e);
    }
  }

  /** The bytes of facts in a record. */
  static ByteString bytes(Facts facts) {
    return Snapshots.stored(facts).toByteString();
  }

  /**
   * The record that holds a content.
   *
   * @param facts their {@link #bytes}
   */
  static ProfileRecord live(ByteString facts, Profile served) {
    return ProfileRecord.newBuilder()
        .setProfileId(served.getProfileId())
        .setVersion(served.getVersion())
        .setLive(LiveProfile.newBuilder().setServed(Served.of(served).bytes()).setFacts(facts))
        .build();
  }
}
