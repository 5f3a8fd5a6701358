package dev.attune.standalone.endtoend;

import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Lookups over gRPC. */
final class Lookups implements AutoCloseable {
  private static final int ANSWER_MAX_SECONDS = 10;

  private final ManagedChannel channel;

  Lookups(int port) {
    channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  /**
   * The served profile; empty when nobody is known by it. On a busy machine the store may not
   * answer in time, which is worth a retry.
   */
  Optional<Profile> find(Identifier identifier) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_MAX_SECONDS);
    while (true) {
      try {
        return Optional.of(get(identifier));
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
          return Optional.empty();
        }
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  private Profile get(Identifier identifier) {
    return ProfileServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(ANSWER_MAX_SECONDS, TimeUnit.SECONDS)
        .getProfile(GetProfileRequest.newBuilder().setIdentifier(identifier.toProto()).build())
        .getProfile();
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow().awaitTermination(ANSWER_MAX_SECONDS, TimeUnit.SECONDS);
  }
}
