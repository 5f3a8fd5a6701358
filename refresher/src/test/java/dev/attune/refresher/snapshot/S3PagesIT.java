package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.testkit.S3Backend;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More objects than S3 tells of at once. */
class S3PagesIT {
  private static final S3Backend S3 = S3Backend.shared();
  private static final int OBJECTS = 1_010;

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: "s3://BUCKET/out/part-*.csv", format: csv}
      key: {namespace: user_id, column: customer_id}
      traits: {plan: plan}
      """;

  @TempDir Path directory;

  @Test
  void moreObjectsThanOnePage_areAllRead() throws Exception {
    Bench bench = new Bench(directory);
    bench.s3 = S3Bench.settings(S3.endpoint(), 100);
    try (S3Bench s3 = new S3Bench(S3);
        var workers = Executors.newFixedThreadPool(8)) {
      for (var put :
          workers.invokeAll(
              IntStream.range(0, OBJECTS)
                  .mapToObj(
                      i ->
                          Executors.callable(
                              () ->
                                  s3.put(
                                      "out/part-" + i + ".csv", "customer_id,plan\n" + i + ",x\n")))
                  .toList())) {
        put.get();
      }
      assertThat(bench.done(s3.in(MODEL)).rows()).isEqualTo(OBJECTS);
      assertThat(bench.folded()).hasSize(OBJECTS);
    }
  }
}
