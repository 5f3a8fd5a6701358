package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.BatchGetProfilesResponse;
import dev.attune.proto.v1.BatchResult;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.TokenState;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What gRPC is handed of a reply: it copies that into its own buffer, once. */
class WireMarshallerTest {
  private static final long READ_AT = 1_795_000_000_123_456L;

  /** A part of an array. */
  private record Range(int offset, int length) {}

  /** Remembers what it is given, and by which array. */
  private static final class Target extends OutputStream {
    final IdentityHashMap<byte[], List<Range>> given = new IdentityHashMap<>();
    final ByteArrayOutputStream all = new ByteArrayOutputStream();
    int writes;

    @Override
    public void write(int value) {
      throw new AssertionError("byte by byte");
    }

    @Override
    public void write(byte[] array, int offset, int length) {
      writes++;
      given.computeIfAbsent(array, _ -> new ArrayList<>()).add(new Range(offset, length));
      all.write(array, offset, length);
    }

    List<Range> of(byte[] array) {
      return given.getOrDefault(array, List.of());
    }
  }

  /** A record as a store answers it: one array, with a header before the profile. */
  private static byte[] stored(int size) {
    Profile profile =
        Profile.newBuilder()
            .setProfileId("0".repeat(32))
            .setVersion(7)
            .addTraits(
                Trait.newBuilder()
                    .setName("text")
                    .setValue(Value.newBuilder().setText("x".repeat(size))))
            .build();
    return Served.of(profile).bytes().toByteArray();
  }

  private static Answer answer(byte[] stored) {
    return new Answer(
        new Served(UnsafeByteOperations.unsafeWrap(stored)).profileBytes(),
        READ_AT,
        "\"etag\"",
        false,
        TokenState.TOKEN_STATE_UNSPECIFIED,
        List.of(),
        Selection.WHOLE,
        "");
  }

  private static <T extends WireMarshaller.Reply> Target drained(T reply) throws Exception {
    Target target = new Target();
    try (InputStream stream = new WireMarshaller<T>().stream(reply)) {
      int known = ((KnownLength) stream).available();
      assertThat(((Drainable) stream).drainTo(target)).isEqualTo(known);
    }
    assertThat(target.all.size()).isEqualTo(reply.size());
    return target;
  }

  private static void assertHandedOverAsItIs(Target target, byte[] stored) {
    assertThat(target.of(stored))
        .containsExactly(new Range(Served.HEADER_LENGTH, stored.length - Served.HEADER_LENGTH));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 900, 4_000, 5_000, 100_000})
  void answer_handsTheStoredBytesOver_asTheyAreAndOnce(int size) throws Exception {
    byte[] stored = stored(size);
    Target target = drained(WireAnswer.of(answer(stored)));
    assertHandedOverAsItIs(target, stored);
    assertThat(target.writes).isEqualTo(3);
    GetProfileResponse read = GetProfileResponse.parseFrom(target.all.toByteArray());
    assertThat(read.getProfile().getTraits(0).getValue().getText()).hasSize(size);
    assertThat(read.getReadAtMicros()).isEqualTo(READ_AT);
  }

  @Test
  void batch_handsTheStoredBytesOver_asTheyAreAndOnce() throws Exception {
    List<byte[]> stored = List.of(stored(10), stored(900), stored(5_000));
    List<Outcome> outcomes = new ArrayList<>();
    for (byte[] each : stored) {
      outcomes.add(new Outcome.Found(answer(each)));
      outcomes.add(new Outcome.Failed(Reason.NOT_FOUND, Messages.ABSENT));
    }
    Target target = drained(WireBatch.of(outcomes));
    stored.forEach(each -> assertHandedOverAsItIs(target, each));
    // What lies between two profiles fits into the buffer.
    assertThat(target.writes).isEqualTo(2 * stored.size() + 1);
    BatchGetProfilesResponse read = BatchGetProfilesResponse.parseFrom(target.all.toByteArray());
    assertThat(read.getResultsList().stream().map(BatchResult::getReason))
        .containsExactly("", "not_found", "", "not_found", "", "not_found");
    assertThat(read.getResults(4).getReply().getProfile().getTraits(0).getValue().getText())
        .hasSize(5_000);
  }

  @Test
  void answerThatIsNotModified_hasNoProfile() throws Exception {
    Answer unchanged =
        new Answer(
            ByteString.EMPTY,
            READ_AT,
            "\"etag\"",
            true,
            TokenState.TOKEN_STATE_UNSPECIFIED,
            List.of(),
            Selection.WHOLE,
            "");
    Target target = drained(WireAnswer.of(unchanged));
    assertThat(target.writes).isEqualTo(1);
    assertThat(GetProfileResponse.parseFrom(target.all.toByteArray()).hasProfile()).isFalse();
  }

  @Test
  void profileInPieces_isWrittenPieceByPiece() throws Exception {
    byte[] stored = stored(900);
    ByteString profile = answer(stored).profile();
    byte[] first = profile.substring(0, 300).toByteArray();
    byte[] second = profile.substring(300).toByteArray();
    ByteString rope =
        UnsafeByteOperations.unsafeWrap(first).concat(UnsafeByteOperations.unsafeWrap(second));
    WireAnswer whole = WireAnswer.of(answer(stored));
    Target target = drained(new WireAnswer(rope, whole.rest()));
    assertThat(target.of(first)).hasSize(1);
    assertThat(target.of(second)).hasSize(1);
    assertThat(target.all.toByteArray()).isEqualTo(drained(whole).all.toByteArray());
  }
}
