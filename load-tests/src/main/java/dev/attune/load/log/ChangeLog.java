package dev.attune.load.log;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.standalone.terminal.Progress;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/** The log of changed profiles from its beginning: what has come to have an effect. */
public final class ChangeLog {
  private ChangeLog() {}

  /**
   * Tells every event that caused a change, up to what is in the log now; one that was told again
   * comes again.
   */
  public static void events(KafkaSettings kafka, Progress progress, Consumer<Event> events) {
    changes(
        kafka,
        progress,
        (changed, _) -> {
          for (Cause cause : changed.getCausesList()) {
            if (cause.hasEvent()) {
              events.accept(cause.getEvent());
            }
          }
        });
  }

  /**
   * Tells every change of a profile, up to what is in the log now, with the time at which it was
   * written, in milliseconds.
   */
  public static void changes(
      KafkaSettings kafka, Progress progress, ObjLongConsumer<Changed> changes) {
    TopicReader.read(
        kafka,
        kafka.topics().profileChanges(),
        progress,
        record -> {
          try {
            ProfileChange change = ProfileChange.parseFrom(record.value());
            if (change.hasChanged()) {
              changes.accept(change.getChanged(), record.timestamp());
            }
          } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the log of changes holds what is no change", e);
          }
        });
  }
}
