package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.ProfileInput;
import dev.attune.refresher.snapshot.ProfileInputs;
import dev.attune.refresher.snapshot.RefreshOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that are paused, resumed, cancelled, remembered, and gone on with after a restart. */
class SteeringTest {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int ROWS = 1_200;

  /** Of RefreshSettings. */
  private static final int CHUNK = 500;

  @TempDir Path directory;

  @BeforeEach
  void files() throws Exception {
    StringBuilder rows = new StringBuilder("id,plan\n");
    for (int i = 0; i < ROWS; i++) {
      rows.append(i).append(",free\n");
    }
    Files.writeString(directory.resolve("customers.csv"), rows);
    Files.writeString(directory.resolve("broken.csv"), "plan\nfree\n");
  }

  /** Remembers who was written, and holds the first chunk until it is told to go on. */
  private static final class Gate implements ProfileInputs {
    final List<String> written = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch reached = new CountDownLatch(1);
    final CountDownLatch open = new CountDownLatch(1);

    @Override
    public void write(List<ProfileInput> chunk) {
      reached.countDown();
      try {
        assertThat(open.await(30, TimeUnit.SECONDS)).as("the gate opens within 30 s").isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      chunk.forEach(input -> written.add(input.via().value()));
    }
  }

  private Refreshes refreshes(ProfileInputs inputs) {
    return RefreshesTest.refreshes(directory, inputs, new SimpleMeterRegistry());
  }

  private static Run started(StartResult result) {
    assertThat(result).isInstanceOf(StartResult.Started.class);
    return ((StartResult.Started) result).run();
  }

  private static Run ended(Refreshes refreshes, String id) throws InterruptedException {
    return refreshes.await(id, DEADLINE).orElseThrow();
  }

  private static void reached(Gate gate) throws InterruptedException {
    assertThat(gate.reached.await(30, TimeUnit.SECONDS)).as("it writes within 30 s").isTrue();
  }

  @Test
  void pausedRun_stopsAfterItsChunkAndIsResumedThere() throws Exception {
    var gate = new Gate();
    try (var refreshes = refreshes(gate)) {
      Run run = started(refreshes.start("customers"));
      reached(gate);
      assertThat(refreshes.pause(run.id())).isInstanceOf(SteerResult.Taken.class);
      gate.open.countDown();

      Run paused = ended(refreshes, run.id());
      assertThat(paused.state()).isEqualTo(Run.State.PAUSED);
      assertThat(paused.written()).isEqualTo(CHUNK);
      assertThat(gate.written).hasSize(CHUNK);
      assertThat(refreshes.start("customers")).isInstanceOf(StartResult.AlreadyRunning.class);

      assertThat(refreshes.resume(run.id())).isInstanceOf(SteerResult.Taken.class);
      Run done = ended(refreshes, run.id());
      assertThat(done.state()).isEqualTo(Run.State.DONE);
      assertThat(done.figures()).isEqualTo(paused.figures().withWritten(ROWS));
      assertThat(done.starts()).isEqualTo(2);
      assertThat(gate.written).hasSize(ROWS).doesNotHaveDuplicates();
      assertThat(refreshes.resume(run.id())).isInstanceOf(SteerResult.NotNow.class);
      assertThat(refreshes.pause(run.id())).isInstanceOf(SteerResult.NotNow.class);
      assertThat(refreshes.cancel("none")).isInstanceOf(SteerResult.Unknown.class);
    }
  }

  @Test
  void pausedRun_isStillPausedAfterARestart_andCanBeCancelled() throws Exception {
    var gate = new Gate();
    String id;
    try (var refreshes = refreshes(gate)) {
      id = started(refreshes.start("customers")).id();
      reached(gate);
      refreshes.pause(id);
      gate.open.countDown();
      ended(refreshes, id);
    }
    try (var refreshes = refreshes(gate)) {
      refreshes.start();
      assertThat(refreshes.get(id).orElseThrow().state()).isEqualTo(Run.State.PAUSED);
      refreshes.cancel(id);
      Run cancelled = refreshes.get(id).orElseThrow();
      assertThat(cancelled.state()).isEqualTo(Run.State.FAILED);
      assertThat(cancelled.message()).startsWith("it was cancelled");
      // The next run takes up what is missing, and what may be.
      assertThat(ended(refreshes, started(refreshes.start("customers")).id()).state())
          .isEqualTo(Run.State.DONE);
      assertThat(gate.written).hasSize(CHUNK + ROWS);
    }
  }

