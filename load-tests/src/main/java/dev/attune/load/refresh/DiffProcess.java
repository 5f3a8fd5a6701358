package dev.attune.load.refresh;

import dev.attune.core.definition.Definitions;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.log.Logs;
import dev.attune.proto.v1.Definition;
import dev.attune.refresher.lease.Attempt;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.Leases;
import dev.attune.refresher.snapshot.HistoricalEvents;
import dev.attune.refresher.snapshot.Progress;
import dev.attune.refresher.snapshot.RefreshOptions;
import dev.attune.refresher.snapshot.RefreshOutcome;
import dev.attune.refresher.snapshot.RefreshSettings;
import dev.attune.refresher.snapshot.Refresher;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The warehouse's way without a store behind it, in a process of its own: it reads a table,
 * compares it with what was applied last, keeps it, and gives its rows to nobody. Each line that
 * comes refreshes once; the answer is {@code rows R written W micros M}, where what was written is
 * what differed.
 */
final class DiffProcess {
  private static final HistoricalEvents NO_EVENTS =
      new HistoricalEvents() {
        @Override
        public CompletionStage<?> send(String key, byte[] segmentJson) {
          throw new IllegalStateException("a profiles model sends no events");
        }

        @Override
        public CompletionStage<?> tick(Instant time) {
          throw new IllegalStateException("a profiles model sends no ticks");
        }
      };

  private DiffProcess() {}

  /** Arguments: the table's file, its rows, a folder for the state. */
  public static void main(String[] arguments) throws IOException {
    // Standard output is for its answers.
    Logs.toFile(Path.of(arguments[0] + ".log"));
    var table = new WarehouseTable(Path.of(arguments[0]), Long.parseLong(arguments[1]));
    Path folder = Objects.requireNonNull(table.file().getParent());
    Definitions definitions =
        Definitions.parse(
            List.of(
                definition("catalog", "catalog", WarehouseTable.catalog("")),
                definition("model", "table", table.model())));
    AtomicLong given = new AtomicLong();
    var refresher =
        new Refresher(
            inputs -> given.addAndGet(inputs.size()),
            NO_EVENTS,
            letter -> CompletableFuture.failedFuture(new IllegalStateException(letter.getReason())),
            RefreshSettings.defaults(folder, Path.of(arguments[2])),
            InstantSource.system(),
            List.of(),
            new Masking(new SimpleMeterRegistry()));
    Leases leases = Leases.open(Path.of(arguments[2]), InstantSource.system());
    System.out.println("ready 1");
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int run = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      given.set(0);
      long began = System.nanoTime();
      if (!(leases.acquire("table") instanceof Attempt.Acquired acquired)) {
        throw new IllegalStateException("the folder for the state is in use");
      }
      RefreshOutcome outcome;
      try (Lease lease = acquired.lease()) {
        outcome =
            refresher.refresh(
                Objects.requireNonNull(definitions.models().get("table")),
                definitions.catalog(),
                "run-" + run++,
                RefreshOptions.NONE,
                Progress.NONE,
                lease);
      }
      if (!(outcome instanceof RefreshOutcome.Done done)) {
        throw new IllegalStateException("the refresh came to " + outcome);
      }
      System.out.println(
          "rows "
              + done.rows()
              + " written "
              + given.get()
              + " micros "
              + (System.nanoTime() - began) / 1_000);
    }
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setYaml(yaml)
        .setPath(id + ".yaml")
        .build();
  }
}
