package dev.attune.refresher.event;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Sources;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileInput;
import dev.attune.platform.forbidden.Masking;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What records of {@code attune.events} say. */
public final class EventReader {
  private final Masking masking;
  private final Schemas schemas;

  public EventReader(Masking masking, MeterRegistry meters) {
    this.masking = masking;
    this.schemas = new Schemas(meters);
  }

  /**
   * Reads a record.
   *
   * @throws MalformedEventException when it is to go to dead letters
   */
  EventInputs.Result read(ConsumerRecord<byte[], byte[]> record, Definitions inForce)
      throws MalformedEventException {
    SegmentEvent event = parse(record, inForce.catalog());
    schemas.check(event, inForce);
    return EventInputs.of(event, origin(record, false), inForce.catalog());
  }

  /**
   * Reads a record that has been, or will be, taken as news by somebody else.
   *
   * @param names of the events that are wanted
   * @return what it says, marked as told again; nothing of other events and of what is refused
   */
  public List<ProfileInput> again(
      ConsumerRecord<byte[], byte[]> record, Definitions inForce, Set<String> names) {
    if (record.value() == null || record.value().length == 0) {
      return List.of();
    }
    try {
      SegmentEvent event = parse(record, inForce.catalog());
      if (!names.contains(event.name()) || schemas.refuses(event, inForce)) {
        return List.of();
      }
      return EventInputs.of(event, origin(record, true), inForce.catalog()).inputs();
    } catch (MalformedEventException e) {
      return List.of();
    }
  }

  private SegmentEvent parse(ConsumerRecord<byte[], byte[]> record, Catalog catalog)
      throws MalformedEventException {
    if (record.value() == null) {
      throw new MalformedEventException("the event is empty");
    }
    return SegmentEvent.of(
        masking.json(SegmentEvent.read(record.value()), catalog.forbidden(), Masking.Place.EVENTS),
        "log-" + record.partition() + "-" + record.offset());
  }

  private static EventInputs.Origin origin(ConsumerRecord<byte[], byte[]> record, boolean replayed)
      throws MalformedEventException {
    return new EventInputs.Origin(
        record.timestamp() * 1_000,
        record.headers().lastHeader(EventHeaders.HISTORICAL) != null,
        replayed,
        EventHeaders.text(record.headers(), EventHeaders.TRACEPARENT),
        source(record));
  }

  private static String source(ConsumerRecord<byte[], byte[]> record)
      throws MalformedEventException {
    String writeKey = EventHeaders.text(record.headers(), EventHeaders.WRITE_KEY);
    if (!writeKey.isEmpty() && !Sources.isName(writeKey)) {
      throw new MalformedEventException(
          "the header write-key is no name (allowed: a-z, 0-9, _, . and -, at most 64)");
    }
    return Sources.events(writeKey);
  }
}
