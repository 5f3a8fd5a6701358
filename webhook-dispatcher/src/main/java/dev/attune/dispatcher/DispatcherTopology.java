package dev.attune.dispatcher;

import dev.attune.core.profile.ProfileStore;
import dev.attune.dispatcher.delivery.Delivering;
import dev.attune.dispatcher.delivery.DeliveryOwner;
import dev.attune.dispatcher.delivery.ToldOnce;
import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.render.ChangeRenderer;
import dev.attune.dispatcher.render.PromptCommits;
import dev.attune.dispatcher.render.TransitionRenderer;
import dev.attune.dispatcher.render.ViewRenderer;
import dev.attune.platform.kafka.CommitPace;
import dev.attune.platform.kafka.Topics;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Two halves that meet in the deliveries topic: causes are rendered where their profile's partition
 * is, deliveries are sent where their key's partition is.
 */
final class DispatcherTopology {
  private static final String TRANSITIONS = "transitions";
  private static final String CHANGES = "changes";
  private static final String DELIVERIES = "deliveries";
  private static final String RENDER_TRANSITIONS = "render-transitions";
  private static final String RENDER_CHANGES = "render-changes";
  private static final String RENDER_VIEWS = "render-views";
  private static final String PROMPT_COMMITS = "prompt-commits";
  private static final String TOLD_ONCE = "told-once";
  private static final String OWNER = "owner";

  // Changelogs turn over quickly, and a restart after a crash reads them whole: small segments let
  // the broker compact them early.
  private static final Map<String, String> CHANGELOG =
      Map.of("segment.bytes", String.valueOf(32 << 20), "min.cleanable.dirty.ratio", "0.2");

  private DispatcherTopology() {}

  static Topology of(Topics topics, Delivering delivering, ProfileStore profiles) {
    var bytesIn = new ByteArrayDeserializer();
    var bytesOut = new ByteArraySerializer();
    var definitions = delivering.definitions();
    Poison poison = delivering.poison();
    var clock = delivering.clock();
    var paces = new CommitPace.OfThreads(PromptCommits.TICK);
    Topology topology =
        new Topology()
            .addSource(TRANSITIONS, bytesIn, bytesIn, topics.audienceTransitions())
            .addSource(CHANGES, bytesIn, bytesIn, topics.profileChanges())
            .addProcessor(
                RENDER_TRANSITIONS,
                () -> new TransitionRenderer(definitions, delivering.gates(), poison, clock),
                TRANSITIONS)
            .addProcessor(
                RENDER_CHANGES,
                () -> new ChangeRenderer(definitions, poison, delivering.metrics()::late, clock),
                CHANGES)
            .addStateStore(keyValue(TransitionRenderer.STORE), RENDER_TRANSITIONS)
            .addStateStore(keyValue(ChangeRenderer.STORE), RENDER_CHANGES)
            .addProcessor(
                RENDER_VIEWS,
                () ->
                    new ViewRenderer(
                        definitions, profiles, delivering.metrics()::viewFailed, clock),
                RENDER_TRANSITIONS,
                RENDER_CHANGES)
            .addStateStore(keyValue(ViewRenderer.STORE), RENDER_VIEWS)
            .addSink("rendered", topics.deliveries(), bytesOut, bytesOut, RENDER_VIEWS)
            .addProcessor(PROMPT_COMMITS, () -> new PromptCommits(paces), RENDER_VIEWS)
            .addSource(DELIVERIES, bytesIn, bytesIn, topics.deliveries())
            .addProcessor(
                TOLD_ONCE,
                () -> new ToldOnce(ChangeRenderer.EVENT_TYPE, delivering.metrics(), clock),
                DELIVERIES)
            .addStateStore(toldEvents(), TOLD_ONCE)
            .addProcessor(
                OWNER, () -> new DeliveryOwner(delivering, topics.deliveries()), TOLD_ONCE)
            .addSink("attempts", topics.attempts(), bytesOut, bytesOut, OWNER);
    DeliveryOwner.STORES.forEach(store -> topology.addStateStore(keyValue(store), OWNER));
    return topology;
  }

  private static StoreBuilder<KeyValueStore<Bytes, byte[]>> keyValue(String name) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
        .withCachingDisabled()
        .withLoggingEnabled(CHANGELOG);
  }

  private static StoreBuilder<WindowStore<Bytes, byte[]>> toldEvents() {
    return Stores.windowStoreBuilder(
            Stores.persistentWindowStore(
                ToldOnce.STORE, ToldOnce.REMEMBERED, Duration.ofMillis(1), false),
            Serdes.Bytes(),
            Serdes.ByteArray())
        .withCachingDisabled()
        .withLoggingEnabled(Map.of("segment.bytes", String.valueOf(32 << 20)));
  }
}
