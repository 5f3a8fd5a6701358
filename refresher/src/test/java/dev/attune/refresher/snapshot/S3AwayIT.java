package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.testkit.Await;
import dev.attune.testkit.S3Backend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An S3 that is killed while objects are copied, hangs, or is not there at all. */
class S3AwayIT {
  private static final Duration BACK_MAX = Duration.ofMinutes(2);
  private static final int LINES = 40;

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: "s3://BUCKET/big.csv", format: csv}
      key: {namespace: user_id, column: customer_id}
      traits: {plan: plan}
      """;

  @TempDir Path directory;
  private Bench bench;
  private S3Backend backend;
  private S3Bench s3;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    backend = S3Backend.start();
    bench.s3 = S3Bench.settings(backend.endpoint(), 1_000);
    s3 = new S3Bench(backend);
  }

  @AfterEach
  void close() {
    s3.close();
    backend.close();
    assertThat(bench.state.resolve("tmp")).isEmptyDirectory();
  }

  private Path copy() {
    Path tmp = bench.state.resolve("tmp");
    if (!Files.exists(tmp)) {
      return tmp.resolve("x");
    }
    try (var runs = Files.list(tmp)) {
      return runs.map(run -> run.resolve("objects/0/big.csv")).findFirst().orElse(tmp.resolve("x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long bytesOfACopy() {
    try {
      return Files.size(copy());
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void serverThatIsKilledMidway_isWaitedFor() throws Exception {
    var big = new StringBuilder("customer_id,plan,filling\n");
    for (int i = 0; i < LINES; i++) {
      big.append(i).append(",free,").append("x".repeat(1_000_000)).append('\n');
    }
    s3.put("big.csv", big.toString());
    bench.patience = BACK_MAX;

    CompletableFuture<RefreshOutcome> run =
        CompletableFuture.supplyAsync(() -> bench.refresh(s3.in(MODEL)));
    Await.until(BACK_MAX, "nothing is copied", () -> bytesOfACopy() > 0);
    backend.pause();
    long midway = bytesOfACopy();
    backend.kill();
    assertThat(midway).as("bytes that were there before the kill").isLessThan(big.length());
    assertThat(run).as("it waits").isNotDone();

    backend.restart();
    Await.until(
        BACK_MAX,
        "nothing more is copied",
        () -> {
          long bytes = bytesOfACopy();
          // Gone, it was whole and read.
          boolean goesOn = bytes >= midway || !Files.exists(copy());
          assertThat(goesOn).as("from where it was, and not from the beginning").isTrue();
          return bytes != midway;
        });
    assertThat(Bench.done(run.get(BACK_MAX.toSeconds(), TimeUnit.SECONDS)).rows()).isEqualTo(LINES);
    assertThat(bench.inputs).hasSize(LINES);
  }

  @Test
  void serverThatIsAwayOrHangs_failsARunLater_andACheckWithinItsMinute() {
    s3.put("big.csv", "customer_id,plan\n1,free\n");
    bench.patience = Duration.ofMillis(300);
    backend.pause();
    Instant began = Instant.now();
    assertThatThrownBy(this::check)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("S3 at " + backend.endpoint() + " did not answer in time");
    assertThat(Duration.between(began, Instant.now())).isLessThan(Duration.ofSeconds(50));

    backend.kill();
    String away = "S3 at " + backend.endpoint() + " cannot be reached, or broke off";
    assertThatThrownBy(this::check)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(away);
    assertThatThrownBy(() -> bench.refresh(s3.in(MODEL)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(away);

    backend.restart();
    assertThat(check()).isEqualTo(new CheckOutcome.Ready("big.csv", 2));
    assertThat(bench.done(s3.in(MODEL)).rows()).isEqualTo(1);
  }

  private CheckOutcome check() {
    return bench
        .refresher()
        .check(Bench.model(s3.in(MODEL)), bench.catalog, Duration.ofSeconds(40));
  }
}
