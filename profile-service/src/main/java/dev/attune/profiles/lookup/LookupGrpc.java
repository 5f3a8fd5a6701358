package dev.attune.profiles.lookup;

import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.ProfileServiceGrpc;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * {@code attune.v1.ProfileService}. Replies in the store's callback, with the stored bytes as they
 * are; see {@link FoundMarshaller}.
 */
public final class LookupGrpc implements BindableService {
  /** Kept back of a caller's deadline, so that UNAVAILABLE still reaches it. */
  private static final long REPLY_NANOS = Duration.ofMillis(5).toNanos();

  private final Lookup lookup;
  private final Duration timeout;
  private final LookupMetrics.Recorder metrics;

  /**
   * @param timeout when the caller's deadline is later, or there is none
   */
  public LookupGrpc(Lookup lookup, Duration timeout, LookupMetrics metrics) {
    this.lookup = lookup;
    this.timeout = timeout;
    this.metrics = metrics.of("grpc");
  }

  @Override
  public ServerServiceDefinition bindService() {
    var generated = ProfileServiceGrpc.getGetProfileMethod();
    MethodDescriptor<GetProfileRequest, Outcome.Found> method =
        generated.toBuilder(generated.getRequestMarshaller(), new FoundMarshaller()).build();
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(ProfileServiceGrpc.SERVICE_NAME)
            .setSchemaDescriptor(ProfileServiceGrpc.getServiceDescriptor().getSchemaDescriptor())
            .addMethod(method)
            .build();
    return ServerServiceDefinition.builder(service)
        .addMethod(method, ServerCalls.asyncUnaryCall(this::getProfile))
        .build();
  }

  private void getProfile(GetProfileRequest request, StreamObserver<Outcome.Found> reply) {
    long began = System.nanoTime();
    var _ =
        ask(request)
            .thenAccept(
                outcome -> {
                  metrics.record(outcome, began);
                  answer(outcome, reply);
                });
  }

  private CompletableFuture<Outcome> ask(GetProfileRequest request) {
    return switch (request.getWhoCase()) {
      case IDENTIFIER ->
          lookup.byIdentifier(
              request.getIdentifier().getNamespace(),
              request.getIdentifier().getValue(),
              timeout());
      case PROFILE_ID -> lookup.byProfileId(request.getProfileId(), timeout());
      case WHO_NOT_SET ->
          CompletableFuture.completedFuture(
              new Outcome.Invalid("who: not set (expected: identifier or profile_id)"));
    };
  }

  private Duration timeout() {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return timeout;
    }
    long left = deadline.timeRemaining(TimeUnit.NANOSECONDS);
    long usable = left > 2 * REPLY_NANOS ? left - REPLY_NANOS : Math.max(1, left);
    return usable < timeout.toNanos() ? Duration.ofNanos(usable) : timeout;
  }

  private static void answer(Outcome outcome, StreamObserver<Outcome.Found> reply) {
    switch (outcome) {
      case Outcome.Found found -> {
        reply.onNext(found);
        reply.onCompleted();
      }
      case Outcome.Absent _ -> fail(reply, Status.NOT_FOUND, Messages.ABSENT);
      case Outcome.Invalid invalid -> fail(reply, Status.INVALID_ARGUMENT, invalid.rule());
      case Outcome.Unavailable _ -> fail(reply, Status.UNAVAILABLE, Messages.UNAVAILABLE);
      case Outcome.Overloaded _ -> fail(reply, Status.RESOURCE_EXHAUSTED, Messages.OVERLOADED);
      case Outcome.Corrupt _ -> fail(reply, Status.INTERNAL, Messages.CORRUPT);
    }
  }

  private static void fail(StreamObserver<Outcome.Found> reply, Status status, String message) {
    reply.onError(status.withDescription(message).asException());
  }
}