  @Test
  void cancelledRun_endsAfterItsChunk() throws Exception {
    var gate = new Gate();
    try (var refreshes = refreshes(gate)) {
      Run run = started(refreshes.start("customers"));
      reached(gate);
      refreshes.cancel(run.id());
      gate.open.countDown();
      Run ended = ended(refreshes, run.id());
      assertThat(ended.state()).isEqualTo(Run.State.FAILED);
      assertThat(ended.written()).isEqualTo(CHUNK);
    }
  }

  @Test
  void runThatWaitsForAnother_isPausedAtOnce() throws Exception {
    var gate = new Gate();
    try (var refreshes = refreshes(gate)) {
      started(refreshes.start("customers"));
      reached(gate);
      Run waiting = started(refreshes.start("broken"));
      assertThat(waiting.state()).isEqualTo(Run.State.PLANNED);
      refreshes.pause(waiting.id());
      assertThat(ended(refreshes, waiting.id()).state()).isEqualTo(Run.State.PAUSED);
      gate.open.countDown();
      refreshes.resume(waiting.id());
      assertThat(ended(refreshes, waiting.id()).state()).isEqualTo(Run.State.REFUSED);
    }
  }

  @Test
  void runThatTheProcessDidNotLiveToEnd_isGoneOnWith() throws Exception {
    var gate = new Gate();
    var refreshes = refreshes(gate);
    String id = started(refreshes.start("customers")).id();
    reached(gate);
    refreshes.close();
    assertThat(gate.written).isEmpty();

    gate.open.countDown();
    try (var next = refreshes(gate)) {
      assertThat(next.get(id).orElseThrow().state()).isEqualTo(Run.State.WRITING);
      next.start();
      Run done = ended(next, id);
      assertThat(done.state()).isEqualTo(Run.State.DONE);
      assertThat(done.written()).isEqualTo(ROWS);
      assertThat(gate.written).hasSize(ROWS);
    }
    try (var last = refreshes(gate)) {
      last.start();
      assertThat(last.list())
          .singleElement()
          .satisfies(
              run -> {
                assertThat(run.state()).isEqualTo(Run.State.DONE);
                assertThat(run.starts()).isEqualTo(2);
                assertThat(run.figures().kinds().added()).isEqualTo(ROWS);
              });
    }
  }

  @Test
  void runThatNeverEnds_isGivenUp() {
    var files = new RunFiles(directory.resolve("state/runs"));
    Run run = Run.planned("customers-1", Request.of("customers"), "profiles", Instant.EPOCH);
    for (int i = 1; i < Refreshes.STARTS_MAX; i++) {
      run = run.startedAgain();
    }
    files.keep(new RunFiles.Kept(run, 0));
    try (var refreshes = refreshes(_ -> {})) {
      refreshes.start();
      assertThat(refreshes.get("customers-1").orElseThrow().message())
          .isEqualTo("it was begun 20 times and never ended");
    }
  }

  @Test
  void sameKey_isTheSameRun_alsoAfterARestart() throws Exception {
    var request = new Request("customers", RefreshOptions.NONE, "airflow-2026-11-24");
    Run run;
    try (var refreshes = refreshes(_ -> {})) {
      run = started(refreshes.start(request));
      ended(refreshes, run.id());
    }
    try (var refreshes = refreshes(_ -> {})) {
      assertThat(refreshes.start(request))
          .isEqualTo(new StartResult.Known(refreshes.get(run.id()).orElseThrow()));
      var other =
          new Request("customers", new RefreshOptions(false, true, false, ""), request.key());
      assertThat(refreshes.start(other)).isInstanceOf(StartResult.KeyReused.class);
      assertThat(refreshes.list()).hasSize(1);
    }
  }

  // A scheduler repeats a task with the key of its first try.
  @Test
  void sameKeyAfterARefusal_isANewTry() throws Exception {
    var request = new Request("broken", RefreshOptions.NONE, "airflow-2026-11-24");
    try (var refreshes = refreshes(_ -> {})) {
      Run refused = started(refreshes.start(request));
      assertThat(ended(refreshes, refused.id()).state()).isEqualTo(Run.State.REFUSED);
      Files.writeString(directory.resolve("broken.csv"), "id,plan\n1,free\n");
      Run mended = started(refreshes.start(request));
      assertThat(ended(refreshes, mended.id()).state()).isEqualTo(Run.State.DONE);
      assertThat(refreshes.start(request)).isInstanceOf(StartResult.Known.class);
    }
  }

  @Test
  void unreadableRunFile_isLeftOut() throws Exception {
    Files.createDirectories(directory.resolve("state/runs"));
    Files.writeString(directory.resolve("state/runs/broken-1.json"), "{\"id\": \"broken-1\"");
    try (var refreshes = refreshes(_ -> {})) {
      assertThat(refreshes.list()).isEmpty();
    }
  }
}
