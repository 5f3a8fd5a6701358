package dev.attune.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.testkit.ProfileStoreContract;
import dev.attune.testkit.RedisBackend;
import dev.attune.testkit.RedisClusterBackend;
import dev.attune.testkit.RedisTalk;
import dev.attune.testkit.TlsIdentity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Encryption, and a user who may do no more than what is needed. */
@Timeout(120)
class RedisAccessIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** As {@link RedisSettings} says. */
  private static final String GRANT =
      "resetchannels -@all +hget +hmget +hset +hdel +get +set +eval +evalsha +scan +info +ping";

  private static final String GRANT_IN_A_CLUSTER =
      GRANT + " +cluster|nodes +client|setname +asking";

  private final String prefix = "access-" + UUID.randomUUID();
  @TempDir Path directory;

  @Test
  void tls_certificateOfATrustedAuthority_isServed() throws Exception {
    TlsIdentity server = TlsIdentity.of("ip:127.0.0.1", directory);
    try (var proxy = TlsProxy.start(server, RedisBackend.shared().port(), null);
        var store = open(proxy, RedisTls.trusting(server.certificateFile()))) {
      useAll(store);
    }
  }

  @Test
  void tls_certificateForAnotherHost_isRefused() throws Exception {
    TlsIdentity server = TlsIdentity.of("dns:redis.example.org,ip:127.0.0.2", directory);
    try (var proxy = TlsProxy.start(server, RedisBackend.shared().port(), null);
        var store = open(proxy, RedisTls.trusting(server.certificateFile()))) {
      assertUnavailable(store, "certificate");
    }
  }

  @Test
  void tls_certificateOfAnUnknownAuthority_isRefused() throws Exception {
    TlsIdentity server = TlsIdentity.of("ip:127.0.0.1", directory);
    TlsIdentity other = TlsIdentity.of("ip:127.0.0.1", directory);
    try (var proxy = TlsProxy.start(server, RedisBackend.shared().port(), null);
        var trustsOther = open(proxy, RedisTls.trusting(other.certificateFile()));
        var trustsTheJdks = open(proxy, RedisTls.ON)) {
      assertUnavailable(trustsOther, "certificate");
      assertUnavailable(trustsTheJdks, "certificate");
    }
  }

  @Test
  void tls_serverThatAsksForACertificate_getsOurs() throws Exception {
    TlsIdentity server = TlsIdentity.of("ip:127.0.0.1", directory);
    TlsIdentity client = TlsIdentity.of("dns:attune", directory);
    try (var proxy = TlsProxy.start(server, RedisBackend.shared().port(), client);
        var known =
            open(
                proxy,
                new RedisTls(
                    true, server.certificateFile(), client.certificateFile(), client.keyFile()));
        var unknown = open(proxy, RedisTls.trusting(server.certificateFile()))) {
      useAll(known);
      assertUnavailable(unknown, "Redis");
    }
  }

  @Test
  void user_withTheLeastGrant_mayDoAllThatIsNeeded() {
    try (RedisBackend redis = RedisBackend.start()) {
      grant(redis.port(), GRANT);
      RedisSettings settings = RedisSettings.plain(redis.host(), redis.port(), prefix);
      try (var store = RedisProfileStore.create(settings.withUser("attune", "s3cret"))) {
        useAll(store);
      }
      assertNothingRefused(redis.port());
      assertAnotherWorkspaceIsRefused(settings);
    }
  }

  @Test
  void user_withTheLeastGrantInACluster_mayDoAllThatIsNeeded() {
    try (var cluster = RedisClusterBackend.start()) {
      cluster.ports().forEach(port -> grant(port, GRANT_IN_A_CLUSTER));
      RedisSettings settings =
          RedisSettings.cluster(
              List.of(new RedisAddress("127.0.0.1", cluster.ports().getFirst())), prefix);
      try (var store = RedisProfileStore.create(settings.withUser("attune", "s3cret"))) {
        useAll(store);
      }
      cluster.ports().forEach(RedisAccessIT::assertNothingRefused);
      try (var store = RedisProfileStore.create(settings.withUser("attune", "wrong"))) {
        assertUnavailable(store, "the user name or the password is wrong");
      }
    }
  }

  // Each node is asked for its certificate, at the address that the cluster says.
  @Test
  void tlsAndUser_inACluster_areServedByEveryNode() throws Exception {
    TlsIdentity server = TlsIdentity.of("ip:127.0.0.1", directory);
    TlsIdentity other = TlsIdentity.of("ip:127.0.0.1", directory);
    List<TlsProxy> proxies = new ArrayList<>();
    try (var cluster =
        RedisClusterBackend.startBehind(
            port -> {
              proxies.add(TlsProxy.start(server, port, null));
              return proxies.getLast().port();
            })) {
      cluster.ports().forEach(port -> grant(port, GRANT_IN_A_CLUSTER));
      RedisSettings settings =
          RedisSettings.cluster(
                  List.of(new RedisAddress("127.0.0.1", proxies.getLast().port())), prefix)
              .withTls(RedisTls.trusting(server.certificateFile()));
      try (var store = RedisProfileStore.create(settings.withUser("attune", "s3cret"))) {
        useAll(store);
        List<ProfileWrite> writes =
            IntStream.range(0, 60)
                .mapToObj(i -> new ProfileWrite(0, ProfileStoreContract.live("p" + i, 1, "x")))
                .toList();
        assertThat(await(store.writeProfiles(writes, TIMEOUT))).containsOnly(true);
      }
      cluster.ports().forEach(RedisAccessIT::assertNothingRefused);
      assertThat(cluster.ports())
          .as("every node has some of them")
          .allMatch(port -> RedisTalk.ask(port, "KEYS " + prefix + ":p:*").contains(prefix));
      try (var wrong = RedisProfileStore.create(settings.withUser("attune", "wrong"));
          var stranger =
              RedisProfileStore.create(
                  settings
                      .withUser("attune", "s3cret")
                      .withTls(RedisTls.trusting(other.certificateFile())));
          var plain =
              RedisProfileStore.create(
                  settings.withUser("attune", "s3cret").withTls(RedisTls.OFF))) {
        assertUnavailable(wrong, "the user name or the password is wrong");
        assertUnavailable(stranger, "certificate");
        assertUnavailable(plain, "Redis");
      }
    } finally {
      for (TlsProxy proxy : proxies) {
        proxy.close();
      }
    }
  }

  @Test
  void password_wrongOrMissing_isSaid() {
    try (RedisBackend redis = RedisBackend.start()) {
      RedisTalk.ask(redis.port(), "CONFIG SET requirepass right");
      RedisSettings settings = RedisSettings.plain(redis.host(), redis.port(), prefix);
      try (var wrong = RedisProfileStore.create(settings.withUser("", "wrong"));
          var missing = RedisProfileStore.create(settings);
          var right = RedisProfileStore.create(settings.withUser("", "right"))) {
        assertUnavailable(wrong, "the user name or the password is wrong");
        assertUnavailable(missing, "it asks for a password");
        useAll(right);
      }
    }
  }

  private void grant(int port, String commands) {
    RedisTalk.ask(port, "ACL SETUSER attune on >s3cret resetkeys ~" + prefix + ":* " + commands);
  }

  private static void assertNothingRefused(int port) {
    assertThat(RedisTalk.ask(port, "ACL LOG")).isEmpty();
  }

  private static void assertAnotherWorkspaceIsRefused(RedisSettings settings) {
    RedisSettings other =
        RedisSettings.plain(
                settings.servers().getFirst().host(),
                settings.servers().getFirst().port(),
                "another")
            .withUser("attune", "s3cret");
    try (var store = RedisProfileStore.create(other)) {
      assertUnavailable(store, "the user may not");
    }
  }

  private RedisProfileStore open(TlsProxy proxy, RedisTls tls) {
    return RedisProfileStore.create(
        RedisSettings.plain("127.0.0.1", proxy.port(), prefix).withTls(tls));
  }

  private static void useAll(RedisProfileStore store) {
    var person = new Identifier("user_id", "42");
    var identity = IdentityRecord.newBuilder().setVersion(1).setProfileId("p").build();
    var live = ProfileStoreContract.live("p", 1, "shoes");
    assertThat(await(store.writeProfiles(List.of(new ProfileWrite(0, live)), TIMEOUT)))
        .containsExactly(true);
    assertThat(
            await(store.writeIdentities(List.of(new IdentityWrite(person, 0, identity)), TIMEOUT)))
        .containsExactly(true);
    assertThat(await(store.find(person, TIMEOUT))).isInstanceOf(LookupResult.Found.class);
    var redirect = live.toBuilder().setVersion(2).setRedirectTo("q").build();
    assertThat(await(store.writeProfiles(List.of(new ProfileWrite(1, redirect)), TIMEOUT)))
        .containsExactly(true);
    assertThat(await(store.find(person, TIMEOUT))).isEqualTo(new LookupResult.Absent());
    assertThat(await(store.readVersions(List.of("p"), TIMEOUT))).containsExactly(2L);
    var _ = await(store.raiseMarks(Map.of("events/0", 7L), Duration.ofMinutes(1), TIMEOUT));
    assertThat(await(store.readMarks(List.of("events/0"), TIMEOUT))).containsExactly(7L);
    String cursor = ProfileIdPage.FIRST;
    int found = 0;
    do {
      ProfileIdPage page = await(store.scanProfileIds(cursor, TIMEOUT));
      found += page.profileIds().size();
      cursor = page.nextCursor();
    } while (!cursor.isEmpty());
    assertThat(found).isEqualTo(1);
  }

  private static void assertUnavailable(RedisProfileStore store, String words) {
    assertThatThrownBy(() -> await(store.findById("p", TIMEOUT)))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNAVAILABLE))
        .hasMessageContaining(words)
        .hasMessageNotContaining("s3cret");
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
