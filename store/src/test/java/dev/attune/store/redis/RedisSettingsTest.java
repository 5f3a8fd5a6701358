package dev.attune.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisSettingsTest {
  @Test
  void plain_hasTheDefaults() {
    assertThat(RedisSettings.plain("127.0.0.1", 6390, "prod"))
        .isEqualTo(
            new RedisSettings(
                RedisSettings.Mode.SINGLE,
                List.of(new RedisAddress("127.0.0.1", 6390)),
                "prod",
                "",
                "",
                new RedisTls(false, "", "", ""),
                Duration.ofSeconds(2),
                Duration.ofMillis(500),
                20_000));
  }

  @Test
  void toString_neverHasThePassword() {
    var settings =
        new RedisSettings(
            RedisSettings.Mode.CLUSTER,
            List.of(new RedisAddress("a.internal", 6379), new RedisAddress("b.internal", 6380)),
            "prod",
            "attune",
            "s3cret",
            new RedisTls(true, "/etc/ca.pem", "/etc/us.pem", "/etc/us.key"),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            5_000);
    assertThat(settings).hasToString("rediss://a.internal:6379,b.internal:6380/prod");
  }

  @Test
  void servers_severalWithoutACluster_areRefused() {
    List<RedisAddress> two = List.of(new RedisAddress("a", 1), new RedisAddress("b", 2));
    assertThatThrownBy(
            () ->
                new RedisSettings(
                    RedisSettings.Mode.SINGLE,
                    two,
                    "prod",
                    "",
                    "",
                    RedisTls.OFF,
                    RedisSettings.CONNECT_TIMEOUT,
                    RedisSettings.RECONNECT_DELAY_MAX,
                    RedisSettings.QUEUE_MAX))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("servers: 2");
    assertThatThrownBy(() -> RedisSettings.cluster(List.of(), "prod"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("servers: 0");
  }

  @Test
  void username_withoutAPassword_isRefused() {
    assertThatThrownBy(() -> RedisSettings.plain("a", 1, "prod").withUser("attune", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("password");
  }

  @Test
  void tls_halfConfigured_isRefused() {
    assertThatThrownBy(() -> new RedisTls(true, "", "us.pem", ""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RedisTls(false, "ca.pem", "", ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tls_fileThatIsNotThere_isRefusedAtOnce() {
    RedisSettings settings =
        RedisSettings.plain("a", 1, "prod").withTls(RedisTls.trusting("/no/such/ca.pem"));
    assertThatThrownBy(() -> RedisProfileStore.create(settings))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("authoritiesFile: /no/such/ca.pem cannot be read");
  }

  @Test
  void prefix_thatMeansSomethingInAPattern_isRefused() {
    assertThatThrownBy(() -> RedisSettings.plain("127.0.0.1", 6390, "a*"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("prefix");
  }
}
