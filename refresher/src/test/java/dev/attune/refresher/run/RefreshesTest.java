package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.forbidden.Masking;
import dev.attune.proto.v1.Definition;
import dev.attune.refresher.lease.Leases;
import dev.attune.refresher.pace.Follower;
import dev.attune.refresher.snapshot.Differences;
import dev.attune.refresher.snapshot.HistoricalEvents;
import dev.attune.refresher.snapshot.ProfileInputs;
import dev.attune.refresher.snapshot.RefreshSettings;
import dev.attune.refresher.snapshot.Refresher;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefreshesTest {
  private static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

  @BeforeEach
  void files() throws Exception {
    Files.writeString(directory.resolve("customers.csv"), "id,plan\n1,free\n2,pro\n3,pro\n");
    Files.writeString(directory.resolve("broken.csv"), "plan\nfree\n");
  }

  static Definitions definitions() {
    return definitions("");
  }

  /** With more lines for the model of the customers. */
  static Definitions definitions(String more) {
    return Definitions.parse(
        List.of(
            definition(
                "catalog",
                "catalog",
                "namespaces: {user_id: {unique: true}}\ntraits: {plan: {type: string}}"),
            definition("model", "customers", model("customers") + more),
            definition("model", "broken", model("broken"))));
  }

  /** The customers' plan comes from another column. */
  static Definitions definitionsOfTiers() {
    return Definitions.parse(
        List.of(
            definition(
                "catalog",
                "catalog",
                "namespaces: {user_id: {unique: true}}\ntraits: {plan: {type: string}}"),
            definition(
                "model",
                "customers",
                model("customers").replace("traits: {plan: plan}", "traits: {plan: tier}"))));
  }

  private static String model(String name) {
    return "name: %1$s\nkind: profiles\nsource: {files: %1$s.csv, format: csv}\nkey: {namespace: user_id, column: id}\ntraits: {plan: plan}\n"
        .formatted(name);
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(kind + "/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  static Refreshes refreshes(Path directory, ProfileInputs inputs, SimpleMeterRegistry metrics) {
    return refreshes(directory, inputs, metrics, DefinitionsSource.fixed(definitions()), List.of());
  }

  static Refreshes refreshes(
      Path directory,
      ProfileInputs inputs,
      SimpleMeterRegistry metrics,
      DefinitionsSource definitions,
      List<Follower> followers) {
    return refreshes(
        directory,
        inputs,
        metrics,
        definitions,
        followers,
        Leases.open(directory.resolve("state"), InstantSource.fixed(NOW)),
        InstantSource.fixed(NOW));
  }

  static Refreshes refreshes(
      Path directory,
      ProfileInputs inputs,
      SimpleMeterRegistry metrics,
      DefinitionsSource definitions,
      List<Follower> followers,
      Leases leases,
      InstantSource clock) {
    var events =
        new HistoricalEvents() {
          @Override
          public CompletionStage<?> send(String key, byte[] segmentJson) {
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public CompletionStage<?> tick(Instant time) {
            return CompletableFuture.completedFuture(null);
          }
        };
    var refresher =
        new Refresher(
            inputs,
            events,
            _ -> CompletableFuture.completedFuture(null),
            RefreshSettings.defaults(directory, directory.resolve("state")),
            InstantSource.fixed(NOW),
            followers,
            new Masking(metrics));
    return new Refreshes(
        definitions,
        refresher,
        new RunFiles(directory.resolve("state/runs")),
        leases,
        clock,
        metrics);
  }

  private static Run started(StartResult result) {
    return switch (result) {
      case StartResult.Started started -> started.run();
      case StartResult.Known _,
          StartResult.KeyReused _,
          StartResult.AlreadyRunning _,
          StartResult.Held _,
          StartResult.UnknownModel _ ->
          throw new AssertionError(result.toString());
    };
  }

  @Test
  void run_isFollowedToItsEnd() throws Exception {
    try (var refreshes = refreshes(directory, _ -> {}, metrics)) {
      Run begun = started(refreshes.start("customers"));
      assertThat(begun.state()).isEqualTo(Run.State.PLANNED);

      Run ended = refreshes.await(begun.id(), DEADLINE).orElseThrow();

      assertThat(ended)
          .isEqualTo(
              new Run(
                  begun.id(),
                  Request.of("customers"),
                  "profiles",
                  Run.State.DONE,
                  NOW,
                  Optional.of(NOW),
                  new Run.Figures(3, 3, 3, 0, new Differences.Rows(3, 0, 0, 0)),
                  List.of(),
                  Optional.empty(),
                  1,
                  ""));
      assertThat(
              metrics
                  .counter("attune.refresh.runs", "model", "customers", "outcome", "done")
                  .count())
          .isEqualTo(1);

      Run second = started(refreshes.start("customers"));
      assertThat(refreshes.await(second.id(), DEADLINE).orElseThrow().written()).isZero();
      assertThat(refreshes.list()).extracting(Run::id).containsExactly(second.id(), begun.id());
    }
  }

  @Test
  void refusedRun_saysWhy() throws Exception {
    try (var refreshes = refreshes(directory, _ -> {}, metrics)) {
      Run ended = refreshes.await(started(refreshes.start("broken")).id(), DEADLINE).orElseThrow();

      assertThat(ended.state()).isEqualTo(Run.State.REFUSED);
      assertThat(ended.message()).isEqualTo("broken.csv has no column \"id\" (present: plan)");
    }
  }

  @Test
  void failedRun_canBeStartedAgain() throws Exception {
    ProfileInputs away =
        _ -> {
          throw new IllegalStateException("the store is away");
        };
    try (var refreshes = refreshes(directory, away, metrics)) {
      Run ended =
          refreshes.await(started(refreshes.start("customers")).id(), DEADLINE).orElseThrow();

      assertThat(ended.state()).isEqualTo(Run.State.FAILED);
      assertThat(ended.message()).isEqualTo("the store is away");
    }
    try (var refreshes = refreshes(directory, _ -> {}, metrics)) {
      Run ended =
          refreshes.await(started(refreshes.start("customers")).id(), DEADLINE).orElseThrow();
      assertThat(ended.written()).isEqualTo(3);
    }
  }

  @Test
  void unknownModel_isAnsweredWithTheNearest() {
    try (var refreshes = refreshes(directory, _ -> {}, metrics)) {
      assertThat(refreshes.start("custmers"))
          .isEqualTo(
              new StartResult.UnknownModel(
                  "there is no model of that name; did you mean \"customers\"?"));
    }
  }

  @Test
  void oneRunOfAModelAtATime_andCloseEndsIt() throws Exception {
    var writing = new CountDownLatch(1);
    var held = new CountDownLatch(1);
    ProfileInputs slow =
        _ -> {
          writing.countDown();
          try {
            held.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
          }
        };
    var refreshes = refreshes(directory, slow, metrics);
    Run run = started(refreshes.start("customers"));
    assertThat(writing.await(30, TimeUnit.SECONDS)).as("the run writes within 30 s").isTrue();

    assertThat(refreshes.start("customers")).isInstanceOf(StartResult.AlreadyRunning.class);
    Run now = refreshes.get(run.id()).orElseThrow();
    assertThat(now.state()).isEqualTo(Run.State.WRITING);
    assertThat(now.total()).isEqualTo(3);

    refreshes.close();
    assertThat(refreshes.get(run.id()).orElseThrow().state()).isEqualTo(Run.State.WRITING);
  }
}
