package dev.attune.profiles.lookup;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.attune.proto.v1.GetProfileResponse;
import java.io.IOException;

/**
 * A {@code GetProfileResponse} around profile bytes that are serialized already: the stored bytes
 * are the served bytes, and parsing them only to write them again would be most of the work.
 *
 * @param profile left out when not modified
 * @param rest all other fields
 */
record WireAnswer(ByteString profile, GetProfileResponse rest) implements WireMarshaller.Reply {
  static WireAnswer of(Answer answer) {
    return new WireAnswer(
        answer.profile(),
        GetProfileResponse.newBuilder()
            .setReadAtMicros(answer.readAtMicros())
            .setEtag(answer.etag())
            .setNotModified(answer.notModified())
            .setTokenState(answer.tokenState())
            .addAllTraitStatuses(answer.statuses())
            .setView(answer.selection().view())
            .setCanonicalId(answer.canonicalId())
            .build());
  }

  @Override
  public int size() {
    return profileSize() + rest.getSerializedSize();
  }

  @Override
  public void writeTo(WireOutput out) throws IOException {
    if (!rest.getNotModified()) {
      out.begin(GetProfileResponse.PROFILE_FIELD_NUMBER, profile.size());
      out.stored(profile);
    }
    out.message(rest);
  }

  private int profileSize() {
    return rest.getNotModified()
        ? 0
        : CodedOutputStream.computeBytesSize(GetProfileResponse.PROFILE_FIELD_NUMBER, profile);
  }
}
