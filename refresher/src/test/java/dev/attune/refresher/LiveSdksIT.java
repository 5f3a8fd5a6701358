package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.AliasMessage;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.KafkaBackend;
import dev.attune.testkit.NodeSdks;
import dev.attune.testkit.RedisBackend;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SDKs as their makers publish them, of which only the host is changed, deliver everything. */
class LiveSdksIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int PEOPLE = 20;
  private static final int KINDS = 6;

  @TempDir Path stateDir;
  private RunningRefresher refresher;

  @BeforeEach
  void start() {
    refresher =
        new RunningRefresher(
            RedisBackend.shared(),
            stateDir,
            KafkaBackend.shared().bootstrapServers(),
            new CollectorConfig(Map.of("sdk", "KEY-1"), Set.of(), false));
  }

  @AfterEach
  void stop() {
    refresher.close();
  }

  private String url() {
    String url = refresher.uri("/").toString();
    return url.substring(0, url.length() - 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"segment", "rudderstack"})
  void nodeSdk_everyKindOfCall_isDelivered(String sdk) {
    NodeSdks.shared().send(sdk, url(), "KEY-1", PEOPLE);
    delivered(sdk);
  }

  @Test
  void segmentForJava_everyKindOfCall_isDelivered() throws Exception {
    int calls = PEOPLE * KINDS;
    var done = new CountDownLatch(calls);
    var failed = new AtomicInteger();
    Analytics analytics =
        Analytics.builder("KEY-1")
            .endpoint(url())
            .callback(
                new Callback() {
                  @Override
                  public void success(Message message) {
                    done.countDown();
                  }

                  @Override
                  public void failure(Message message, Throwable error) {
                    failed.incrementAndGet();
                    done.countDown();
                  }
                })
            .build();
    try {
      for (int n = 0; n < PEOPLE; n++) {
        for (MessageBuilder<?, ?> message : messages("java-" + n, "java-anonymous-" + n, n)) {
          analytics.enqueue(message);
        }
      }
      analytics.flush();
      assertThat(done.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      analytics.shutdown();
    }
    assertThat(failed).hasValue(0);
    delivered("java");
  }

  private static List<MessageBuilder<?, ?>> messages(String user, String anonymous, int n) {
    return List.of(
        PageMessage.builder("Home").anonymousId(anonymous).properties(Map.of("url", "/x")),
        IdentifyMessage.builder()
            .userId(user)
            .traits(Map.of("email", user + "@example.org", "n", n)),
        TrackMessage.builder("Order Completed").userId(user).properties(Map.of("revenue", 10.5)),
        ScreenMessage.builder("Start").userId(user),
        GroupMessage.builder("java-group").userId(user).traits(Map.of("plan", "pro")),
        AliasMessage.builder(anonymous).userId(user));
  }

  private void delivered(String sdk) {
    List<String> logged = refresher.logged();
    assertThat(logged).hasSize(PEOPLE * KINDS);
    assertThat(new HashSet<>(logged)).hasSize(PEOPLE * KINDS);
    refresher.awaitTrait("group_id", sdk + "-group", "plan");
    for (int n = 0; n < PEOPLE; n++) {
      String user = sdk + "-" + n;
      refresher.awaitTrait("user_id", user, "n");
      refresher.awaitTrait("user_id", user, "group_ids");
      String anonymous = sdk + "-anonymous-" + n;
      Await.until(
          SOON,
          "an alias or an e-mail address does not lead to the person",
          () ->
              id("user_id", user).isPresent()
                  && id("user_id", user).equals(id("anonymous_id", anonymous))
                  && id("user_id", user).equals(id("email", user + "@example.org")));
      Profile profile = refresher.profile("user_id", user).orElseThrow();
      assertThat(value(profile, "n")).isEqualTo(Value.newBuilder().setInteger(n).build());
      assertThat(value(profile, "group_ids").getList().getValuesList())
          .containsExactly(Value.newBuilder().setText(sdk + "-group").build());
      assertThat(profile.getTraitsList()).extracting(Trait::getSource).containsOnly("events:sdk");
    }
    assertThat(refresher.deadLetters).isEmpty();
  }

  private Optional<String> id(String namespace, String value) {
    return refresher.profile(namespace, value).map(Profile::getProfileId);
  }

  private static Value value(Profile profile, String name) {
    return profile.getTraitsList().stream()
        .filter(trait -> trait.getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getValue();
  }
}
