package dev.attune.dispatcher.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.platform.kafka.CommitPace;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PromptCommitsTest {
  private static final byte[] NOTHING = {};

  private final MockProcessorContext<Void, Void> context = new MockProcessorContext<>();
  private final PromptCommits commits =
      new PromptCommits(new CommitPace.OfThreads(PromptCommits.TICK));
  private long now = 1_800_000_000_000L;

  @BeforeEach
  void open() {
    commits.init(context);
  }

  @Test
  void rendered_isCommittedAtTheNextTick_once() {
    render(5);
    assertThat(context.committed()).isFalse();
    tick();
    assertThat(context.committed()).isTrue();
    context.resetCommit();
    tick();
    assertThat(context.committed()).as("nothing was rendered since").isFalse();
  }

  @Test
  void lateCauses_areCommittedMoreSeldom() {
    assertThat(ticksUntilCommit(5)).isEqualTo(1);
    ticksUntilCommit(80);
    assertThat(ticksUntilCommit(80)).isEqualTo(2);
    ticksUntilCommit(240);
    assertThat(ticksUntilCommit(240)).isEqualTo(6);
  }

  private int ticksUntilCommit(long millisLate) {
    context.resetCommit();
    int ticks = 0;
    while (!context.committed()) {
      assertThat(++ticks).isLessThan(100);
      render(millisLate);
      tick();
    }
    return ticks;
  }

  private void render(long millisLate) {
    context.setCurrentSystemTimeMs(now);
    context.setCurrentStreamTimeMs(now - millisLate);
    commits.process(new Record<>(NOTHING, NOTHING, now));
  }

  private void tick() {
    now += PromptCommits.TICK.toMillis();
    context.scheduledPunctuators().stream()
        .filter(punctuator -> punctuator.getType() == PunctuationType.WALL_CLOCK_TIME)
        .forEach(punctuator -> punctuator.getPunctuator().punctuate(now));
  }
}
