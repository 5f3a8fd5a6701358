package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nothing tells the near-cache of changes: answers keep to the bound on age all the same. */
@Timeout(180)
class KafkaAwayIT {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration BOUND = NearCacheConfig.DEFAULT.ageMax();
  private static final int PARTITIONS = 2;
  private static final long ROUNDS = 2;
  private static final Pattern VERSION = Pattern.compile("\"version\":(\\d+)");

  private final RedisBackend redis = RedisBackend.shared();
  private final String prefix = Composed.anyPrefix();

  @TempDir private Path folder;

  private static Profile person(String name, long version) {
    Identifier identifier = new Identifier("user_id", name);
    return Profile.newBuilder()
        .setProfileId(ProfileIds.of(identifier))
        .addIdentifiers(identifier.toProto())
        .setVersion(version)
        .build();
  }

  /** The version of somebody over a transport, 0 for nobody; anything else fails. */
  private interface Ask {
    long version(String name);
  }

  private static long overGrpc(ManagedChannel channel, String name) {
    try {
      return ProfileServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(5, TimeUnit.SECONDS)
          .getProfile(
              GetProfileRequest.newBuilder()
                  .setIdentifier(Service.identifier("user_id", name))
                  .build())
          .getProfile()
          .getVersion();
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).as(e.getMessage()).isEqualTo(Status.Code.NOT_FOUND);
      return 0;
    }
  }

  private static long overHttp(RawHttp http, String name) {
    try {
      String reply =
          http.call("GET /v1/profiles/user_id:" + name + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      if (reply.startsWith("HTTP/1.1 404 ")) {
        return 0;
      }
      Matcher version = VERSION.matcher(reply);
      assertThat(version.find()).as("a version in %s", reply.lines().findFirst()).isTrue();
      return Long.parseLong(version.group(1));
    } catch (IOException e) {
      throw new AssertionError("no answer over HTTP", e);
    }
  }

  /** Every question that is put later than the bound after the write must show it. */
  private static void assertShowsWithinTheBound(Ask ask, String name, long version) {
    long written = System.nanoTime();
    Await.until(
        LONG,
        "the write does not show",
        () -> {
          long asked = System.nanoTime();
          boolean shows = ask.version(name) == version;
          assertThat(shows || asked - written <= BOUND.toNanos())
              .as("a question after the bound shows the write")
              .isTrue();
          return shows;
        });
  }

  private Composed start(KafkaSettings kafka) {
    Composed service =
        new Composed(redis, prefix, ProfileServiceConfig.DEFAULT, kafka, Composed.Hooks.NONE);
    Await.until(LONG, "the part is not ready", () -> service.part.readiness().ready());
    return service;
  }

  private static void assertAnswersWithinTheBound(Composed service, String run) throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", service.grpc.port()).usePlaintext().build();
    try (RawHttp http = new RawHttp(service.http.port())) {
      Ask grpc = name -> overGrpc(channel, name);
      Ask rest = name -> overHttp(http, name);
      String known = "known-" + run;
      service.write(person(known, 1), 0);
      for (long round = 1; round <= ROUNDS; round++) {
        String newcomer = "new-" + run + "-" + round;
        Ask ask = round % 2 == 0 ? grpc : rest;
        assertThat(ask.version(newcomer)).as("kept as nobody").isZero();
        assertThat(ask.version(known)).isEqualTo(round);
        service.write(person(known, round + 1), round);
        assertShowsWithinTheBound(ask, known, round + 1);
        service.write(person(newcomer, 1), 0);
        assertShowsWithinTheBound(ask, newcomer, 1);
      }
      assertThat(service.part.readiness().ready()).isTrue();
    } finally {
      channel.shutdownNow();
    }
  }

  private static void tell(KafkaSettings kafka) throws Exception {
    byte[] change =
        ProfileChange.newBuilder()
            .setChanged(
                Changed.newBuilder()
                    .setRecord(ProfileRecord.newBuilder().setProfileId("somebody").setVersion(1)))
            .build()
            .toByteArray();
    try (Producer<byte[], byte[]> producer = KafkaClients.producer(kafka, "test")) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        producer
            .send(
                new ProducerRecord<>(
                    kafka.topics().profileChanges(),
                    partition,
                    "k".getBytes(StandardCharsets.UTF_8),
                    change))
            .get(30, TimeUnit.SECONDS);
      }
    }
  }

  /** Something that was told from now on is heard, in each partition. */
  private static void assertHears(Composed service, KafkaSettings kafka) throws Exception {
    long began = System.currentTimeMillis();
    tell(kafka);
    Await.until(
        LONG,
        "what is told is not heard",
        () -> service.status("changes heard of, ms ago") < System.currentTimeMillis() - began);
  }

  @Test
  void lookups_whileKafkaIsAway_keepToTheBound_andTheFeedGoesOnOnceItIsBack() throws Exception {
    EmbeddedKafka broker = EmbeddedKafka.start(folder, 0);
    KafkaSettings local = KafkaSettings.local(broker.bootstrapServers());
    KafkaSettings kafka =
        new KafkaSettings(
            local.bootstrapServers(), local.topics(), local.replication(), PARTITIONS);
    try {
      KafkaTopics.ensure(kafka, LONG);
      try (Composed service = start(kafka)) {
        assertHears(service, kafka);
        broker.close();
        assertAnswersWithinTheBound(service, "while");
        try (Composed startedMeanwhile = start(kafka)) {
          assertAnswersWithinTheBound(startedMeanwhile, "meanwhile");
        }
        broker = EmbeddedKafka.start(folder, broker.port());
        assertHears(service, kafka);
      }
    } finally {
      broker.close();
    }
  }
}
