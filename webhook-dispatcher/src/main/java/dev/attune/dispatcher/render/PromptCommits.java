package dev.attune.dispatcher.render;

import dev.attune.platform.kafka.CommitPace;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Asks for a commit soon after something was rendered: whoever sends it cannot see it before. Comes
 * behind all renderers of a partition.
 */
public final class PromptCommits implements Processor<byte[], byte[], Void, Void> {
  /** The shortest pause between two commits. */
  public static final Duration TICK = Duration.ofMillis(20);

  private final CommitPace.OfThreads paces;
  private ProcessorContext<Void, Void> context;
  private CommitPace pace;

  @SuppressWarnings("NullAway.Init") // Streams calls init before anything else.
  public PromptCommits(CommitPace.OfThreads paces) {
    this.paces = paces;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    this.context = context;
    pace = paces.mine();
    context.schedule(Instant.EPOCH, TICK, PunctuationType.WALL_CLOCK_TIME, this::look);
  }

  @Override
  public void process(Record<byte[], byte[]> delivery) {
    // The delivery's own time is that of its rendering. This is the newest cause's.
    pace.read(context.currentSystemTimeMs() - context.currentStreamTimeMs());
    pace.wrote();
  }

  private void look(long now) {
    if (pace.isDue(now)) {
      context.commit();
    }
  }
}
