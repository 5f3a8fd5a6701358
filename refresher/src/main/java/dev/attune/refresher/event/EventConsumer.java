package dev.attune.refresher.event;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.refresher.consume.BatchConsumer;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;

/** Consumers of {@code attune.events}. */
public final class EventConsumer {
  private EventConsumer() {}

  /** One consumer of the group; each has watermarks of its own partitions. */
  public static BatchConsumer create(
      KafkaSettings settings,
      String name,
      ProfileWriter writer,
      KafkaChanges changes,
      HandledMarks marks,
      Admin admin,
      Supplier<Definitions> definitions,
      DeadLetters deadLetters,
      Clock clock,
      Masking masking,
      MeterRegistry meters) {
    InstantSource time = InstantSource.system();
    return new BatchConsumer(
        settings,
        settings.topics().events(),
        settings.topics().group("refresher"),
        name,
        new EventHandler(
            writer,
            definitions,
            deadLetters,
            new Watermarks(changes, admin, time),
            marks,
            clock,
            time,
            masking,
            meters));
  }
}
