package dev.attune.core.profile;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;

/** What a record was folded from. A redirect, like an absent record, has nothing in it. */
record Content(Facts facts) {
  static final Content NOTHING = new Content(Facts.getDefaultInstance());

  static Content of(ProfileRecord record) {
    if (!record.hasLive()) {
      return NOTHING;
    }
    try {
      return new Content(Facts.parseFrom(record.getLive().getFacts()));
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(
          StoreException.Kind.CORRUPT,
          "the facts of profile " + record.getProfileId() + " do not parse",
          e);
    }
  }

  /** The record that holds a content. */
  static ProfileRecord live(Facts facts, Profile served) {
    return ProfileRecord.newBuilder()
        .setProfileId(served.getProfileId())
        .setVersion(served.getVersion())
        .setLive(
            LiveProfile.newBuilder()
                .setServed(Served.of(served).bytes())
                .setFacts(facts.toByteString()))
        .build();
  }
}
