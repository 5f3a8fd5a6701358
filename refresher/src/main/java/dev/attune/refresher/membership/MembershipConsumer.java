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
import org.jspecify.annotations.Nullable;

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
        transitions.add(Transition.parseFrom(value(record)));
      } catch (InvalidProtocolBufferException e) {
        deadLetters.send(unreadable(record)).toCompletableFuture().join();
      }
    }
    writer.applyMemberships(transitions);
  }

  // An empty value parses, but is about nobody.
  private static byte[] value(ConsumerRecord<byte[], byte[]> record)
      throws InvalidProtocolBufferException {
    if (record.value() == null || record.value().length == 0) {
      throw new InvalidProtocolBufferException("empty");
    }
    return record.value();
  }

  private static DeadLetter unreadable(ConsumerRecord<byte[], byte[]> record) {
    return DeadLetter.newBuilder()
        .setId(record.topic() + "-" + record.partition() + "-" + record.offset())
        .setPart("refresher")
        .setTopic(record.topic())
        .setPartition(record.partition())
        .setOffset(record.offset())
        .setKey(bytes(record.key()))
        .setValue(bytes(record.value()))
        .setReason("the transition is no message of the contract")
        .setAttempts(1)
        .setAtMicros(record.timestamp() * 1_000)
        .build();
  }

  private static ByteString bytes(byte @Nullable [] bytes) {
    return bytes == null ? ByteString.EMPTY : ByteString.copyFrom(bytes);
  }
}
