package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.attune.core.profile.ProfileInput;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.refresher.lease.Leases;
import dev.attune.refresher.lease.TestLeases;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run of a process that is suspended, or killed for real, and this process beside it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class LeasedProcessesIT {
  private static final int ROWS = 1_500;

  /** Of RefreshSettings. */
  private static final int CHUNK = 500;

  @TempDir Path directory;
  private final List<ProfileInput> inputs = new CopyOnWriteArrayList<>();
  private Process child;
  private BufferedReader words;

  /** A process that has written one chunk of its run, and is about to write the second. */
  @BeforeEach
  void start() throws Exception {
    StringBuilder rows = new StringBuilder("id,plan\n");
    IntStream.range(0, ROWS).forEach(i -> rows.append(i).append(",free\n"));
    Files.writeString(directory.resolve("customers.csv"), rows);
    child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                KilledRun.class.getName(),
                directory.toString())
            .redirectError(directory.resolve("child.log").toFile())
            .start();
    words = child.inputReader();
    chunk();
    pass(1);
    chunk();
  }

  @AfterEach
  void stop() throws Exception {
    child.destroyForcibly();
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("it dies within 30 s").isTrue();
  }

  private void chunk() throws IOException {
    assertThat(words.readLine()).as("see child.log").isEqualTo("chunk");
  }

  private void pass(int chunks) throws IOException {
    child.getOutputStream().write(new byte[chunks]);
    child.getOutputStream().flush();
  }

  private void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(child.pid())).start();
    assertThat(kill.waitFor(30, TimeUnit.SECONDS)).as("kill ends within 30 s").isTrue();
    assertThat(kill.exitValue()).isZero();
  }

  private Refreshes refreshes(Leases leases) {
    return RefreshesTest.refreshes(
        directory,
        inputs::addAll,
        new SimpleMeterRegistry(),
        DefinitionsSource.fixed(RefreshesTest.definitions()),
        List.of(),
        leases,
        InstantSource.system());
  }

  private Path state() {
    return directory.resolve("state");
  }

  /** What counts of the state, by file. */
  private Map<String, String> published() throws IOException {
    Map<String, String> published = new TreeMap<>();
    for (String folder : List.of("models/customers/state", "runs", "models/customers")) {
      try (var files = Files.list(state().resolve(folder))) {
        for (Path file : files.toList()) {
          String name = String.valueOf(file.getFileName());
          // Signs of life and counts of acknowledged rows may come from everybody.
          if (Files.isRegularFile(file)
              && !name.startsWith("beat-")
              && !name.startsWith("written-")) {
            published.put(
                folder + "/" + name, String.valueOf(Arrays.hashCode(Files.readAllBytes(file))));
          }
        }
      }
    }
    return published;
  }

  private static Run ended(Refreshes refreshes, String id) throws InterruptedException {
    Run run = refreshes.await(id, Duration.ofSeconds(60)).orElseThrow();
    assertThat(run.state()).as(run.message()).isEqualTo(Run.State.DONE);
    return run;
  }

  private List<String> written() {
    return inputs.stream().map(input -> input.via().value()).toList();
  }

  @Test
  void processThatIsAlive_keepsItsRun() throws Exception {
    Leases leases = Leases.open(state(), InstantSource.system());
    try (var refreshes = refreshes(leases)) {
      refreshes.start();
      StartResult result = refreshes.start("customers");
      assertThat(result).isInstanceOf(StartResult.Held.class);
      StartResult.Held held = (StartResult.Held) result;
      assertThat(held.holder().holder()).endsWith(":" + child.pid());
      assertThat(held.run().orElseThrow().state()).isEqualTo(Run.State.WRITING);
      pass(2);
      chunk();
      assertThat(words.readLine()).isEqualTo("done after 1 starts");
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("it ends within 30 s").isTrue();
      assertThat(inputs).isEmpty();
      assertThat(refreshes.start("customers")).isInstanceOf(StartResult.Started.class);
    }
  }

  @Test
  void processThatIsKilled_isTakenOverAtOnce() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/ns/pid")), "only Linux can tell that it is dead");
    child.destroyForcibly();
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("it dies within 30 s").isTrue();
    Files.delete(directory.resolve("customers.csv"));

    Leases leases = Leases.open(state(), InstantSource.system());
    try (var refreshes = refreshes(leases)) {
      Run left = refreshes.list().getFirst();
      // Once: nothing is waited for.
      refreshes.takeOver();
      assertThat(ended(refreshes, left.id()).starts()).isEqualTo(2);
      assertThat(written())
          .isEqualTo(IntStream.range(CHUNK, ROWS).mapToObj(String::valueOf).toList());
    }
  }

  @Test
  void processThatIsSuspended_isTakenOver_andStopsItselfWhenItGoesOn() throws Exception {
    assumeTrue(Files.exists(Path.of("/bin/kill")) || Files.exists(Path.of("/usr/bin/kill")));
    signal("STOP");
    TestLeases leases = TestLeases.on(state(), "this");
    try (var refreshes = refreshes(leases.leases())) {
      Run left = refreshes.list().getFirst();
      for (int look = 0; look < 6; look++) {
        refreshes.takeOver();
        leases.pass(Duration.ofSeconds(5));
        assertThat(refreshes.get(left.id()).orElseThrow().starts())
            .as("it may be alive")
            .isEqualTo(1);
      }
      refreshes.takeOver();
      assertThat(ended(refreshes, left.id()).starts()).isEqualTo(2);
      // And one more, which changes every row again.
      Files.writeString(
          directory.resolve("customers.csv"),
          Files.readString(directory.resolve("customers.csv")).replace("free", "pro"));
      StartResult next = refreshes.start("customers");
      assertThat(next).isInstanceOf(StartResult.Started.class);
      ended(refreshes, ((StartResult.Started) next).run().id());
      Map<String, String> published = published();

      signal("CONT");
      pass(2);
      // Its second chunk is late; there is no third one.
      assertThat(words.readLine()).as("see child.log").isEqualTo("done after 2 starts");
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("it ends within 30 s").isTrue();
      assertThat(Files.readAllLines(directory.resolve("written.log"))).hasSize(2 * CHUNK);
      assertThat(Files.readString(directory.resolve("child.log")))
          .containsPattern(
              "the lease of the model customers was taken over by this:7 at \\S+; this process had"
                  + " not renewed it for [0-9]+ s");
      assertThat(published()).isEqualTo(published);
    }
  }
}
