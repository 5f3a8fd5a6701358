package dev.attune.profiles.lookup;

import com.google.protobuf.CodedOutputStream;
import dev.attune.proto.v1.BatchGetProfilesResponse;
import dev.attune.proto.v1.BatchResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A {@code BatchGetProfilesResponse} around profile bytes that are serialized already. */
final class WireBatch implements WireMarshaller.Reply {
  private final List<Entry> entries;
  private final int size;

  private WireBatch(List<Entry> entries) {
    this.entries = entries;
    int sum = 0;
    for (Entry entry : entries) {
      sum += field(BatchGetProfilesResponse.RESULTS_FIELD_NUMBER, entry.size());
    }
    this.size = sum;
  }

  static WireBatch of(List<Outcome> outcomes) {
    List<Entry> entries = new ArrayList<>(outcomes.size());
    for (Outcome outcome : outcomes) {
      entries.add(
          switch (outcome) {
            case Outcome.Found found -> new Reply(WireAnswer.of(found.answer()));
            case Outcome.Failed failed ->
                new Failure(
                    BatchResult.newBuilder()
                        .setCode(failed.reason().grpc().value())
                        .setReason(failed.reason().code())
                        .setMessage(failed.message())
                        .setReadAtMicros(failed.readAtMicros())
                        .setTokenState(failed.tokenState())
                        .build());
          });
    }
    return new WireBatch(entries);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void writeTo(WireOutput out) throws IOException {
    for (Entry entry : entries) {
      out.begin(BatchGetProfilesResponse.RESULTS_FIELD_NUMBER, entry.size());
      switch (entry) {
        case Reply reply -> {
          out.begin(BatchResult.REPLY_FIELD_NUMBER, reply.answer().size());
          reply.answer().writeTo(out);
        }
        case Failure failure -> out.message(failure.result());
      }
    }
  }

  private static int field(int number, int size) {
    return CodedOutputStream.computeTagSize(number)
        + CodedOutputStream.computeUInt32SizeNoTag(size)
        + size;
  }

  /** A serialized {@code BatchResult}. */
  private sealed interface Entry {
    int size();
  }

  private record Reply(WireAnswer answer) implements Entry {
    @Override
    public int size() {
      return field(BatchResult.REPLY_FIELD_NUMBER, answer.size());
    }
  }

  private record Failure(BatchResult result) implements Entry {
    @Override
    public int size() {
      return result.getSerializedSize();
    }
  }
}
