package dev.attune.refresher.event;

import com.google.protobuf.ByteString;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.forbidden.Masking;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.refresher.consume.BatchConsumer;
import dev.attune.refresher.consume.Poison;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches of events into profiles. What cannot be taken goes to dead letters with its reason; the
 * others of its batch go on.
 */
final class EventHandler implements BatchConsumer.Handler {
  private static final Logger LOG = LoggerFactory.getLogger(EventHandler.class);

  private final ProfileWriter writer;
  private final Supplier<Definitions> definitions;
  private final DeadLetters deadLetters;
  private final Watermarks watermarks;
  private final HandledMarks marks;
  private final Clock clock;
  private final InstantSource time;
  private final EventReader reader;
  private final Counter accepted;
  private final Counter rejected;
  private final Timer visible;

  EventHandler(
      ProfileWriter writer,
      Supplier<Definitions> definitions,
      DeadLetters deadLetters,
      Watermarks watermarks,
      HandledMarks marks,
      Clock clock,
      InstantSource time,
      Masking masking,
      MeterRegistry meters) {
    this.writer = writer;
    this.definitions = definitions;
    this.deadLetters = deadLetters;
    this.watermarks = watermarks;
    this.marks = marks;
    this.clock = clock;
    this.time = time;
    this.reader = new EventReader(masking, meters);
    this.accepted =
        Counter.builder("attune.refresher.events")
            .description("Events written into profiles")
            .register(meters);
    this.rejected =
        Counter.builder("attune.refresher.rejected")
            .description("Events, or traits of events, that went to dead letters")
            .register(meters);
    this.visible =
        Timer.builder("attune.refresher.visible")
            .description("From the log's acceptance of an event to its visibility in a lookup")
            .publishPercentileHistogram()
            .register(meters);
  }

  private record Parsed(ConsumerRecord<byte[], byte[]> event, List<ProfileInput> inputs) {}

  @Override
  public void handle(ConsumerRecords<byte[], byte[]> records) {
    List<Parsed> parsed = new ArrayList<>(records.count());
    List<CompletableFuture<?>> letters = new ArrayList<>();
    Definitions inForce = definitions.get();
    Map<Integer, Long> ticks = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> event : records) {
      try {
        Optional<Long> tick = tick(event);
        if (tick.isPresent()) {
          ticks.put(event.partition(), tick.get());
          continue;
        }
        EventInputs.Result result = reader.read(event, inForce);
        parsed.add(new Parsed(event, result.inputs()));
        if (!result.objections().isEmpty()) {
          letters.add(letter(event, String.join("; ", result.objections())));
        }
      } catch (MalformedEventException e) {
        letters.add(refused(event, String.valueOf(e.getMessage())));
      }
    }
    write(parsed, letters);
    letters.forEach(CompletableFuture::join);
    // Behind all that came before them, and before the offset is committed: the last one has no
    // successor.
    ticks.forEach(watermarks::tick);
    for (TopicPartition partition : records.partitions()) {
      marks.handled(partition.partition(), records.records(partition).getLast().offset());
    }
    marks.raise();
    long now = time.millis();
    for (Parsed done : parsed) {
      visible.record(Duration.ofMillis(Math.max(0, now - done.event().timestamp())));
    }
  }

  // In live work the header means nothing: nobody's event may move the clock.
  private Optional<Long> tick(ConsumerRecord<byte[], byte[]> event) throws MalformedEventException {
    String tick = clock == Clock.TICKS ? EventHeaders.text(event.headers(), EventHeaders.TICK) : "";
    if (tick.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(tick));
    } catch (NumberFormatException e) {
      throw new MalformedEventException("the header tick is no number of microseconds");
    }
  }

  private void write(List<Parsed> parsed, List<CompletableFuture<?>> letters) {
    try {
      writer.apply(parsed.stream().flatMap(event -> event.inputs().stream()).toList());
      accepted.increment(parsed.size());
    } catch (RuntimeException e) {
      if (!Poison.isOne(e)) {
        throw e;
      }
      if (parsed.size() == 1) {
        LOG.error("an event cannot be written", e);
        letters.add(
            refused(parsed.getFirst().event(), "the event cannot be written: " + Poison.why(e)));
        return;
      }
      // One of them is at fault: alone, each goes its own way.
      parsed.forEach(one -> write(List.of(one), letters));
    }
  }

  /** The whole event goes to dead letters: nothing of it is written. */
  private CompletableFuture<?> refused(ConsumerRecord<byte[], byte[]> event, String reason) {
    marks.rejected(event.partition(), event.offset());
    return letter(event, reason);
  }

  private CompletableFuture<?> letter(ConsumerRecord<byte[], byte[]> event, String reason) {
    rejected.increment();
    DeadLetter.Builder letter =
        DeadLetter.newBuilder()
            .setId(event.topic() + "-" + event.partition() + "-" + event.offset())
            .setPart("refresher")
            .setTopic(event.topic())
            .setPartition(event.partition())
            .setOffset(event.offset())
            .setReason(reason)
            .setAttempts(1)
            .setAtMicros(time.millis() * 1_000)
            .setReplayTopic(event.topic());
    if (event.key() != null) {
      letter.setKey(ByteString.copyFrom(event.key()));
    }
    if (event.value() != null) {
      letter.setValue(ByteString.copyFrom(event.value()));
    }
    for (Header header : event.headers()) {
      if (header.value() != null) {
        letter.addHeaders(
            ValueEntry.newBuilder()
                .setKey(header.key())
                .setValue(
                    Value.newBuilder()
                        .setText(new String(header.value(), StandardCharsets.UTF_8))));
      }
    }
    return deadLetters.send(letter.build()).toCompletableFuture();
  }

  @Override
  public void polled(Consumer<byte[], byte[]> consumer) {
    marks.polled(consumer);
    if (clock == Clock.WALL) {
      watermarks.polled(consumer);
    }
  }
}
