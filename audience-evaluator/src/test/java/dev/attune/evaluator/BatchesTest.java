package dev.attune.evaluator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.MembershipCause;
import dev.attune.proto.v1.MergeCause;
import dev.attune.proto.v1.RowCause;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BatchesTest {
  private static final Cause ROW =
      Cause.newBuilder().setRow(RowCause.newBuilder().setModel("orders").setRunId("r7")).build();
  private static final Cause EVENT =
      Cause.newBuilder().setEvent(Event.getDefaultInstance()).build();
  private static final Cause HISTORY =
      Cause.newBuilder().setEvent(Event.newBuilder().setHistorical(true)).build();
  private static final Cause MERGE =
      Cause.newBuilder().setMerge(MergeCause.getDefaultInstance()).build();
  private static final Cause MEMBERSHIP =
      Cause.newBuilder().setMembership(MembershipCause.getDefaultInstance()).build();

  private static String batch(Cause... causes) {
    return Batches.of(Changed.newBuilder().addAllCauses(List.of(causes)).build());
  }

  @Test
  void onePersonsOwn_isNoBatch_evenBesideARow() {
    assertThat(batch()).isEmpty();
    assertThat(batch(EVENT)).isEmpty();
    assertThat(batch(MERGE)).isEmpty();
    assertThat(batch(MEMBERSHIP)).isEmpty();
    assertThat(batch(ROW, EVENT)).isEmpty();
  }

  @Test
  void rowsAndHistory_areBatches_whateverMembershipsAreBesideThem() {
    assertThat(batch(ROW)).isEqualTo("model/orders/r7");
    assertThat(batch(MEMBERSHIP, ROW)).isEqualTo("model/orders/r7");
    assertThat(batch(ROW, MEMBERSHIP)).isEqualTo("model/orders/r7");
    assertThat(batch(HISTORY)).isEqualTo("history");
  }
}
