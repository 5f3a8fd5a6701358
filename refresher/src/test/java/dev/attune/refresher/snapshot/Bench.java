package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.forbidden.Masking;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.TestLeases;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.errors.TimeoutException;

/** A data root, a state directory and two ends that remember what came to them. */
final class Bench {
  static final String CATALOG_YAML =
      """
      namespaces:
        user_id: {unique: true, blocked: [unknown]}
        email: {max: 5, normalise: lower}
        anonymous_id: {max: 50}
      traits:
        plan: {type: string}
        total: {type: number}
        orders: {type: integer}
        active: {type: boolean}
        born: {type: date}
        seen: {type: timestamp}
        tags: {type: list}
        address: {type: object}
        diagnosis: {type: string}
        gtin: {type: string}
        blood: {type: string}
      """;

  static final Catalog CATALOG = catalog(CATALOG_YAML);

  /** The log's side. */
  record Sent(String key, String json) {}

  final Path data;
  final Path state;
  final List<ProfileInput> inputs = new ArrayList<>();
  final List<DeadLetter> letters = new ArrayList<>();
  final List<Sent> sent = new ArrayList<>();
  final List<String> log = new ArrayList<>();
  final Map<String, String> environment = new HashMap<>();
  int chunkRows = 500;
  double badRowShareMax = 0.05;
  S3Settings s3 = S3Settings.DEFAULT;
  Duration patience = Duration.ofSeconds(10);

  Catalog catalog = CATALOG;

  /** Inputs that are taken before the store fails. */
  long inputsUntilFailure = Long.MAX_VALUE;

  /** Writes until the process is killed right before or right after one. */
  int killAfter = Integer.MAX_VALUE;

  boolean killBefore;

  /** Nobody catches it. */
  static final class KilledError extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** What happens right before a chunk reaches the store, or an event the log. */
  Runnable beforeWrite = () -> {};

  /** Events that the log takes before the process is killed. */
  long killAfterSent = Long.MAX_VALUE;

  /** Writes that the store, or the log, answers with a passing fault. */
  int faults;

  private int runs;

  Bench(Path directory) throws Exception {
    data = Files.createDirectories(directory.resolve("data"));
    state = directory.resolve("state");
  }

  Refresher refresher() {
    return new Refresher(
        batch -> {
          beforeWrite.run();
          if (faults > 0) {
            faults--;
            throw new StoreException(StoreException.Kind.UNAVAILABLE, "away for a moment");
          }
          if (inputsUntilFailure < batch.size()) {
            throw new IllegalStateException("the store is away");
          }
          boolean kill = --killAfter < 0;
          if (kill && killBefore) {
            throw new KilledError();
          }
          inputsUntilFailure -= batch.size();
          inputs.addAll(batch);
          if (kill) {
            throw new KilledError();
          }
        },
        new HistoricalEvents() {
          @Override
          public CompletionStage<?> send(String key, byte[] segmentJson) {
            beforeWrite.run();
            if (faults > 0) {
              faults--;
              return CompletableFuture.failedFuture(new TimeoutException("away for a moment"));
            }
            String json = new String(segmentJson, StandardCharsets.UTF_8);
            if (sent.size() >= killAfterSent) {
              throw new KilledError();
            }
            sent.add(new Sent(key, json));
            log.add(json);
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public CompletionStage<?> tick(Instant time) {
            log.add("tick " + time);
            return CompletableFuture.completedFuture(null);
          }
        },
        letter -> {
          letters.add(letter);
          return CompletableFuture.completedFuture(null);
        },
        new RefreshSettings(
            data,
            state,
            data.resolveSibling("drivers"),
            s3,
            128,
            1,
            badRowShareMax,
            chunkRows,
            100,
            Duration.ofSeconds(10),
            patience),
        environment::get,
        InstantSource.fixed(Instant.parse("2026-11-21T00:00:00Z")),
        List.of(),
        new Masking(new SimpleMeterRegistry()));
  }

  static Catalog catalog(String yaml) {
    return Catalog.parse(Yaml.parse("catalog.yaml", yaml));
  }

  static ModelDefinition model(String yaml) {
    return ModelDefinition.parse(Yaml.parse("models/m.yaml", yaml), CATALOG);
  }

  RefreshOutcome refresh(String yaml) {
    return refresh(yaml, RefreshOptions.NONE);
  }

  RefreshOutcome refresh(String yaml, RefreshOptions options) {
    return refresh(yaml, options, Progress.NONE);
  }

  RefreshOutcome refresh(String yaml, RefreshOptions options, Progress progress) {
    runs++;
    return again(yaml, options, progress);
  }

  /** Calls the last run once more, as after a stop or a kill. */
  RefreshOutcome again(String yaml, RefreshOptions options, Progress progress) {
    ModelDefinition model = model(yaml);
    // Not closed by an error: a process that is killed gives nothing back.
    Lease lease = TestLeases.acquired(TestLeases.alone(state), model.name());
    RefreshOutcome outcome;
    try {
      outcome = again(model, options, progress, lease);
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
    lease.close();
    return outcome;
  }

  /** As {@link #refresh(String)}, with a lease that stays open. */
  RefreshOutcome refresh(String yaml, Progress progress, Lease lease) {
    runs++;
    return again(model(yaml), RefreshOptions.NONE, progress, lease);
  }

  /** As {@link #again(String, RefreshOptions, Progress)}, with a lease that stays open. */
  RefreshOutcome again(
      ModelDefinition model, RefreshOptions options, Progress progress, Lease lease) {
    return refresher().refresh(model, catalog, "run-" + runs, options, progress, lease);
  }

  /** What there is of a model besides the word on what counts. */
  List<String> kept(String model) throws IOException {
    try (var files = Files.list(state.resolve("models").resolve(model))) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> !file.equals("state"))
          .sorted()
          .toList();
    }
  }

