package dev.attune.refresher.membership;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Transition;
import dev.attune.refresher.consume.BatchConsumer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/** The consumer of {@code attune.audience-transitions}. */
public final class MembershipConsumer {
  private MembershipConsumer() {}

  public static BatchConsumer create(
      KafkaSettings settings, ProfileWriter writer, DeadLetters deadLetters) {
    return new BatchConsumer(
        settings,
        settings.topics().audienceTransitions(),
        settings.topics().group("refresher-memberships"),
        "refresher-memberships",
        records -> handle(records, writer, deadLetters));
  }

  private static void handle(
      ConsumerRecords<byte[], byte[]> records, ProfileWriter writer, DeadLetters deadLetters) {
    List<Transition> transitions = new ArrayList<>(records.count());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      try {
        transitions.add(Transition.parseFrom(record.value()));
      } catch (InvalidProtocolBufferException e) {
        deadLetters.send(unreadable(record)).toCompletableFuture().join();
      }
    }
    writer.applyMemberships(transitions);
  }

  private static DeadLetter unreadable(ConsumerRecord<byte[], byte[]> record) {
    return DeadLetter.newBuilder()
        .setId(record.topic() + "-" + record.partition() + "-" + record.offset())
        .setPart("refresher")
        .setTopic(record.topic())
        .setPartition(record.partition())
        .setOffset(record.offset())
        .setValue(ByteString.copyFrom(record.value()))
        .setReason("the transition is no message of the contract")
        .setAttempts(1)
        .setAtMicros(record.timestamp() * 1_000)
        .build();
  }
}
