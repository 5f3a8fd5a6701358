package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileInput;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.refresher.pace.Follower;
import dev.attune.refresher.snapshot.ProfileInputs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs in the middle of which something happens: others fall behind, an edit, a full disk. */
class TroubledRunsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int ROWS = 1_200;

  @TempDir Path directory;
  private final Gate gate = new Gate();
  private final AtomicReference<Definitions> definitions =
      new AtomicReference<>(RefreshesTest.definitions());
  private volatile Duration behind = Duration.ZERO;

  @BeforeEach
  void files() throws Exception {
    StringBuilder rows = new StringBuilder("id,plan,tier\n");
    for (int i = 0; i < ROWS; i++) {
      rows.append(i).append(",free,gold\n");
    }
    Files.writeString(directory.resolve("customers.csv"), rows);
  }

  /** Lets chunks through one by one. */
  private static final class Gate implements ProfileInputs {
    final List<ProfileInput> written = Collections.synchronizedList(new ArrayList<>());
    private final Semaphore arrived = new Semaphore(0);
    private final Semaphore passes = new Semaphore(0);

    @Override
    public void write(List<ProfileInput> chunk) {
      arrived.release();
      try {
        assertThat(passes.tryAcquire(30, TimeUnit.SECONDS)).as("it may pass in 30 s").isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      written.addAll(chunk);
    }

    void awaitChunk() throws InterruptedException {
      assertThat(arrived.tryAcquire(30, TimeUnit.SECONDS)).as("a chunk comes in 30 s").isTrue();
    }

    void pass(int chunks) {
      passes.release(chunks);
    }
  }

  private Refreshes refreshes() {
    return RefreshesTest.refreshes(
        directory,
        gate,
        new SimpleMeterRegistry(),
        new DefinitionsSource() {
          @Override
          public Definitions current() {
            return definitions.get();
          }

          @Override
          public long position() {
            return Long.MAX_VALUE;
          }

          @Override
          public void onChange(Consumer<Definitions> listener) {}
        },
        List.of(
            new Follower() {
              @Override
              public String name() {
                return "the evaluator";
              }

              @Override
              public Duration behind() {
                return behind;
              }
            }));
  }

  private static Run started(StartResult result) {
    assertThat(result).isInstanceOf(StartResult.Started.class);
    return ((StartResult.Started) result).run();
  }

  private static Run ended(Refreshes refreshes, String id) throws InterruptedException {
    Run run = refreshes.await(id, DEADLINE).orElseThrow();
    assertThat(run.state().ended()).as("it ends: " + run.state()).isTrue();
    return run;
  }

  private static String get(HttpServer server, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                  .timeout(DEADLINE)
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void runThatIsSlowed_saysWhy_untilItNoLongerIs() throws Exception {
    try (var refreshes = refreshes();
        HttpServer server =
            HttpServer.start(
                HttpServerConfig.onPort(0), List.of(new RefreshHttp(refreshes)::routes))) {
      behind = Duration.ofSeconds(40);
      String path = "/v1/refreshes/" + started(refreshes.start("customers")).id();
      gate.awaitChunk();
      assertThat(get(server, path)).contains("\"writing\"").doesNotContain("slowed");
      gate.pass(1);
      gate.awaitChunk();
      assertThat(get(server, path)).contains("\"slowed\":\"the evaluator is 40 s behind\"");

      behind = Duration.ZERO;
      gate.pass(1);
      gate.awaitChunk();
      assertThat(get(server, path)).contains("\"writing\"").doesNotContain("slowed");
      gate.pass(1);
      ended(refreshes, path.substring(path.lastIndexOf('/') + 1));
    }
  }

  @Test
  void modelThatIsEditedWhileItRuns_isAppliedAsItWas_andAnewByTheNextRun() throws Exception {
    try (var refreshes = refreshes()) {
      Run run = started(refreshes.start("customers"));
      gate.awaitChunk();
      definitions.set(RefreshesTest.definitionsOfTiers());
      gate.pass(100);
      assertThat(ended(refreshes, run.id()).state()).isEqualTo(Run.State.DONE);
      assertThat(gate.written)
          .hasSize(ROWS)
          .allSatisfy(
              input -> assertThat(input.facts().getFirst().getValue().getText()).isEqualTo("free"));

      gate.written.clear();
      assertThat(ended(refreshes, started(refreshes.start("customers")).id()).written())
          .isEqualTo(ROWS);
      assertThat(gate.written)
          .hasSize(ROWS)
          .allSatisfy(
              input -> assertThat(input.facts().getFirst().getValue().getText()).isEqualTo("gold"));
    }
  }

  @Test
  void modelThatIsTakenAwayWhileItRuns_isLoadedToItsEnd() throws Exception {
    try (var refreshes = refreshes()) {
      Run run = started(refreshes.start("customers"));
      gate.awaitChunk();
      definitions.set(Definitions.NONE);
      gate.pass(100);
      assertThat(ended(refreshes, run.id()).state()).isEqualTo(Run.State.DONE);
      assertThat(refreshes.start("customers")).isInstanceOf(StartResult.UnknownModel.class);
    }
  }

  @Test
  void endThatCannotBeKept_isAnEndAllTheSame() throws Exception {
    try (var refreshes = refreshes()) {
      Run run = started(refreshes.start("customers"));
      gate.awaitChunk();
      // Where the file would be written stands a folder: no disk is needed that is full.
      try (var files = Files.list(directory.resolve("state/runs"))) {
        String file = files.findFirst().orElseThrow().toString();
        Files.createDirectories(Path.of(file.replace(".json", ".part"), "x"));
      }
      gate.pass(100);
      assertThat(ended(refreshes, run.id()).state()).isEqualTo(Run.State.DONE);
      assertThat(refreshes.start("customers")).isInstanceOf(StartResult.Started.class);
    }
  }
}
