package dev.attune.evaluator;

import dev.attune.platform.kafka.Topics;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * One sub-topology: changes and moves come in under the profile's id, so that everything that
 * concerns a profile is done by one task, in one transaction.
 */
final class EvaluatorTopology {
  private EvaluatorTopology() {}

  static Topology build(
      Topics topics, ProcessorSupplier<String, byte[], String, byte[]> processor) {
    String evaluate = "evaluate";
    var topology = new Topology();
    topology.addSource(
        "changes",
        Serdes.String().deserializer(),
        Serdes.ByteArray().deserializer(),
        topics.profileChanges());
    topology.addSource(
        "moves",
        Serdes.String().deserializer(),
        Serdes.ByteArray().deserializer(),
        topics.evaluatorMoves());
    topology.addProcessor(evaluate, processor, "changes", "moves");
    topology.addStateStore(store(ProfileProcessor.PROFILES, Serdes.String()), evaluate);
    topology.addStateStore(store(ProfileProcessor.TIMERS, Serdes.Bytes()), evaluate);
    topology.addStateStore(store(ProfileProcessor.META, Serdes.String()), evaluate);
    topology.addStateStore(store(ProfileProcessor.GROUPS, Serdes.String()), evaluate);
    topology.addSink(
        ProfileProcessor.TRANSITIONS_SINK,
        topics.audienceTransitions(),
        Serdes.String().serializer(),
        Serdes.ByteArray().serializer(),
        evaluate);
    topology.addSink(
        ProfileProcessor.MOVES_SINK,
        topics.evaluatorMoves(),
        Serdes.String().serializer(),
        Serdes.ByteArray().serializer(),
        evaluate);
    return topology;
  }

  private static <K> StoreBuilder<?> store(String name, Serde<K> keys) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), keys, Serdes.ByteArray())
        .withCachingDisabled()
        .withLoggingEnabled(Map.of());
  }
}
