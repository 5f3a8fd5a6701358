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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    List<Transition> transitions = new ArrayList<>(records.count());
    Map<String, List<ConsumerRecord<byte[], byte[]>>> byProfile = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      try {
        Transition transition = Transition.parseFrom(value(record));
        transitions.add(transition);
        byProfile.computeIfAbsent(transition.getProfileId(), _ -> new ArrayList<>()).add(record);
      } catch (InvalidProtocolBufferException e) {
        String reason = "the transition is no message of the contract";
        deadLetters.send(letter(record, reason)).toCompletableFuture().join();
      }
    }
    try {
      writer.applyMemberships(transitions);
    } catch (RuntimeException e) {
      if (!Poison.isOne(e)) {
        throw e;
      }
      LOG.error("transitions cannot be written", e);
      // One of the profiles is at fault: alone, each goes its own way.
      byProfile.forEach(
          (profileId, own) ->
              alone(
                  transitions.stream().filter(t -> t.getProfileId().equals(profileId)).toList(),
                  own,
                  writer,
                  deadLetters));
    }
  }

  private static void alone(
      List<Transition> transitions,
      List<ConsumerRecord<byte[], byte[]>> records,
      ProfileWriter writer,
      DeadLetters deadLetters) {
    try {
      writer.applyMemberships(transitions);
    } catch (RuntimeException e) {
      if (!Poison.isOne(e)) {
        throw e;
      }
      String reason = "the transition cannot be written: " + Poison.why(e);
      for (ConsumerRecord<byte[], byte[]> record : records) {
        deadLetters.send(letter(record, reason)).toCompletableFuture().join();
      }
    }
  }

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
