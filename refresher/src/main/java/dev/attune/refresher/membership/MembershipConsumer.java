package dev.attune.refresher.membership;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Transition;
import dev.attune.refresher.consume.BatchConsumer;
import dev.attune.refresher.consume.Poison;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The consumer of {@code attune.audience-transitions}. */
public final class MembershipConsumer {
  private static final Logger LOG = LoggerFactory.getLogger(MembershipConsumer.class);

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
    List<Told> told = new ArrayList<>(records.count());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      try {
        told.add(new Told(Transition.parseFrom(value(record)), record));
      } catch (InvalidProtocolBufferException e) {
        String reason = "the transition is no message of the contract";
        deadLetters.send(letter(record, reason)).toCompletableFuture().join();
      }
    }
    write(told, writer, deadLetters);
  }

  private static void write(List<Told> told, ProfileWriter writer, DeadLetters deadLetters) {
    try {
      writer.applyMemberships(told.stream().map(Told::transition).toList());
    } catch (RuntimeException e) {
      if (!Poison.isOne(e)) {
        throw e;
      }
      if (told.size() > 1) {
        // One of them is at fault: alone, each goes its own way. Their versions order them.
        told.forEach(one -> write(List.of(one), writer, deadLetters));
        return;
      }
      LOG.error("a transition cannot be written", e);
      String reason = "the transition cannot be written: " + Poison.why(e);
      deadLetters.send(letter(told.getFirst().record(), reason)).toCompletableFuture().join();
    }
  }

  private record Told(Transition transition, ConsumerRecord<byte[], byte[]> record) {}

  // An empty value parses, but is about nobody.
  private static byte[] value(ConsumerRecord<byte[], byte[]> record)
      throws InvalidProtocolBufferException {
    if (record.value() == null || record.value().length == 0) {
      throw new InvalidProtocolBufferException("empty");
    }
    return record.value();
  }

  private static DeadLetter letter(ConsumerRecord<byte[], byte[]> record, String reason) {
    return DeadLetter.newBuilder()
        .setId(record.topic() + "-" + record.partition() + "-" + record.offset())
        .setPart("refresher")
        .setTopic(record.topic())
        .setPartition(record.partition())
        .setOffset(record.offset())
        .setKey(bytes(record.key()))
        .setValue(bytes(record.value()))
        .setReason(reason)
        .setAttempts(1)
        .setAtMicros(record.timestamp() * 1_000)
        .build();
  }

  private static ByteString bytes(byte @Nullable [] bytes) {
    return bytes == null ? ByteString.EMPTY : ByteString.copyFrom(bytes);
  }
}
