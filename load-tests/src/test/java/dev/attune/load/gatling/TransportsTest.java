package dev.attune.load.gatling;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import org.junit.jupiter.api.Test;

/**
 * Gatling shares a class path with the services that are measured. Were its native transports on
 * it, the Redis driver would take them, and what is measured would not be what is shipped.
 */
class TransportsTest {
  @Test
  void nativeTransports_areNotOnTheClassPath() {
    assertThat(Epoll.isAvailable()).isFalse();
    assertThat(IoUring.isAvailable()).isFalse();
  }
}