  /** The epoch of the next run's lease. */
  long nextEpoch(String model) {
    try (Lease lease = TestLeases.acquired(TestLeases.alone(state), model)) {
      // Giving it back takes a number too.
      return lease.epoch() + 2;
    }
  }

  /** Leaves what was applied as a version without leases did; answers its file. */
  Path unleased(String model) throws IOException {
    Path applied = stateFile(model, "rows/applied");
    Path before = Files.move(applied, applied.resolveSibling("applied.parquet"));
    DuckDb.delete(state.resolve("models").resolve(model).resolve("state"));
    return before;
  }

  /** The file that a name of a model's state stands for, e.g. {@code rows/applied}. */
  Path stateFile(String model, String name) {
    try (Lease lease = TestLeases.acquired(TestLeases.alone(state), model)) {
      return state
          .resolve("models")
          .resolve(model)
          .resolve(lease.state().getOrDefault(name, "none"));
    }
  }

  RefreshOutcome loadUntil(String yaml, Instant until) {
    return refresher().loadUntil((EventsModel) model(yaml), catalog, until, Progress.NONE);
  }

  RefreshOutcome.Done done(String yaml) {
    return done(refresh(yaml));
  }

  static RefreshOutcome.Done done(RefreshOutcome outcome) {
    return switch (outcome) {
      case RefreshOutcome.Done done -> done;
      case RefreshOutcome.Refused refused -> throw new AssertionError(refused.reason());
      case RefreshOutcome.Compared _, RefreshOutcome.Stopped _, RefreshOutcome.Overtaken _ ->
          throw new AssertionError("not done: " + outcome);
    };
  }

  static RefreshOutcome.Compared compared(RefreshOutcome outcome) {
    if (outcome instanceof RefreshOutcome.Compared compared) {
      return compared;
    }
    throw new AssertionError("not compared: " + outcome);
  }

  String refused(String yaml) {
    return refused(refresh(yaml));
  }

  static String refused(RefreshOutcome outcome) {
    return switch (outcome) {
      case RefreshOutcome.Refused refused -> refused.reason();
      case RefreshOutcome.Done _,
          RefreshOutcome.Compared _,
          RefreshOutcome.Stopped _,
          RefreshOutcome.Overtaken _ ->
          throw new AssertionError("not refused: " + outcome);
    };
  }

  /** Writes a query's result to a file of the data root, as of a time. */
  Path write(String file, String query, String modified) {
    Path path = data.resolve(file);
    String options =
        file.endsWith(".parquet")
            ? "format parquet"
            : file.endsWith(".json") ? "format json" : "format csv, header";
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement()) {
      statement.execute("set TimeZone = 'UTC'");
      statement.execute("copy (" + query + ") to '" + path + "' (" + options + ")");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    return touched(path, modified);
  }

  Path text(String file, String content, String modified) throws Exception {
    return touched(Files.writeString(data.resolve(file), content), modified);
  }

  private static Path touched(Path path, String modified) {
    try {
      return Files.setLastModifiedTime(path, FileTime.from(Instant.parse(modified)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What the inputs fold to: {@code user_id:1/plan} to the winning fact. */
  Map<String, Fact> folded() {
    Map<String, FactSet> people = new TreeMap<>();
    for (ProfileInput input : inputs) {
      people
          .computeIfAbsent(input.via().namespace() + ":" + input.via().value(), _ -> new FactSet())
          .addAll(input.facts());
    }
    Map<String, Fact> folded = new TreeMap<>();
    people.forEach(
        (person, facts) ->
            facts.all().forEach(fact -> folded.put(person + "/" + fact.getTrait(), fact)));
    return folded;
  }

  /** As {@link #folded}, with the data times of snapshots and without their runs. */
  Map<String, Fact> foldedOfAnyRun() {
    Map<String, Fact> folded = folded();
    folded.replaceAll(
        (_, fact) ->
            fact.hasSnapshot()
                ? fact.toBuilder().setSnapshot(fact.getSnapshot().toBuilder().clearRunId()).build()
                : fact);
    return folded;
  }

  /** The fact of {@code user_id:1/plan}. */
  Fact fact(String key) {
    return at(folded(), key);
  }

  static Fact at(Map<String, Fact> facts, String key) {
    Fact fact = facts.get(key);
    if (fact == null) {
      throw new AssertionError("no fact " + key + " among " + facts.keySet());
    }
    return fact;
  }

  List<Link> links() {
    return inputs.stream().flatMap(input -> input.links().stream()).distinct().toList();
  }

  static long micros(String time) {
    return Instant.parse(time).toEpochMilli() * 1_000;
  }
}
