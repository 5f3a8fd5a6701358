package dev.attune.profiles.lookup;

import dev.attune.proto.v1.BatchEntry;
import dev.attune.proto.v1.BatchGetProfilesRequest;
import dev.attune.proto.v1.GetIdentityRequest;
import dev.attune.proto.v1.GetIdentityResponse;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.TokenState;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code attune.v1.ProfileService}. Replies in the store's callback, with the stored bytes as they
 * are; see {@link WireAnswer}.
 */
public final class LookupGrpc implements BindableService {
  private static final Metadata.Key<String> REASON =
      Metadata.Key.of("attune-reason", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> READ_AT =
      Metadata.Key.of("attune-read-at", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TOKEN_STATE =
      Metadata.Key.of("attune-token-state", Metadata.ASCII_STRING_MARSHALLER);

  /** Clients with a retry policy keep to it (gRFC A6). */
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private final Lookup lookup;
  private final Identities identities;
  private final Duration timeout;
  private final LookupMetrics.Recorder metrics;

  /**
   * @param timeout of a read when the caller's deadline is later, or there is none
   */
  public LookupGrpc(Lookup lookup, Identities identities, Duration timeout, LookupMetrics metrics) {
    this.lookup = lookup;
    this.identities = identities;
    this.timeout = timeout;
    this.metrics = metrics.of("grpc");
  }

  @Override
  public ServerServiceDefinition bindService() {
    var one = ProfileServiceGrpc.getGetProfileMethod();
    MethodDescriptor<GetProfileRequest, WireAnswer> getProfile =
        one.toBuilder(one.getRequestMarshaller(), new WireMarshaller<WireAnswer>()).build();
    var many = ProfileServiceGrpc.getBatchGetProfilesMethod();
    MethodDescriptor<BatchGetProfilesRequest, WireBatch> batchGetProfiles =
        many.toBuilder(many.getRequestMarshaller(), new WireMarshaller<WireBatch>()).build();
    var getIdentity = ProfileServiceGrpc.getGetIdentityMethod();
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(ProfileServiceGrpc.SERVICE_NAME)
            .setSchemaDescriptor(ProfileServiceGrpc.getServiceDescriptor().getSchemaDescriptor())
            .addMethod(getProfile)
            .addMethod(batchGetProfiles)
            .addMethod(getIdentity)
            .build();
    return ServerServiceDefinition.builder(service)
        .addMethod(getProfile, new UnaryHandler<>(this::getProfile))
        .addMethod(batchGetProfiles, new UnaryHandler<>(this::batchGetProfiles))
        .addMethod(getIdentity, new UnaryHandler<>(this::getIdentity))
        .build();
  }

  private void getProfile(
      GetProfileRequest request, ServerCall<GetProfileRequest, WireAnswer> call) {
    long began = System.nanoTime();
    var _ =
        lookup
            .one(who(request), question(request), request.getIfNoneMatch(), patience())
            .thenAccept(
                outcome -> {
                  metrics.record(outcome, began);
                  switch (outcome) {
                    case Outcome.Found found ->
                        UnaryHandler.reply(call, WireAnswer.of(found.answer()));
                    case Outcome.Failed failed -> fail(call, failed);
                  }
                });
  }

  private void batchGetProfiles(
      BatchGetProfilesRequest request, ServerCall<BatchGetProfilesRequest, WireBatch> call) {
    long began = System.nanoTime();
    Question question = question(request);
    try {
      Batches.checkSize(request.getEntriesCount());
      lookup.check(question);
    } catch (Refusal e) {
      fail(call, e.outcome());
      return;
    }
    List<Who> whom = request.getEntriesList().stream().map(LookupGrpc::who).toList();
    var _ =
        lookup
            .many(whom, question, patience())
            .thenAccept(
                outcomes -> {
                  metrics.record(outcomes, began);
                  try {
                    UnaryHandler.reply(
                        call, WireBatch.of(Batches.settled(outcomes, request.getAllowPartial())));
                  } catch (Refusal e) {
                    fail(call, e.outcome());
                  }
                });
  }

  // It waits for the store, which the connection's thread must not.
  private void getIdentity(
      GetIdentityRequest request, ServerCall<GetIdentityRequest, GetIdentityResponse> call) {
    Patience patience = patience();
    Thread.startVirtualThread(
        () -> {
          try {
            UnaryHandler.reply(call, identities.of(who(request), patience));
          } catch (Refusal e) {
            fail(call, e.outcome());
          }
        });
  }

  private static Who who(GetIdentityRequest request) {
    return switch (request.getWhoCase()) {
      case IDENTIFIER -> who(request.getIdentifier());
      case PROFILE_ID -> new Who.ById(request.getProfileId());
      case GROUP_ID -> Who.group(request.getGroupId());
      case WHO_NOT_SET -> Who.missing();
    };
  }

  private static Who who(GetProfileRequest request) {
    return switch (request.getWhoCase()) {
      case IDENTIFIER -> who(request.getIdentifier());
      case PROFILE_ID -> new Who.ById(request.getProfileId());
      case GROUP_ID -> Who.group(request.getGroupId());
      case WHO_NOT_SET -> Who.missing();
    };
  }

  private static Who who(BatchEntry entry) {
    return switch (entry.getWhoCase()) {
      case IDENTIFIER -> who(entry.getIdentifier());
      case PROFILE_ID -> new Who.ById(entry.getProfileId());
      case GROUP_ID -> Who.group(entry.getGroupId());
      case WHO_NOT_SET -> Who.missing();
    };
  }

  private static Who who(Identifier identifier) {
    return new Who.ByIdentifier(identifier.getNamespace(), identifier.getValue());
  }

  private static Question question(GetProfileRequest request) {
    return new Question(
        request.getView(),
        request.getFieldsList(),
        request.hasMaxAgeMillis() ? request.getMaxAgeMillis() : Question.UNSAID,
        request.getMinToken(),
        request.hasMaxWaitMillis() ? request.getMaxWaitMillis() : Question.UNSAID);
  }

  private static Question question(BatchGetProfilesRequest request) {
    return new Question(
        request.getView(),
        request.getFieldsList(),
        request.hasMaxAgeMillis() ? request.getMaxAgeMillis() : Question.UNSAID,
        request.getMinToken(),
        request.hasMaxWaitMillis() ? request.getMaxWaitMillis() : Question.UNSAID);
  }

  private Patience patience() {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return Patience.unhurried(timeout);
    }
    return Patience.of(timeout, Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)));
  }

  private static void fail(ServerCall<?, ?> call, Outcome.Failed failed) {
    // Made anew each time: the call adds to it.
    Metadata trailers = new Metadata();
    trailers.put(REASON, failed.reason().code());
    if (failed.reason().retry()) {
      trailers.put(PUSHBACK, "1000");
    }
    if (failed.readAtMicros() != 0) {
      trailers.put(READ_AT, IsoMicros.instant(failed.readAtMicros()));
    }
    if (failed.tokenState() != TokenState.TOKEN_STATE_UNSPECIFIED) {
      trailers.put(TOKEN_STATE, ProfileJson.label(failed.tokenState()));
    }
    call.close(failed.reason().grpc().toStatus().withDescription(failed.message()), trailers);
  }
}
