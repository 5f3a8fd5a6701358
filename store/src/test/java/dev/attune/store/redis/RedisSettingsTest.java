package dev.attune.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RedisSettingsTest {
  @Test
  void plain_hasTheDefaults() {
    assertThat(RedisSettings.plain("127.0.0.1", 6390, "prod"))
        .isEqualTo(
            new RedisSettings(
                "127.0.0.1",
                6390,
                "prod",
                "",
                "",
                false,
                Duration.ofSeconds(2),
                Duration.ofMillis(500),
                20_000));
  }

  @Test
  void toString_neverHasThePassword() {
    var settings =
        new RedisSettings(
            "redis.internal",
            6379,
            "prod",
            "attune",
            "s3cret",
            true,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            5_000);
    assertThat(settings).hasToString("rediss://redis.internal:6379/prod");
  }

  @Test
  void prefix_thatMeansSomethingInAPattern_isRefused() {
    assertThatThrownBy(() -> RedisSettings.plain("127.0.0.1", 6390, "a*"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("prefix");
  }
}
