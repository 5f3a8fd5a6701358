package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProfileServiceConfigTest {
  @Test
  void defaults_areThese() {
    assertThat(ProfileServiceConfig.DEFAULT)
        .isEqualTo(new ProfileServiceConfig(Duration.ofMillis(200), 8_192));
  }

  @Test
  void everyKey_hasBounds() {
    assertThatThrownBy(() -> new ProfileServiceConfig(Duration.ZERO, 1))
        .hasMessageContaining("1 ms to 10 s");
    assertThatThrownBy(() -> new ProfileServiceConfig(Duration.ofSeconds(11), 1))
        .hasMessageContaining("1 ms to 10 s");
    assertThatThrownBy(() -> new ProfileServiceConfig(Duration.ofSeconds(1), 0))
        .hasMessageContaining("1 to 1000000");
  }
}
