package dev.attune.dispatcher.state;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/** Sees to it that every changelog has a record. */
public final class Changelogs {
  private static final Duration SOON = Duration.ofMillis(100);

  private Changelogs() {}

  /**
   * Has a store written once, soon after the start. A store that was never written has no position
   * in its changelog, and under exactly-once Streams then takes the whole task for corrupt at the
   * next start: it throws its other stores away too and reads them again from Kafka.
   *
   * @param write puts something and takes it away again
   * @return to cancel it with, if the stores are closed before
   */
  public static Cancellable begin(ProcessorContext<?, ?> context, Runnable write) {
    AtomicReference<Cancellable> schedule = new AtomicReference<>();
    Cancellable begun =
        context.schedule(
            SOON,
            PunctuationType.WALL_CLOCK_TIME,
            _ -> {
              write.run();
              schedule.get().cancel();
            });
    schedule.set(begun);
    return begun;
  }
}
