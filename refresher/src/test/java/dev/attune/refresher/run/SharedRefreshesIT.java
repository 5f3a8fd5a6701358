package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.core.profile.ProfileInput;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.refresher.lease.TestLeases;
import dev.attune.refresher.snapshot.ProfileInputs;
import dev.attune.refresher.snapshot.RefreshOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two machines with one state directory: what each says and does while the other runs a model. */
class SharedRefreshesIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int ROWS = 1_200;

  /** Of RefreshSettings. */
  private static final int CHUNK = 500;

  @TempDir Path directory;
  private Machine one;
  private Machine two;

  /** Remembers who was written; each chunk waits until it is let pass. */
  private static final class Gate implements ProfileInputs {
    final List<String> written = Collections.synchronizedList(new ArrayList<>());
    final Semaphore reached = new Semaphore(0);
    final Semaphore open = new Semaphore(0);

    @Override
    public void write(List<ProfileInput> chunk) {
      reached.release();
      // A store does not end a write either because somebody wishes it.
      open.acquireUninterruptibly();
      chunk.forEach(input -> written.add(input.via().value()));
    }

    void awaitChunk() throws InterruptedException {
      assertThat(reached.tryAcquire(30, TimeUnit.SECONDS)).as("it writes within 30 s").isTrue();
    }
  }

  /** A refresher of its own. */
  private final class Machine {
    final Gate gate = new Gate();
    final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    final TestLeases leases;
    final Refreshes refreshes;

    Machine(String host, Instant now) {
      leases = TestLeases.on(directory.resolve("state"), host);
      refreshes =
          RefreshesTest.refreshes(
              directory,
              gate,
              metrics,
              DefinitionsSource.fixed(RefreshesTest.definitions("schedule: {every: 6h}\n")),
              List.of(),
              leases.leases(),
              InstantSource.fixed(now));
    }

    void pass(int chunks) {
      gate.open.release(chunks);
    }

    Run ended(String id) throws InterruptedException {
      Run run = refreshes.await(id, DEADLINE).orElseThrow();
      assertThat(run.state().ended()).as("it ends: " + run.state()).isTrue();
      return run;
    }
  }

  @BeforeEach
  void machines() throws Exception {
    StringBuilder rows = new StringBuilder("id,plan\n");
    for (int i = 0; i < ROWS; i++) {
      rows.append(i).append(",free\n");
    }
    Files.writeString(directory.resolve("customers.csv"), rows);
    one = new Machine("one", TestLeases.NOW);
    // Its clock is an hour behind.
    two = new Machine("two", TestLeases.NOW.minus(Duration.ofHours(1)));
  }

  @AfterEach
  void close() {
    one.pass(100);
    two.pass(100);
    one.refreshes.close();
    two.refreshes.close();
  }

  private static Run started(StartResult result) {
    assertThat(result).isInstanceOf(StartResult.Started.class);
    return ((StartResult.Started) result).run();
  }

  private record Answer(int status, JsonNode body) {}

  private static Answer post(HttpServer server, String path, String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                  .timeout(DEADLINE)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), new ObjectMapper().readTree(response.body()));
    }
  }

  @Test
  void modelThatRunsElsewhere_isRefused_andItsRunIsShown() throws Exception {
    var request = new Request("customers", RefreshOptions.NONE, "airflow-1");
    Run run = started(one.refreshes.start(request));
    one.gate.awaitChunk();
    try (HttpServer server =
        HttpServer.start(
            HttpServerConfig.onPort(0), List.of(new RefreshHttp(two.refreshes)::routes))) {
      Answer again = post(server, "/v1/refreshes", "{\"model\": \"customers\"}");
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.body().get("code").textValue()).isEqualTo("held_elsewhere");
      assertThat(again.body().get("message").textValue())
          .isEqualTo(
              "the run "
                  + run.id()
                  + " of that model is under way in another process, one:7 since"
                  + " 2026-11-21T00:00:00Z; if that is dead, its lease ends within a minute");

      Answer pause = post(server, "/v1/refreshes/" + run.id() + "/pause", "{}");
      assertThat(pause.status()).isEqualTo(409);
      assertThat(pause.body().get("message").textValue())
          .isEqualTo(
              "the run is writing in another process, one:7 since 2026-11-21T00:00:00Z; ask that"
                  + " one");
    }
    assertThat(two.refreshes.get(run.id()).orElseThrow().state()).isEqualTo(Run.State.WRITING);
    // The same request, asked of the other machine.
    assertThat(two.refreshes.start(request)).isInstanceOf(StartResult.Known.class);
    // As a schedule would, which only waits.
    try (var schedules =
        new Schedules(
            DefinitionsSource.fixed(RefreshesTest.definitions("schedule: {every: 6h}\n")),
            two.refreshes,
            () -> TestLeases.NOW)) {
      schedules.tick();
      schedules.tick();
    }
    assertThat(two.refreshes.list()).extracting(Run::id).containsExactly(run.id());

    one.pass(3);
    assertThat(one.ended(run.id()).state()).isEqualTo(Run.State.DONE);
    assertThat(two.refreshes.get(run.id()).orElseThrow().state()).isEqualTo(Run.State.DONE);
    assertThat(two.gate.written).isEmpty();
  }

  // What its clock says would be the id of an older run.
  @Test
  void runsOfBothMachines_haveIdsThatGrow() throws Exception {
    one.pass(100);
    two.pass(100);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Machine machine = i % 2 == 0 ? one : two;
      String id = started(machine.refreshes.start("customers")).id();
      assertThat(machine.ended(id).state()).isEqualTo(Run.State.DONE);
      ids.add(id);
    }
    assertThat(ids).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void runOfAMachineThatIsAway_isTakenOver_andThatOneStopsWhenItIsBack() throws Exception {
    Run run = started(one.refreshes.start("customers"));
    one.gate.awaitChunk();
    one.pass(1);
    // The first chunk is acknowledged, and the second on its way when the machine goes away.
    one.gate.awaitChunk();
    for (int look = 0; look < 6; look++) {
      two.refreshes.takeOver();
      assertThat(two.refreshes.get(run.id()).orElseThrow().starts())
          .as("it may be alive")
          .isEqualTo(1);
      two.leases.pass(Duration.ofSeconds(5));
    }
    two.pass(100);
    two.refreshes.takeOver();
    Run done = two.ended(run.id());
    assertThat(done.state()).isEqualTo(Run.State.DONE);
    assertThat(done.starts()).isEqualTo(2);
    assertThat(done.written()).isEqualTo(ROWS);
    assertThat(two.gate.written).as("from the checkpoint on").hasSize(ROWS - CHUNK);

    one.pass(100);
    Run seen = one.ended(run.id());
    assertThat(seen).as("what the other one says counts").isEqualTo(done);
    assertThat(one.gate.written).as("a chunk came late, and no other one").hasSize(2 * CHUNK);
    assertThat(
            one.metrics
                .counter("attune.refresh.runs", "model", "customers", "outcome", "overtaken")
                .count())
        .isEqualTo(1);
    assertThat(one.refreshes.start("customers")).isInstanceOf(StartResult.Started.class);
  }

  // Asked before anybody looked whether a run was left behind.
  @Test
  void requestThatFindsADeadRun_goesOnWithItFirst() throws Exception {
    Run run = started(one.refreshes.start("customers"));
    one.gate.awaitChunk();
    for (int look = 0; look < 6; look++) {
      assertThat(two.refreshes.start("customers")).isInstanceOf(StartResult.Held.class);
      two.leases.pass(Duration.ofSeconds(5));
    }
    two.pass(100);
    assertThat(two.refreshes.start("customers")).isInstanceOf(StartResult.AlreadyRunning.class);
    assertThat(two.ended(run.id()).state()).isEqualTo(Run.State.DONE);
  }

  @Test
  void runThatIsPausedHere_isResumedThere() throws Exception {
    Run run = started(one.refreshes.start("customers"));
    one.gate.awaitChunk();
    one.refreshes.pause(run.id());
    one.pass(1);
    assertThat(one.refreshes.await(run.id(), DEADLINE).orElseThrow().state())
        .isEqualTo(Run.State.PAUSED);

    two.refreshes.takeOver();
    assertThat(two.refreshes.start("customers")).isInstanceOf(StartResult.AlreadyRunning.class);
    assertThat(two.refreshes.resume(run.id())).isInstanceOf(SteerResult.Taken.class);
    two.gate.awaitChunk();
    assertThat(one.refreshes.resume(run.id())).isInstanceOf(SteerResult.NotNow.class);
    assertThat(one.refreshes.cancel(run.id())).isInstanceOf(SteerResult.Elsewhere.class);
    two.pass(100);
    assertThat(two.ended(run.id()).state()).isEqualTo(Run.State.DONE);
    assertThat(two.gate.written).hasSize(ROWS - CHUNK);
    assertThat(one.refreshes.get(run.id()).orElseThrow().state()).isEqualTo(Run.State.DONE);
  }

  // Of a run that was forgotten meanwhile: whoever was overtaken says it late.
  @Test
  void wordOfAnOlderRun_isNoRunThatHasNotEnded() throws Exception {
    one.pass(100);
    String id = started(one.refreshes.start("customers")).id();
    assertThat(one.ended(id).state()).isEqualTo(Run.State.DONE);
    new RunFiles(directory.resolve("state/runs"))
        .keep(
            new RunFiles.Kept(
                Run.planned("customers-1", Request.of("customers"), "profiles", Instant.EPOCH), 1));
    two.refreshes.takeOver();
    assertThat(two.refreshes.get("customers-1").orElseThrow().starts()).isEqualTo(1);
    two.pass(100);
    Run next = started(two.refreshes.start("customers"));
    assertThat(two.ended(next.id()).state()).isEqualTo(Run.State.DONE);
  }
}
