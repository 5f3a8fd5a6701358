package dev.attune.load.lookup;

import dev.attune.proto.v1.BatchEntry;
import dev.attune.proto.v1.BatchGetProfilesRequest;
import dev.attune.proto.v1.BatchGetProfilesResponse;
import dev.attune.proto.v1.BatchResult;
import dev.attune.proto.v1.ProfileServiceGrpc;

/** {@code BatchGetProfiles}: a person and others, all over the population. */
final class BatchLookup implements Protocol {
  private static final int STEP = 7_919;

  private final Population people;
  private final Versions versions;
  private final int among;
  private final int size;
  private final byte[] entry;

  /**
   * @param among so many people, from the first
   */
  BatchLookup(Population people, Versions versions, int among, int size) {
    this.people = people;
    this.versions = versions;
    this.among = among;
    this.size = size;
    this.entry =
        BatchGetProfilesRequest.newBuilder()
            .addEntries(BatchEntry.newBuilder().setIdentifier(Population.identifier(0).toProto()))
            .build()
            .toByteArray();
  }

  @Override
  public String path() {
    return "/" + ProfileServiceGrpc.getBatchGetProfilesMethod().getFullMethodName();
  }

  @Override
  public int requestLength() {
    return size * entry.length;
  }

  private int nth(int first, int n) {
    return (int) ((first + (long) n * STEP) % among);
  }

  @Override
  public void write(int index, byte[] target, int offset) {
    for (int i = 0; i < size; i++) {
      int at = offset + i * entry.length;
      System.arraycopy(entry, 0, target, at, entry.length);
      Population.writeUserId(nth(index, i), target, at + entry.length - Population.USER_ID_LENGTH);
    }
  }

  @Override
  public int judge(byte[] message, int offset, int length, int index, long sentNanos) {
    var results = new Wire(message, offset, offset + length);
    for (int i = 0; i < size; i++) {
      if (!results.next()
          || results.field() != BatchGetProfilesResponse.RESULTS_FIELD_NUMBER
          || !results.isBytes()) {
        return Tally.WRONG;
      }
      int outcome = judge(message, results, nth(index, i), sentNanos);
      if (outcome != Tally.VERIFIED) {
        return outcome;
      }
    }
    return results.next() ? Tally.WRONG : Tally.VERIFIED;
  }

  private int judge(byte[] message, Wire result, int index, long sentNanos) {
    var fields = new Wire(message, result.start(), result.start() + result.length());
    while (fields.next()) {
      if (fields.field() == BatchResult.REPLY_FIELD_NUMBER) {
        return SingleLookup.judge(
            people, versions, message, fields.start(), fields.length(), index, sentNanos);
      }
    }
    return Tally.WRONG; // it says why there is none, but there should be one
  }
}
