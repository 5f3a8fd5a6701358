package dev.attune.profiles;

import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.ValueStatus;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;

/** The Java client of {@code docs/lookups.md}, word for word; {@link LookupsDocTest} compares. */
final class ClientExample {
  private ClientExample() {}

  static String ratio(String address) {
    // docs: begin
    ManagedChannel channel =
        Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
    try {
      ProfileServiceGrpc.ProfileServiceBlockingStub profiles =
          ProfileServiceGrpc.newBlockingStub(channel);
      GetProfileResponse reply =
          profiles
              .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
              .getProfile(
                  GetProfileRequest.newBuilder()
                      .setIdentifier(Identifier.newBuilder().setNamespace("user_id").setValue("42"))
                      .addFields("traits.ratio")
                      .addFields("audiences")
                      .build());
      return reply.getTraitStatuses(0).getStatus() == ValueStatus.PRESENT
          ? "ratio " + reply.getProfile().getTraits(0).getValue().getNumber()
          : "no ratio";
    } catch (StatusRuntimeException e) {
      return switch (e.getStatus().getCode()) {
        case NOT_FOUND -> "nobody";
        case UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED -> "try again later";
        default -> throw e;
      };
    } finally {
      channel.shutdown();
    }
    // docs: end
  }
}
