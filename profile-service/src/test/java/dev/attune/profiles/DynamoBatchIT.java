package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.BatchEntry;
import dev.attune.proto.v1.BatchGetProfilesRequest;
import dev.attune.proto.v1.BatchGetProfilesResponse;
import dev.attune.proto.v1.BatchResult;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.store.dynamodb.DynamoProfileStore;
import dev.attune.store.dynamodb.DynamoSettings;
import dev.attune.store.dynamodb.DynamoTables;
import dev.attune.testkit.DynamoBackend;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A batch over DynamoDB, which is asked by 128 calls at a time. */
class DynamoBatchIT {
  private static final Duration LONG = Duration.ofSeconds(20);

  @Test
  void batch_asLargeAsAllowed_isNotRefusedBecauseTheStoreTakesFewerCalls() throws Exception {
    var settings =
        DynamoSettings.local(DynamoBackend.shared().endpoint(), "batch-" + UUID.randomUUID());
    assertThat(DynamoTables.create(settings, LONG)).hasSize(3);
    BatchGetProfilesRequest.Builder request = BatchGetProfilesRequest.newBuilder();
    for (int i = 0; i < 499; i++) {
      request.addEntries(
          BatchEntry.newBuilder().setIdentifier(Service.identifier("user_id", "nobody-" + i)));
    }
    request.addEntries(
        250, BatchEntry.newBuilder().setIdentifier(Service.identifier("user_id", "42")));
    try (Service service =
        new Service(
            new ProfileServiceConfig(Duration.ofSeconds(5), 100),
            DynamoProfileStore.create(settings))) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build();
      try {
        BatchGetProfilesResponse reply =
            ProfileServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .batchGetProfiles(request.build());
        assertThat(reply.getResultsCount()).isEqualTo(500);
        assertThat(reply.getResults(250).getReply().getProfile().getProfileId())
            .isEqualTo(Service.JANE);
        assertThat(reply.getResultsList().stream().map(BatchResult::getReason))
            .filteredOn(reason -> !reason.isEmpty())
            .hasSize(499)
            .containsOnly("not_found");
      } finally {
        channel.shutdownNow();
      }
    }
  }
}
