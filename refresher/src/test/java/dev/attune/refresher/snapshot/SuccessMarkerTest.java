package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.core.model.FileSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An export is read when it says that it is whole, and not before. */
class SuccessMarkerTest {
  private static final String BEFORE = "2026-11-01T00:00:00Z";
  private static final String DAY = "2026-11-01T00:10:00Z";
  private static final String AFTER = "2026-11-01T00:20:00Z";

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: "out/*/part-*.csv", marker: _SUCCESS, format: csv}
      key: {namespace: user_id, column: customer_id}
      traits: {plan: plan}
      """;

  private static final String LISTED =
      MODEL.replace("files: \"out/*/part-*.csv\", marker: _SUCCESS", "manifest: out/manifest.json");

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    Files.createDirectories(bench.data.resolve("out/a"));
    Files.createDirectories(bench.data.resolve("out/b"));
    bench.text("out/a/part-0.csv", "customer_id,plan\n1,free\n", DAY);
    bench.text("out/b/part-1.csv", "customer_id,plan\n2,pro\n", DAY);
  }

  private void nothingChanged() throws Exception {
    assertThat(bench.inputs).isEmpty();
    assertThat(bench.kept("customers")).isEmpty();
  }

  @Test
  void withoutMarker_isRefused() throws Exception {
    String refusal =
        "part-0.csv has no marker _SUCCESS: the export has not ended (expected: in its folder, or in"
            + " one above it up to "
            + bench.data.resolve("out")
            + ")";
    assertThat(bench.refused(MODEL)).isEqualTo(refusal);

    // One export of two is whole, or the marker is too far up.
    bench.text("_SUCCESS", "", DAY);
    bench.text("out/b/_SUCCESS", "", DAY);
    assertThat(bench.refused(MODEL)).isEqualTo(refusal);
    nothingChanged();
  }

  @Test
  void markerOfEachFolder_orOfAll_isTaken() throws Exception {
    bench.text("out/a/_SUCCESS", "", DAY);
    bench.text("out/b/_SUCCESS", "", AFTER);
    assertThat(bench.done(MODEL).written()).isEqualTo(2);

    Files.delete(bench.data.resolve("out/a/_SUCCESS"));
    bench.text("out/_SUCCESS", "", DAY);
    assertThat(bench.done(MODEL).rows()).isEqualTo(2);
  }

  // The next export begins to write over the last one, whose marker still lies there.
  @Test
  void fileThatIsNewerThanItsMarker_isRefused() throws Exception {
    bench.text("out/_SUCCESS", "", BEFORE);

    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "part-0.csv is newer than its marker _SUCCESS: an export is being written over the last"
                + " one (allowed: a marker that is written last)");
    nothingChanged();
  }

  @Test
  void markerAmongTheFilesOfAGlob_isNotRead() throws Exception {
    bench.text("out/a/_SUCCESS", "this is not a table", AFTER);
    bench.text("out/b/_SUCCESS", "", AFTER);

    assertThat(bench.done(MODEL.replace("part-*.csv", "*")).rows()).isEqualTo(2);
  }

  @Test
  void markerOfOneFile_liesBesideIt() throws Exception {
    String one = MODEL.replace("out/*/part-*.csv", "out/a/part-0.csv");
    assertThat(bench.refused(one)).startsWith("part-0.csv has no marker _SUCCESS");
    bench.text("out/a/_SUCCESS", "", DAY);
    assertThat(bench.done(one).rows()).isEqualTo(1);
  }

  @Test
  void withoutManifest_orWithABrokenOne_isRefused() throws Exception {
    Path manifest = bench.data.resolve("out/manifest.json");
    assertThat(bench.refused(LISTED))
        .isEqualTo(
            "there is no manifest "
                + manifest
                + ": the export has not ended (expected: a JSON file that lists its files)");

    Files.writeString(manifest, "{\"files\": [\"a/part-0.csv\"");
    assertThat(bench.refused(LISTED))
        .isEqualTo("manifest.json is no manifest: it is not whole, or not JSON");
    Files.writeString(manifest, "{\"files\": []}");
    assertThat(bench.refused(LISTED))
        .isEqualTo(
            "manifest.json lists no files (expected: {\"files\": [\"part-0.parquet\", ...]})");
    for (String outside : new String[] {"../secret.csv", "/etc/passwd", "", "."}) {
      Files.writeString(manifest, "{\"files\": [\"" + outside + "\"]}");
      assertThat(bench.refused(LISTED))
          .isEqualTo(
              "manifest.json lists what is not a file below its own folder (allowed: relative paths)");
    }
    Files.writeString(manifest, "{\"files\": [\"a/part-0.csv\", {\"path\": \"a/part-0.csv\"}]}");
    assertThat(bench.refused(LISTED)).isEqualTo("manifest.json lists part-0.csv twice");
    nothingChanged();
  }

  @Test
  void manifestThatDoesNotFitTheFiles_isRefused() throws Exception {
    Path manifest = bench.data.resolve("out/manifest.json");
    Files.writeString(manifest, "{\"files\": [{\"path\": \"a/part-0.csv\", \"size\": 999}]}");
    assertThat(bench.refused(LISTED))
        .isEqualTo(
            "manifest.json says that part-0.csv has 999 bytes, and it has 24: it is not the file of"
                + " that export");
    Files.writeString(manifest, "{\"files\": [\"a/part-0.csv\", \"a/part-7.csv\"]}");
    assertThat(bench.refused(LISTED)).startsWith("there is no file ").endsWith("part-7.csv");
    nothingChanged();
  }

  @Test
  void manifest_saysWhichFilesAreRead() throws Exception {
    Path manifest = bench.data.resolve("out/manifest.json");
    bench.text("out/a/part-9.csv", "customer_id,plan\n9,left over\n", DAY);
    Files.writeString(
        manifest, "{\"files\": [{\"path\": \"a/part-0.csv\", \"size\": 24}, \"b/part-1.csv\"]}");
    assertThat(bench.done(LISTED).rows()).isEqualTo(2);

    // As Redshift's UNLOAD writes it; the files were fetched beside it.
    bench.text("out/0000_part_00", "customer_id,plan\n3,pro\n", DAY);
    Files.writeString(
        manifest,
        "{\"entries\": [{\"url\": \"s3://bucket/out/0000_part_00\", \"meta\": {\"content_length\":"
            + " 23}}]}");
    assertThat(bench.done(LISTED).rows()).isEqualTo(1);
  }

  @Test
  void markerThatChangesWhileFilesAreRead_isRefused() throws Exception {
    Path marker = bench.text("out/_SUCCESS", "", DAY);
    var tree = new LocalTree(bench.data);
    SourceFiles found = SourceFiles.find((FileSource) Bench.model(MODEL).source(), tree);
    Files.setLastModifiedTime(marker, FileTime.from(Instant.parse(AFTER)));

    assertThat(catchThrowable(() -> found.checkUnchanged(tree)))
        .hasMessage("_SUCCESS was changed while it was read; refresh again");
  }
}
