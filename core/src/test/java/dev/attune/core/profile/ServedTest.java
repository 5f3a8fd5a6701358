package dev.attune.core.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import org.junit.jupiter.api.Test;

class ServedTest {
  private static final String ID = "0123456789abcdef0123456789abcdef";

  private static Served stored(Profile profile) {
    return new Served(ByteString.copyFrom(Served.of(profile).bytes().toByteArray()));
  }

  @Test
  void header_isReadAsItWasWritten() {
    for (long version : new long[] {0, 1, 255, 256, 1_795_000_000_123_456L, Long.MAX_VALUE, -2}) {
      Served served =
          stored(
              Profile.newBuilder()
                  .setProfileId(ID)
                  .setVersion(version)
                  .addAudiences(Membership.newBuilder().setValidUntilMicros(0x0102_0304_f5f6_f7f8L))
                  .addAudiences(Membership.newBuilder().setAudience("for ever"))
                  .build());
      assertThat(served.version()).isEqualTo(version);
      assertThat(served.earliestExpiryMicros()).isEqualTo(0x0102_0304_f5f6_f7f8L);
      assertThat(served.profileId()).isEqualTo(ID);
      assertThat(served.profile().getVersion()).isEqualTo(version);
    }
  }

  @Test
  void earliestExpiry_whenNothingEnds_isNever() {
    assertThat(stored(Profile.getDefaultInstance()).earliestExpiryMicros())
        .isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void profileId_ofAnythingElse_isWhatTheParserSays() {
    assertThat(stored(Profile.getDefaultInstance()).profileId()).isEmpty();
    assertThat(stored(Profile.newBuilder().setVersion(7).build()).profileId()).isEmpty();
    String longer = "x".repeat(200);
    assertThat(stored(Profile.newBuilder().setProfileId(longer).build()).profileId())
        .isEqualTo(longer);
    Served cut =
        new Served(
            Served.of(Profile.newBuilder().setProfileId(ID).build())
                .bytes()
                .substring(0, Served.HEADER_LENGTH + 9));
    assertThatThrownBy(cut::profileId).hasMessageContaining("does not parse");
  }
}
