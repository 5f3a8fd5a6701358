package dev.attune.dispatcher.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.dispatcher.AwayStore;
import dev.attune.dispatcher.TestClock;
import dev.attune.dispatcher.Webhooks;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.store.memory.MemoryProfileStore;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ViewRendererTest {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final String DOCUMENT = "{\"type\":\"event\",\"data\":{\"n\":1.50}}";
  private static final String GOLD =
      "{\"type\":\"event\",\"data\":{\"n\":1.50},"
          + "\"view\":{\"traits\":{\"plan\":\"gold\"},\"audiences\":[\"vip\"]}}";

  @TempDir File folder;

  private final TestClock clock = new TestClock();
  private final MemoryProfileStore profiles = new MemoryProfileStore();
  private final AtomicInteger failed = new AtomicInteger();
  private boolean away;
  private KeyValueStore<Bytes, byte[]> waiting;
  private MockProcessorContext<byte[], byte[]> context;
  private ViewRenderer renderer;

  @BeforeEach
  void start() {
    waiting =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(ViewRenderer.STORE),
                Serdes.Bytes(),
                Serdes.ByteArray())
            .withLoggingDisabled()
            .withCachingDisabled()
            .build();
    open();
    waiting.init(context.getStateStoreContext(), waiting);
    restart();
    long now = clock.instant().toEpochMilli() * 1_000;
    Profile.Builder profile =
        Profile.newBuilder()
            .setProfileId("p1")
            .addTraits(
                Trait.newBuilder().setName("plan").setValue(Value.newBuilder().setText("gold")))
            .addTraits(
                Trait.newBuilder().setName("mail").setValue(Value.newBuilder().setText("a@b.c")))
            .addAudiences(Membership.newBuilder().setAudience("over").setValidUntilMicros(now))
            .addAudiences(Membership.newBuilder().setAudience("vip"));
    write(profile.build());
  }

  private void open() {
    context = new MockProcessorContext<>(new Properties(), new TaskId(0, 0), folder);
  }

  // Streams opens the same object again over what is in its stores.
  private void restart() {
    open();
    context.addStateStore(waiting);
    if (renderer == null) {
      renderer =
          new ViewRenderer(
              DefinitionsSource.fixed(Webhooks.definitions()),
              AwayStore.of(profiles, () -> away),
              failed::incrementAndGet,
              clock);
    }
    renderer.init(context);
  }

  private void write(Profile profile) {
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setProfileId(profile.getProfileId())
            .setVersion(1)
            .setLive(LiveProfile.newBuilder().setServed(Served.of(profile).bytes()))
            .build();
    assertThat(
            profiles
                .writeProfiles(List.of(new ProfileStore.ProfileWrite(0, record)), SOON)
                .toCompletableFuture()
                .join())
        .containsExactly(true);
  }

  @Test
  void view_showsWhatItHas_behindTheDocumentAsItIs() throws Exception {
    process("crm", "p1", "1", "page");
    tick();
    assertThat(forwarded())
        .singleElement()
        .satisfies(
            delivery -> {
              assertThat(delivery.getBody().toStringUtf8()).isEqualTo(GOLD);
              assertThat(delivery.getView()).isEmpty();
            });
    assertThat(waiting.approximateNumEntries()).isZero();
  }

  @Test
  void personWhoIsGone_showsNoValues() throws Exception {
    process("crm", "p2", "1", "page");
    tick();
    assertThat(forwarded().getFirst().getBody().toStringUtf8())
        .endsWith(",\"view\":{\"traits\":{\"plan\":null},\"audiences\":[]}}");
  }

  // Nothing is lost and nothing overtakes, whatever becomes of the process; other webhooks go on.
  @Test
  void storeThatIsAway_isWaitedFor_throughARestart_inOrder() throws Exception {
    away = true;
    for (int i = 0; i < 500; i++) {
      process("crm", "p1", "msg_" + i, "page");
    }
    process("crm", "p1", "msg_500", "");
    process("mail", "p1", "msg_mail", "");
    for (int i = 0; i < 100; i++) {
      tick();
    }
    assertThat(forwarded()).extracting(Delivery::getWebhookId).containsExactly("msg_mail");
    assertThat(failed.get()).isBetween(200, 1_000);

    restart();
    away = false;
    for (int i = 0; i < 100; i++) {
      tick();
    }
    process("crm", "p1", "msg_501", "");
    List<Delivery> forwarded = forwarded();
    assertThat(forwarded).hasSize(502);
    for (int i = 0; i < forwarded.size(); i++) {
      assertThat(forwarded.get(i).getWebhookId()).isEqualTo("msg_" + i);
      assertThat(forwarded.get(i).getBody().toStringUtf8()).isEqualTo(i < 500 ? GOLD : DOCUMENT);
    }
  }

  private void process(String webhook, String profileId, String id, String view) {
    Delivery delivery =
        Delivery.newBuilder()
            .setWebhook(webhook)
            .setProfileId(profileId)
            .setWebhookId(id)
            .setBody(ByteString.copyFromUtf8(DOCUMENT))
            .setView(view)
            .build();
    renderer.process(Deliveries.record(delivery, clock));
  }

  private void tick() {
    clock.advance(ViewRenderer.TICK);
    context
        .scheduledPunctuators()
        .forEach(punctuator -> punctuator.getPunctuator().punctuate(clock.millis()));
  }

  private List<Delivery> forwarded() throws Exception {
    List<Delivery> forwarded = new ArrayList<>();
    for (var forward : context.forwarded()) {
      assertThat(forward.record().headers()).isEmpty();
      forwarded.add(Delivery.parseFrom(forward.record().value()));
    }
    return forwarded;
  }
}
