package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProfileServiceConfigTest {
  @Test
  void defaults_areThese() {
    assertThat(ProfileServiceConfig.DEFAULT)
        .isEqualTo(
            new ProfileServiceConfig(
                Duration.ofMillis(200),
                8_192,
                new NearCacheConfig(64L << 20, Duration.ofSeconds(2))));
    assertThat(ProfileServiceConfig.DEFAULT.withNearCache(NearCacheConfig.OFF).nearCache().isOff())
        .isTrue();
  }

  @Test
  void everyKey_hasBounds() {
    assertThatThrownBy(() -> new ProfileServiceConfig(Duration.ZERO, 1))
        .hasMessageContaining("1 ms to 10 s");
    assertThatThrownBy(() -> new ProfileServiceConfig(Duration.ofSeconds(11), 1))
        .hasMessageContaining("1 ms to 10 s");
    assertThatThrownBy(() -> new ProfileServiceConfig(Duration.ofSeconds(1), 0))
        .hasMessageContaining("1 to 1000000");
    assertThatThrownBy(() -> new NearCacheConfig(1, Duration.ofSeconds(2)))
        .hasMessageContaining("0 for none, or 1 MB to 1 TB");
    assertThatThrownBy(() -> new NearCacheConfig(0, Duration.ofMillis(9)))
        .hasMessageContaining("10 ms to 1 min");
    assertThatThrownBy(() -> new NearCacheConfig(0, Duration.ofMinutes(2)))
        .hasMessageContaining("10 ms to 1 min");
  }
}
