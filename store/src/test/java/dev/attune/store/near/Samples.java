package dev.attune.store.near;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import java.util.List;

/** Profiles and changes in a few words. */
final class Samples {
  static final String P = "0".repeat(31) + "1";
  static final String W = "0".repeat(31) + "2";
  static final Identifier JANE = new Identifier("user_id", "jane");
  static final Identifier MAIL = new Identifier("email", "jane@example.org");
  static final LookupResult ABSENT = new LookupResult.Absent();

  private Samples() {}

  static Served served(String profileId, long version, Identifier... identifiers) {
    Profile.Builder profile = Profile.newBuilder().setProfileId(profileId).setVersion(version);
    for (Identifier identifier : identifiers) {
      profile.addIdentifiers(identifier.toProto());
    }
    return Served.of(profile.build());
  }

  static LookupResult found(String profileId, long version, Identifier... identifiers) {
    return new LookupResult.Found(served(profileId, version, identifiers));
  }

  static Changed live(String profileId, long version, Identifier... identifiers) {
    return Changed.newBuilder()
        .setRecord(
            ProfileRecord.newBuilder()
                .setProfileId(profileId)
                .setVersion(version)
                .setLive(
                    LiveProfile.newBuilder()
                        .setServed(served(profileId, version, identifiers).bytes())))
        .build();
  }

  static Changed redirect(String profileId, long version, String into) {
    return Changed.newBuilder()
        .setRecord(
            ProfileRecord.newBuilder()
                .setProfileId(profileId)
                .setVersion(version)
                .setRedirectTo(into))
        .build();
  }

  static Changed adding(Changed change, Identifier... identifiers) {
    return change.toBuilder()
        .addAllIdentifiersAdded(List.of(identifiers).stream().map(Identifier::toProto).toList())
        .build();
  }

  static Changed removing(Changed change, Identifier... identifiers) {
    return change.toBuilder()
        .addAllIdentifiersRemoved(List.of(identifiers).stream().map(Identifier::toProto).toList())
        .build();
  }
}
