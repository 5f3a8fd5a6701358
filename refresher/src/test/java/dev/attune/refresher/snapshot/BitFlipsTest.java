package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.Value;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file with one wrong bit is refused in one sentence, or makes bad rows, or, where its format has
 * no checksum that is looked at, is taken for another table; the next good file rights that.
 *
 * <p>{@code -Dattune.seed} repeats a failure, {@code -Dattune.flips} tries so many of each format.
 */
@Timeout(300)
class BitFlipsTest {
  private static final int ROWS = 60;
  private static final String SECRET = "Zq9";
  private static final String TABLE =
      "select 1000 + i as customer_id, '%s-' || hash(i) as plan, i * 7 as orders from range(%d) r(i)"
          .formatted(SECRET, ROWS);

  private final long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());

  @TempDir private Path directory;
  private Bench bench;
  private Instant written = Instant.parse("2026-11-01T00:00:00Z");

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  @Test
  void parquet() throws Exception {
    flip("parquet", "customers.parquet", table("format parquet, compression zstd"), false);
  }

  @Test
  void csv() throws Exception {
    flip("csv", "customers.csv", table("format csv, header"), false);
  }

  @Test
  void json() throws Exception {
    flip("json", "customers.json", table("format json"), false);
  }

  @Test
  void gzip_isNeverTakenForAnotherTable() throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(table("format csv, header"));
    }
    flip("csv", "customers.csv.gz", bytes.toByteArray(), true);
  }

  private byte[] table(String options) throws Exception {
    Path file = directory.resolve("table");
    try (var duckdb = DriverManager.getConnection("jdbc:duckdb:");
        var statement = duckdb.createStatement()) {
      statement.execute("copy (" + TABLE + ") to '" + file + "' (" + options + ")");
    }
    return Files.readAllBytes(file);
  }

  private void flip(String format, String file, byte[] good, boolean sealed) throws Exception {
    String model =
        """
        name: customers
        kind: profiles
        source: {files: %s, format: %s}
        key: {namespace: user_id, column: customer_id}
        traits: {plan: plan, orders: orders}
        """
            .formatted(file, format);
    put(file, good);
    bench.done(model);
    Map<String, Value> right = values();
    assertThat(right).hasSize(2 * ROWS);
    var random = new Random(seed);
    for (int i = 0; i < Integer.getInteger("attune.flips", 12); i++) {
      int bit = random.nextInt(good.length * Byte.SIZE);
      byte[] bad = good.clone();
      bad[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      put(file, bad);
      try {
        refusedOrRighted(model, file, good, right, sealed);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("-Dattune.seed=" + seed + ", bit " + bit + " of " + file, e);
      }
    }
  }

  private void refusedOrRighted(
      String model, String file, byte[] good, Map<String, Value> right, boolean sealed)
      throws Exception {
    int before = bench.inputs.size();
    if (bench.refresh(model) instanceof RefreshOutcome.Refused refused) {
      assertThat(refused.reason()).hasSizeBetween(20, 300).doesNotContain("\n", SECRET);
      assertThat(bench.inputs).hasSize(before);
      assertThat(bench.letters).isEmpty();
      return;
    }
    if (sealed) {
      assertThat(bench.letters).isEmpty();
      assertThat(values()).isEqualTo(right);
    }
    bench.letters.clear();
    put(file, good);
    bench.done(model);
    assertThat(values()).isEqualTo(right);
  }

  /** What everybody has; a cell that is gone is none. */
  private Map<String, Value> values() {
    Map<String, Value> values = new TreeMap<>();
    bench
        .folded()
        .forEach(
            (key, fact) -> {
              if (fact.hasValue()) {
                values.put(key, fact.getValue());
              }
            });
    return values;
  }

  private void put(String file, byte[] bytes) throws Exception {
    written = written.plusSeconds(60);
    Files.setLastModifiedTime(Files.write(bench.data.resolve(file), bytes), FileTime.from(written));
  }
}
