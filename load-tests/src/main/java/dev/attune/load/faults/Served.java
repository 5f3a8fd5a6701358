package dev.attune.load.faults;

import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.testkit.people.Model;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Everybody as lookups serve them, beside everybody as they must be. */
final class Served implements AutoCloseable {
  private static final int AT_ONCE = 16;
  private static final long ANSWER_SECONDS_MAX = 10;
  private static final Set<Status.Code> WORTH_A_RETRY =
      Set.of(
          Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED);

  private final ManagedChannel channel;

  /**
   * @param address {@code host:port}
   */
  Served(String address) {
    channel = ManagedChannelBuilder.forTarget(address).usePlaintext().build();
  }

  /** Those who are not as they must be, a line each. */
  Queue<String> differences(Model model) throws InterruptedException {
    Queue<String> differences = new ConcurrentLinkedQueue<>();
    var free = new Semaphore(AT_ONCE);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var entry : model.people().entrySet()) {
        free.acquire();
        var _ =
            threads.submit(
                () -> {
                  try {
                    difference(entry.getKey(), entry.getValue()).ifPresent(differences::add);
                  } catch (StatusRuntimeException e) {
                    differences.add(text(entry.getKey()) + " cannot be looked up: " + e);
                  } finally {
                    free.release();
                  }
                });
      }
    }
    return differences;
  }

  private Optional<String> difference(Identifier who, Model.Person expected) {
    Optional<Profile> found = find(who);
    if (found.isEmpty()) {
      return Optional.of("nobody is known by " + text(who));
    }
    Profile served = found.get().toBuilder().clearAudiences().build();
    if (!Arrays.equals(Fold.canonical(served), Fold.canonical(expected.profile()))) {
      return Optional.of(
          text(who) + " is " + line(served) + " and not " + line(expected.profile()));
    }
    Set<String> audiences =
        found.get().getAudiencesList().stream()
            .map(Membership::getAudience)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> wanted = FaultRules.audiences(expected);
    return audiences.equals(wanted)
        ? Optional.empty()
        : Optional.of(
            text(who)
                + " ("
                + served.getProfileId()
                + ") is in "
                + audiences
                + " and not in "
                + wanted);
  }

  private Optional<Profile> find(Identifier who) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_SECONDS_MAX);
    while (true) {
      try {
        return Optional.of(
            ProfileServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)
                .getProfile(GetProfileRequest.newBuilder().setIdentifier(who.toProto()).build())
                .getProfile());
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
          return Optional.empty();
        }
        // On a busy machine the store may not answer in time.
        if (!WORTH_A_RETRY.contains(e.getStatus().getCode()) || System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  private static String text(Identifier who) {
    return who.namespace() + ":" + who.value();
  }

  private static String line(Profile profile) {
    return profile.toString().replaceAll("\\s+", " ");
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
