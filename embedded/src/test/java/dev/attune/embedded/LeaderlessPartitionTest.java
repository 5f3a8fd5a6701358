package dev.attune.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kafka.server.metadata.KRaftMetadataCache;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.server.common.KRaftVersion;
import org.junit.jupiter.api.Test;

/**
 * What a broker must know for a kill to lose nothing. While it registers anew its partitions have
 * no leader for a moment. Kafka 4.3.1 takes such a partition for a deleted one: a transaction that
 * was being committed when it was killed is then called complete, and the offsets in it never
 * become stable. Whoever raises Kafka's version meets this test first.
 */
class LeaderlessPartitionTest {
  @Test
  void partitionWithoutALeader_isNotTakenForADeletedOne() {
    var topic = Uuid.randomUuid();
    var delta = new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build();
    delta.replay(new TopicRecord().setName("offsets").setTopicId(topic));
    delta.replay(
        new PartitionRecord()
            .setTopicId(topic)
            .setPartitionId(0)
            .setReplicas(List.of(1))
            .setIsr(List.of(1))
            .setLeader(-1)
            .setLeaderEpoch(1)
            .setPartitionEpoch(1));
    var cache = new KRaftMetadataCache(1, () -> KRaftVersion.KRAFT_VERSION_1);
    cache.setImage(delta.apply(MetadataProvenance.EMPTY));
    var client = new ListenerName("CLIENT");
    assertThat(cache.getPartitionLeaderEndpoint("offsets", 0, client)).contains(Node.noNode());
    assertThat(cache.getPartitionLeaderEndpoint("deleted", 0, client)).isEmpty();
  }
}
