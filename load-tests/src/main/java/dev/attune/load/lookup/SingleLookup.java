package dev.attune.load.lookup;

import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.ProfileServiceGrpc;

/** {@code GetProfile} by a user id. */
final class SingleLookup implements Protocol {
  private final Population people;
  private final Versions versions;
  private final byte[] template =
      GetProfileRequest.newBuilder()
          .setIdentifier(Population.identifier(0).toProto())
          .build()
          .toByteArray();

  SingleLookup(Population people, Versions versions) {
    this.people = people;
    this.versions = versions;
  }

  @Override
  public String path() {
    return "/" + ProfileServiceGrpc.getGetProfileMethod().getFullMethodName();
  }

  @Override
  public int requestLength() {
    return template.length;
  }

  // The user id is the last of the request.
  @Override
  public void write(int index, byte[] target, int offset) {
    int head = template.length - Population.USER_ID_LENGTH;
    System.arraycopy(template, 0, target, offset, head);
    Population.writeUserId(index, target, offset + head);
  }

  @Override
  public int judge(byte[] message, int offset, int length, int index, long sentNanos) {
    return judge(people, versions, message, offset, length, index, sentNanos);
  }

  /** Of a {@code GetProfileResponse}: its profile comes first. */
  static int judge(
      Population people,
      Versions versions,
      byte[] message,
      int offset,
      int length,
      int index,
      long sentNanos) {
    var wire = new Wire(message, offset, offset + length);
    if (!wire.next()
        || wire.field() != GetProfileResponse.PROFILE_FIELD_NUMBER
        || !wire.isBytes()) {
      return Tally.WRONG;
    }
    long version = people.verify(message, wire.start(), wire.length(), index);
    return version < 0 ? Tally.WRONG : versions.judge(index, version, sentNanos);
  }
}
