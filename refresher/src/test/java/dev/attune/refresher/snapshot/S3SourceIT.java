package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.model.FileSource;
import dev.attune.refresher.lease.TestLeases;
import dev.attune.testkit.S3Backend;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose files are objects of S3: as on this machine, and nothing is left of the copies. */
class S3SourceIT {
  private static final S3Backend S3 = S3Backend.shared();
  private static final String DAY = "2026-11-01T00:00:00Z";

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: "s3://BUCKET/out/part-*.csv", format: csv}
      key: {namespace: user_id, column: customer_id}
      traits: {plan: plan}
      """;

  private static final String MARKED = MODEL.replace("format:", "marker: _SUCCESS, format:");

  private static final String LISTED =
      MODEL.replace("files: \"s3://BUCKET/out/part-*.csv\"", "manifest: s3://BUCKET/out/m.json");

  @TempDir Path directory;
  private Bench bench;
  private S3Bench s3;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    bench.s3 = S3Bench.settings(S3.endpoint(), 100);
    s3 = new S3Bench(S3);
  }

  @AfterEach
  void nothingIsLeft() {
    s3.close();
    assertThat(bench.state.resolve("tmp")).isEmptyDirectory();
  }

  private void twoParts() {
    s3.put("out/part-0.csv", "customer_id,plan\n1,free\n");
    s3.put("out/part-1.csv", "customer_id,plan\n2,pro\n");
  }

  private String files(String key, String format) {
    return s3.in(MODEL).replace("out/part-*.csv\", format: csv", key + "\", format: " + format);
  }

  private CheckOutcome check(String model) {
    return bench
        .refresher()
        .check(Bench.model(s3.in(model)), bench.catalog, Duration.ofSeconds(30));
  }

  private String refused(String model) {
    String reason = bench.refused(s3.in(model));
    assertThat(check(model)).isEqualTo(new CheckOutcome.Refused(reason));
    assertThat(bench.inputs).isEmpty();
    return reason;
  }

  @Test
  void eachFormat_isRead() throws Exception {
    String rows = "select * from (values ('1', 'free'), ('2', 'pro')) t(customer_id, plan)";
    for (String format : List.of("parquet", "csv", "json")) {
      s3.put("one." + format, bench.write("one." + format, rows, DAY));
      assertThat(bench.done(files("one." + format, format)).rows()).as(format).isEqualTo(2);
    }
    var zipped = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(zipped)) {
      gzip.write("customer_id,plan\n1,free\n2,max\n".getBytes(StandardCharsets.UTF_8));
    }
    s3.put("two.csv.gz", zipped.toByteArray());
    bench.inputs.clear();
    assertThat(bench.done(files("two.csv.gz", "csv")).rows()).isEqualTo(2);
    assertThat(bench.fact("user_id:2/plan").getValue().getText()).isEqualTo("max");
  }

  @Test
  void glob_matchesAsOnThisMachine() {
    s3.put("out/", "");
    s3.put("out/dt=1/part-0.csv", "customer_id,plan\n1,free\n");
    s3.put("out/dt=2/part-1.csv", "customer_id,plan\n2,pro\n");
    s3.put("out/dt=2/part-1.csv.bak", "no table");
    s3.put("out/dt=2/more/part-2.csv", "customer_id,plan\n3,pro\n");
    s3.put("out/dt=2/more/part [3]*.csv", "customer_id,plan\n4,pro\n");

    assertThat(bench.done(files("out/dt=*/part-?.csv", "csv")).rows()).isEqualTo(2);
    assertThat(bench.done(files("out/**.csv", "csv")).rows()).isEqualTo(4);
    assertThat(bench.done(files("out/dt={1,3}/*.csv", "csv")).rows()).isEqualTo(1);
    assertThat(bench.done(files("out/dt=2/part-1.csv", "csv")).rows()).isEqualTo(1);
    bench.inputs.clear();
    assertThat(refused(files("out/part-*.csv", "csv")))
        .isEqualTo("no file matches s3://" + s3.bucket + "/out/part-*.csv");
    assertThat(refused(files("out/dt=2/part-1", "csv")))
        .isEqualTo("there is no file s3://" + s3.bucket + "/out/dt=2/part-1");
  }

  @Test
  void marker_saysThatTheExportIsWhole() {
    twoParts();
    assertThat(refused(MARKED))
        .isEqualTo(
            "part-0.csv has no marker _SUCCESS: the export has not ended (expected: in its folder,"
                + " or in one above it up to s3://"
                + s3.bucket
                + "/out)");
    s3.put("_SUCCESS", "");
    assertThat(refused(MARKED)).startsWith("part-0.csv has no marker _SUCCESS");
    s3.delete("_SUCCESS");

    s3.put("out/_SUCCESS", "");
    assertThat(bench.done(s3.in(MARKED)).rows()).isEqualTo(2);
    bench.inputs.clear();

    // The next export begins to write over the last one.
    s3.putAfter("out/_SUCCESS", "out/part-1.csv", "customer_id,plan\n2,max\n");
    assertThat(refused(MARKED)).startsWith("part-1.csv is newer than its marker _SUCCESS");
    s3.putAfter("out/part-1.csv", "out/_SUCCESS", "");
    assertThat(bench.done(s3.in(MARKED)).written()).isEqualTo(1);
  }

  @Test
  void manifest_saysWhichObjectsAreRead() {
    twoParts();
    s3.put("out/part-9.csv", "customer_id,plan\n9,left over\n");
    assertThat(refused(LISTED))
        .startsWith("there is no manifest s3://" + s3.bucket + "/out/m.json: the export has not");
    s3.put("out/m.json", "{\"files\": [\"part-0.csv\"");
    assertThat(refused(LISTED)).isEqualTo("m.json is no manifest: it is not whole, or not JSON");
    s3.put("out/m.json", "{\"files\": [\"part-0.csv\", \"part-7.csv\"]}");
    assertThat(refused(LISTED)).isEqualTo("there is no file s3://" + s3.bucket + "/out/part-7.csv");
    s3.put("out/m.json", "{\"files\": [{\"path\": \"part-0.csv\", \"size\": 999}]}");
    assertThat(refused(LISTED)).startsWith("m.json says that part-0.csv has 999 bytes");
    for (String elsewhere : new String[] {"s3://other/out/part-0.csv", "/part-0.csv", "../x.csv"}) {
      s3.put("out/m.json", "{\"files\": [\"" + elsewhere + "\"]}");
      assertThat(refused(LISTED))
          .startsWith("m.json lists what is not a file below its own folder");
    }

    s3.put("out/m.json", "{\"files\": [\"part-0.csv\", {\"path\": \"part-1.csv\", \"size\": 23}]}");
    assertThat(bench.done(s3.in(LISTED)).rows()).isEqualTo(2);
    // As Redshift's UNLOAD writes it.
    s3.put(
        "out/m.json",
        s3.in(
            "{\"entries\": [{\"url\": \"s3://BUCKET/out/part-1.csv\", \"meta\": {\"content_length\":"
                + " 23}}]}"));
    bench.inputs.clear();
    assertThat(bench.done(s3.in(LISTED)).rows()).isEqualTo(1);
  }

  private void loadAfter(String model, Runnable change) throws Exception {
    FileSource source = (FileSource) Bench.model(s3.in(model)).source();
    var settings = RefreshSettings.defaults(bench.data, bench.state).withS3(bench.s3);
    try (DuckDb db = DuckDb.open(settings, bench.state.resolve("tmp/x"))) {
      var names = new ColumnNames(List.of("customer_id", "plan"), Set.of());
      Origin origin =
          S3Origin.open(
              db, source, s3.bucket, new S3Access(bench.s3, Duration.ZERO), names, Progress.NONE);
      change.run();
      origin.load(Map.of(), Origin.ALL);
    }
  }

  @Test
  void objectThatIsOverwrittenOrDeletedAfterItWasListed_isRefused() throws Exception {
    twoParts();
    s3.put("out/_SUCCESS", "");
    loadAfter(MARKED, () -> {});
    // The same number of bytes.
    assertThatThrownBy(
            () -> loadAfter(MARKED, () -> s3.put("out/part-1.csv", "customer_id,plan\n2,max\n")))
        .isInstanceOf(RefusedException.class)
        .hasMessageEndingWith("part-1.csv was changed while it was read; refresh again");
    s3.putAfter("out/part-1.csv", "out/_SUCCESS", "");
    assertThatThrownBy(() -> loadAfter(MARKED, () -> s3.put("out/_SUCCESS", "again")))
        .isInstanceOf(RefusedException.class)
        .hasMessage("_SUCCESS was changed while it was read; refresh again");
    assertThatThrownBy(() -> loadAfter(MARKED, () -> s3.delete("out/part-0.csv")))
        .isInstanceOf(RefusedException.class)
        .hasMessageEndingWith("part-0.csv was changed while it was read; refresh again");
  }

  @Test
  void brokenObject_isRefusedAsABrokenFileIs() throws Exception {
    Path whole = bench.write("p.parquet", "select '1' as customer_id, 'free' as plan", DAY);
    byte[] bytes = Files.readAllBytes(whole);
    s3.put("p.parquet", Arrays.copyOf(bytes, bytes.length - 3));
    assertThat(refused(files("p.parquet", "parquet")))
        .isEqualTo("p.parquet is not a whole Parquet file: its end is missing, it was cut off");
    s3.put("out/part-0.csv", "id,plan\n1,free\n");
    assertThat(refused(MODEL)).startsWith("part-0.csv has no column \"customer_id\"");
  }

  @Test
  void credentialsThatAreMissingOrWrong_areSaidAndNotShown() throws Exception {
    twoParts();
    s3.credentials(S3Backend.ACCESS_KEY_ID, "hunter2");
    assertThat(refused(MODEL))
        .isEqualTo(
            "S3 at "
                + S3.endpoint()
                + " does not take the credentials (403 SignatureDoesNotMatch)");
    s3.credentials("AKIANOBODY", "hunter2");
    assertThat(refused(MODEL)).endsWith("does not take the credentials (403 InvalidAccessKeyId)");
    s3.withoutCredentials();
    assertThat(refused(MODEL))
        .isEqualTo(
            "no credentials for S3 were found (allowed: AWS_ACCESS_KEY_ID with"
                + " AWS_SECRET_ACCESS_KEY, a profile, a web identity, or the machine's role)");

    Path profile =
        Files.writeString(
            directory.resolve("credentials"),
            "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
                .formatted(S3Backend.ACCESS_KEY_ID, S3Backend.SECRET_ACCESS_KEY));
    System.setProperty("aws.sharedCredentialsFile", profile.toString());
    assertThat(bench.done(s3.in(MODEL)).rows()).isEqualTo(2);
  }

  @Test
  void bucketThatIsNotThere_isSaid() {
    assertThat(refused(MODEL.replace("BUCKET", "nobodys-bucket")))
        .isEqualTo("there is no bucket nobodys-bucket in S3 at " + S3.endpoint());
  }

  @Test
  void objectsThatDoNotFitTheDisk_areNotCopied() {
    s3.put("out/part-0.csv", "customer_id,plan\n1," + "x".repeat(700_000) + "\n");
    s3.put("out/part-1.csv", "customer_id,plan\n2," + "x".repeat(700_000) + "\n");
    bench.s3 = S3Bench.settings(S3.endpoint(), 1);
    assertThat(refused(MODEL))
        .isEqualTo(
            "part-0.csv and 1 more of s3://"
                + s3.bucket
                + ": 2 MB to be copied (allowed: 1 MB, by s3.disk_megabytes of the config)");
  }

  @Test
  void check_readsOneObject_andSaysHowManyThereAre() {
    twoParts();
    s3.put("out/part-2.csv", "this is no table of customers");
    assertThat(check(MODEL)).isEqualTo(new CheckOutcome.Ready("part-0.csv and 2 more", 2));
    assertThat(bench.inputs).isEmpty();
  }

  // As with files of this machine: what will have been applied is kept before the first row is.
  @Test
  void runThatWasKilled_goesOnWithoutTheObjects() {
    twoParts();
    bench.chunkRows = 1;
    bench.killAfter = 1;
    assertThatThrownBy(() -> bench.refresh(s3.in(MODEL))).isInstanceOf(Bench.KilledError.class);
    bench.killAfter = Integer.MAX_VALUE;
    s3.delete("out/part-0.csv");
    s3.delete("out/part-1.csv");

    Bench.done(bench.again(s3.in(MODEL), RefreshOptions.NONE, Progress.NONE));
    assertThat(bench.folded()).containsOnlyKeys("user_id:1/plan", "user_id:2/plan");
  }

  @Test
  void copiesThatAKilledProcessLeft_areDeletedByTheNext() throws Exception {
    Path left = bench.state.resolve("tmp/customers~check/objects/0/part-0.csv");
    Files.createDirectories(left.resolveSibling(""));
    Files.writeString(left, "customer_id,plan\n1,free\n");
    bench.refresher().deleteLeftovers(TestLeases.alone(bench.state));
    assertThat(left).doesNotExist();

    twoParts();
    assertThat(bench.done(s3.in(MODEL)).rows()).isEqualTo(2);
  }

  @Test
  void events_areSentOnce() {
    String events =
        s3.in(
            """
            name: purchases
            kind: events
            source: {files: "s3://BUCKET/orders-*.json", format: json}
            event: {user_id: who, name: Order Completed, time: at, properties: {total: total}}
            """);
    s3.put("orders-0.json", "{\"who\": \"1\", \"at\": \"2026-01-02\", \"total\": 3.5}\n");
    s3.put("orders-1.json", "{\"who\": \"2\", \"at\": \"2026-01-03\", \"total\": 1}\n");
    assertThat(bench.done(events).written()).isEqualTo(2);
    assertThat(bench.done(events).written()).isZero();
    assertThat(bench.sent).hasSize(2);
  }
}
