package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.attune.core.definition.Definitions;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.core.stream.StreamDefinition;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.http.Json;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.refresher.collector.Collector;
import dev.attune.refresher.consume.BatchConsumer;
import dev.attune.refresher.consume.WaitingException;
import dev.attune.refresher.event.EventLog;
import dev.attune.refresher.event.EventTime;
import dev.attune.refresher.event.MalformedEventException;
import dev.attune.refresher.event.SegmentEvent;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches of a stream's records into the log of events, as the collector does it with what it is
 * sent: masked first, then checked, named and stamped. Returns once the log has all of a batch, so
 * that no more than a batch is ever on its way.
 *
 * <p>A record that is read again, after a crash or because the log was away, becomes the same event
 * with the same id, and counts once.
 */
final class StreamHandler implements BatchConsumer.Handler {
  private static final Logger LOG = LoggerFactory.getLogger(StreamHandler.class);

  private final StreamDefinition begun;
  private final Supplier<Definitions> definitions;
  private final EventLog log;
  private final DeadLetters deadLetters;
  private final Masking masking;
  private final InstantSource clock;
  private final RecordReaders readers;
  private final StreamProgress progress;

  /**
   * @param begun the stream when its reading began; its topic is the one that is read
   */
  StreamHandler(
      StreamDefinition begun,
      Supplier<Definitions> definitions,
      EventLog log,
      DeadLetters deadLetters,
      Masking masking,
      InstantSource clock,
      RecordReaders readers,
      StreamProgress progress) {
    this.begun = begun;
    this.definitions = definitions;
    this.log = log;
    this.deadLetters = deadLetters;
    this.masking = masking;
    this.clock = clock;
    this.readers = readers;
    this.progress = progress;
  }

  /**
   * A record that was read.
   *
   * @param masked null when it cannot be, for the reason
   */
  private record Read(
      ConsumerRecord<byte[], byte[]> record, @Nullable JsonNode masked, String reason) {}

  /** What one batch is handled by: a definition that changes meanwhile counts from the next on. */
  private final class Batch {
    final StreamDefinition stream;
    final StreamMapper mapper;
    final RecordReader reader;
    final Forbidden catalogRules;
    final Forbidden recordRules;
    final List<CompletableFuture<?>> sent = new ArrayList<>();
    int rejected;

    Batch() {
      Definitions inForce = definitions.get();
      StreamDefinition now = inForce.streams().getOrDefault(begun.name(), begun);
      // Of another topic soon: what is still read of this one is none of that definition's.
      stream = now.topic().equals(begun.topic()) ? now : begun;
      mapper = new StreamMapper(stream);
      reader = readers.of(stream.format());
      catalogRules = inForce.catalog().forbidden();
      recordRules = catalogRules.from(stream.sources());
    }

    Read read(ConsumerRecord<byte[], byte[]> record) {
      try {
        return new Read(record, masking.json(json(record), recordRules, Masking.Place.STREAMS), "");
      } catch (MalformedEventException e) {
        return new Read(record, null, String.valueOf(e.getMessage()));
      }
    }

    void take(Read read) {
      if (read.masked() == null) {
        reject(read, read.reason());
        return;
      }
      try {
        append(event(read.record(), read.masked()));
      } catch (MalformedEventException e) {
        reject(read, String.valueOf(e.getMessage()));
      }
    }

    private void reject(Read read, String reason) {
      rejected++;
      sent.add(
          deadLetters.send(letter(read.record(), read.masked(), reason)).toCompletableFuture());
    }

    private JsonNode json(ConsumerRecord<byte[], byte[]> record) throws MalformedEventException {
      if (record.value() == null) {
        throw new MalformedEventException("the record has no value");
      }
      if (record.value().length > KafkaClients.RECORD_BYTES_MAX) {
        throw new MalformedEventException(
            "the record has "
                + record.value().length
                + " bytes (allowed: "
                + KafkaClients.RECORD_BYTES_MAX
                + ")");
      }
      return reader.read(record.value());
    }

    private ObjectNode event(ConsumerRecord<byte[], byte[]> record, JsonNode masked)
        throws MalformedEventException {
      try {
        ObjectNode event =
            mapper.event(
                masked,
                stream.name()
                    + "-"
                    + record.topic()
                    + "-"
                    + record.partition()
                    + "-"
                    + record.offset());
        // Under the names that it has now there may be more that is forbidden.
        masking.json(event, catalogRules, Masking.Place.STREAMS);
        SegmentEvent.check(event);
        EventTime.stamp(event, receivedAt(record));
        return event;
      } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
        // A fault here must not keep the records behind it.
        LOG.error("a record of the stream {} cannot be mapped", stream.name(), e);
        throw new MalformedEventException("it cannot be mapped: " + e.getClass().getSimpleName());
      }
    }

    // The record's own timestamp, so that it is the same when it is read again.
    private Instant receivedAt(ConsumerRecord<byte[], byte[]> record) {
      return record.timestamp() < 0 ? clock.instant() : Instant.ofEpochMilli(record.timestamp());
    }

    private void append(ObjectNode event) throws MalformedEventException {
      byte[] json = Json.write(out -> Json.mapper().writeTree(out, event));
      if (json.length > Collector.EVENT_BYTES_MAX) {
        throw new MalformedEventException(
            "the event has "
                + json.length
                + " bytes (allowed: "
                + Collector.EVENT_BYTES_MAX
                + "; a stream may pick some of a record's fields)");
      }
      sent.add(
          log.appendCollected(SegmentEvent.key(event), json, "", stream.name())
              .toCompletableFuture());
    }

    private DeadLetter letter(
        ConsumerRecord<byte[], byte[]> record, @Nullable JsonNode masked, String reason) {
      String place = record.topic() + "-" + record.partition() + "-" + record.offset();
      DeadLetter.Builder letter =
          DeadLetter.newBuilder()
              .setId("stream-" + stream.name() + "-" + place)
              .setPart("stream")
              .setTopic(record.topic())
              .setPartition(record.partition())
              .setOffset(record.offset())
              .setReason("stream " + stream.name() + ": the record " + place + ": " + reason)
              .setAttempts(1)
              .setAtMicros(clock.millis() * 1_000);
      if (masked != null) {
        letter.setValue(
            ByteString.copyFrom(Json.write(out -> Json.mapper().writeTree(out, masked))));
      } else if (record.value() != null && reader.isText()) {
        letter.setValue(
            ByteString.copyFrom(
                masking.document(record.value(), null, recordRules, Masking.Place.STREAMS)));
      }
      if (record.key() != null && reader.isText()) {
        letter.setKey(ByteString.copyFrom(record.key()));
      }
      return letter.build();
    }
  }

  @Override
  public void handle(ConsumerRecords<byte[], byte[]> records) {
    Batch batch = new Batch();
    // All are read before the first is appended: while a registry is away the batch comes again
    // and again, and those before the record that waits for it would be appended each time.
    List<Read> read = new ArrayList<>(records.count());
    records.forEach(record -> read.add(batch.read(record)));
    read.forEach(batch::take);
    try {
      batch.sent.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      throw new WaitingException("the log of events did not take the records in time", e);
    }
    Instant newest = Instant.EPOCH;
    for (ConsumerRecord<byte[], byte[]> record : records) {
      Instant at = Instant.ofEpochMilli(record.timestamp());
      newest = at.isAfter(newest) ? at : newest;
    }
    progress.handled(records.count(), batch.rejected, newest);
  }
}
