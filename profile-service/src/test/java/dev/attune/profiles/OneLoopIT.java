package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileStore;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.BatchEntry;
import dev.attune.proto.v1.BatchGetProfilesRequest;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.ProfileServiceGrpc.ProfileServiceBlockingStub;
import dev.attune.testkit.RedisBackend;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From the request to the store and back to the reply a lookup stays on its connection's loop. */
@Timeout(60)
class OneLoopIT {
  private static final String NAMESPACE = "user_id";
  private static final int CHANNELS = 6;
  private static final int CALLS = 5;
  private static final int BATCH = 50;

  /** Of the call that is under way: there is one at a time. */
  private final Queue<Step> steps = new ConcurrentLinkedQueue<>();

  private record Step(String what, Thread thread) {}

  private void at(String what) {
    steps.add(new Step(what, Thread.currentThread()));
  }

  private final class Interceptor implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      var seen =
          new SimpleForwardingServerCall<Q, A>(call) {
            @Override
            public void sendMessage(A message) {
              at("reply");
              super.sendMessage(message);
            }

            @Override
            public void close(Status status, Metadata trailers) {
              at("end");
              super.close(status, trailers);
            }
          };
      return new SimpleForwardingServerCallListener<Q>(next.startCall(seen, headers)) {
        @Override
        public void onHalfClose() {
          at("request");
          super.onHalfClose();
        }
      };
    }
  }

  /** Sees who asks the store for people, and on which thread it answers. */
  private ProfileStore seen(ProfileStore store) {
    return (ProfileStore)
        Proxy.newProxyInstance(
            ProfileStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) -> {
              long lookups = arguments == null ? 0 : lookups(arguments[0]);
              for (long i = 0; i < lookups; i++) {
                at("question");
              }
              try {
                Object result = method.invoke(store, arguments);
                if (lookups == 0) {
                  return result;
                }
                return result instanceof List<?> answers
                    ? answers.stream().map(this::answered).toList()
                    : answered(result);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** About how many of this test's people a call is, by its first argument. */
  private static long lookups(Object about) {
    Stream<?> who = about instanceof List<?> several ? several.stream() : Stream.of(about);
    return who.filter(each -> each instanceof Identifier one && one.namespace().equals(NAMESPACE))
        .count();
  }

  private CompletionStage<?> answered(Object stage) {
    return ((CompletionStage<?>) stage).whenComplete((_, _) -> at("answer"));
  }

  private BindableService seen(BindableService service) {
    return () -> ServerInterceptors.intercept(service, new Interceptor());
  }

  private static GetProfileRequest one() {
    return GetProfileRequest.newBuilder()
        .setIdentifier(Service.identifier(NAMESPACE, "42"))
        .setMaxAgeMillis(0)
        .build();
  }

  private static BatchGetProfilesRequest many() {
    BatchEntry entry =
        BatchEntry.newBuilder().setIdentifier(Service.identifier(NAMESPACE, "42")).build();
    return BatchGetProfilesRequest.newBuilder()
        .addAllEntries(IntStream.range(0, BATCH).mapToObj(_ -> entry).toList())
        .setMaxAgeMillis(0)
        .build();
  }

  /** Asks over several connections; returns the threads that were seen. */
  private Set<Thread> askAll(Composed service) throws Exception {
    Set<Thread> loops = new HashSet<>();
    for (int i = 0; i < CHANNELS; i++) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build();
      try {
        for (int call = 0; call < CALLS; call++) {
          loops.add(assertOneThread(channel, 1, stub -> stub.getProfile(one())));
          loops.add(assertOneThread(channel, BATCH, stub -> stub.batchGetProfiles(many())));
        }
      } finally {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      }
    }
    return loops;
  }

  /** A call that is answered. */
  private interface Call {
    Object on(ProfileServiceBlockingStub stub);
  }

  private Thread assertOneThread(ManagedChannel channel, int lookups, Call call) {
    steps.clear();
    Object reply =
        call.on(
            ProfileServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS));
    assertThat(reply).isNotNull();
    List<Step> taken = List.copyOf(steps);
    assertThat(taken.stream().filter(step -> step.what().equals("question"))).hasSize(lookups);
    assertThat(taken.stream().filter(step -> step.what().equals("answer"))).hasSize(lookups);
    assertThat(taken).extracting(Step::what).startsWith("request").endsWith("reply", "end");
    assertThat(taken).extracting(Step::thread).containsOnly(taken.getFirst().thread());
    return taken.getFirst().thread();
  }

  private void assertOneLoopForEachConnection(
      ProfileServiceConfig config, @Nullable KafkaSettings kafka) throws Exception {
    try (Composed service =
        new Composed(
            RedisBackend.shared(),
            Composed.anyPrefix(),
            config,
            kafka,
            new Composed.Hooks(this::seen, this::seen))) {
      service.write(Service.jane(), 0);
      Set<Thread> loops = askAll(service);
      assertThat(loops).allMatch(loop -> loop.getName().startsWith("lookups"));
      int several = Math.min(2, Runtime.getRuntime().availableProcessors());
      assertThat(loops).hasSizeGreaterThanOrEqualTo(several);
    }
  }

  @Test
  void lookup_overGrpcAndRedis_neverLeavesTheLoopThatReadIt() throws Exception {
    assertOneLoopForEachConnection(ProfileServiceConfig.DEFAULT, null);
  }

  @Test
  void lookup_throughTheNearCache_neverLeavesTheLoopThatReadIt() throws Exception {
    assertOneLoopForEachConnection(
        ProfileServiceConfig.DEFAULT, KafkaSettings.local("127.0.0.1:1"));
  }
}
