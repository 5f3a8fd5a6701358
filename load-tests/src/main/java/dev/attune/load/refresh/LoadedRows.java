package dev.attune.load.refresh;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.Served;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Whether a first load of a {@link WarehouseTable} did what it said. */
record LoadedRows(int rows) {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration READ_MAX = Duration.ofMinutes(5);
  private static final Duration LOOKUP_MAX = Duration.ofSeconds(5);
  private static final int LOOKUPS = 1_000;

  /**
   * Reads all changes, and looks some of the people up in the store.
   *
   * @return what was seen, for a figure's note
   * @throws IllegalStateException when a row's change is missing or wrong, or a profile is
   */
  String verified(KafkaSettings kafka, RedisSettings redis) {
    BitSet missing = missing(kafka);
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "of " + missing.cardinality() + " rows there is no right change in the log");
    }
    try (var store = RedisProfileStore.create(redis)) {
      for (int i = 0; i < LOOKUPS; i++) {
        int row = (int) ((long) i * rows / LOOKUPS);
        var identifier = new Identifier("user_id", "c" + row);
        if (!(store.find(identifier, LOOKUP_MAX).toCompletableFuture().join()
                instanceof LookupResult.Found found)
            || rowOf(found.served().profile()) != row) {
          throw new IllegalStateException("the profile of row " + row + " is not as its row is");
        }
      }
    }
    return "each row's change is in the log, and %d profiles are in the store, as the rows are"
        .formatted(LOOKUPS);
  }

  private BitSet missing(KafkaSettings kafka) {
    var missing = new BitSet(rows);
    missing.set(0, rows);
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < kafka.partitions(); i++) {
      partitions.add(new TopicPartition(kafka.topics().profileChanges(), i));
    }
    long deadline = System.nanoTime() + READ_MAX.toNanos();
    try (var consumer = KafkaClients.consumer(kafka, "attune-bench-changes")) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("the log of changes could not be read in time");
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          clear(missing, record.value());
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the log of changes holds what does not parse", e);
    }
    return missing;
  }

  private static void clear(BitSet missing, byte[] value) throws InvalidProtocolBufferException {
    var change = ProfileChange.parseFrom(value);
    if (change.hasChanged() && change.getChanged().getRecord().hasLive()) {
      int row = rowOf(new Served(change.getChanged().getRecord().getLive().getServed()).profile());
      if (row >= 0) {
        missing.clear(row);
      }
    }
  }

  /** The row that a profile was made of; -1 when it is not as that row is. */
  private static int rowOf(Profile profile) {
    if (profile.getIdentifiersCount() != 1 || profile.getTraitsCount() != WarehouseTable.TRAITS) {
      return -1;
    }
    int row = Integer.parseInt(profile.getIdentifiers(0).getValue().substring(1));
    return profile.getTraitsList().stream()
            .filter(trait -> trait.getName().equals("t1"))
            .allMatch(trait -> trait.getValue().getInteger() == WarehouseTable.t1(row))
        ? row
        : -1;
  }
}
