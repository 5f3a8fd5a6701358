package dev.attune.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackendsIT {
  @Test
  void shared_askedTwice_isTheSame() throws IOException {
    assertThat(KafkaBackend.shared()).isSameAs(KafkaBackend.shared());
    assertThat(RedisBackend.shared()).isSameAs(RedisBackend.shared());
    assertListens(URI.create("kafka://" + KafkaBackend.shared().bootstrapServers()));
    assertListens(URI.create(RedisBackend.shared().uri()));
  }

  @Test
  void sharedDynamo_askedTwice_isTheSame() throws IOException {
    assertThat(DynamoBackend.shared()).isSameAs(DynamoBackend.shared());
    assertListens(DynamoBackend.shared().endpoint());
  }

  @Test
  void restart_afterAKill_listensWhereItDid() throws IOException {
    try (RedisBackend redis = RedisBackend.start()) {
      URI before = URI.create(redis.uri());
      redis.kill();
      redis.restart();
      assertThat(URI.create(redis.uri())).isEqualTo(before);
      assertListens(before);
    }
  }

  private static void assertListens(URI uri) throws IOException {
    try (var socket = new Socket(InetAddress.ofLiteral(uri.getHost()), uri.getPort())) {
      assertThat(socket.isConnected()).isTrue();
    }
  }
}
