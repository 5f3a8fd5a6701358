package dev.attune.refresher.snapshot;

import dev.attune.core.model.FileSource;
import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows of objects in S3, which are copied into the run's own folder first: so a connection need not
 * live as long as a query, and what was read is known to be what was listed.
 */
final class S3Origin implements Origin {
  /** To look at, an object is taken that has no more bytes than this, if there is one. */
  private static final long SAMPLE_BYTES_MAX = 64L << 20;

  private final DuckDb db;
  private final FileSource source;
  private final S3Access access;
  private final String bucket;
  private final SourceFiles objects;
  private final ColumnNames names;
  private final Progress progress;
  private @Nullable FileOrigin copied;

  private S3Origin(
      DuckDb db,
      FileSource source,
      S3Access access,
      String bucket,
      SourceFiles objects,
      ColumnNames names,
      Progress progress) {
    this.db = db;
    this.source = source;
    this.access = access;
    this.bucket = bucket;
    this.objects = objects;
    this.names = names;
    this.progress = progress;
  }

  /**
   * Finds the objects; copies none yet.
   *
   * @throws RefusedException when there are none, they may not be read, or are too large together
   */
  static S3Origin open(
      DuckDb db,
      FileSource source,
      String bucket,
      S3Access access,
      ColumnNames names,
      Progress progress) {
    try (S3Tree tree = access.open(bucket)) {
      SourceFiles objects = SourceFiles.find(source, tree);
      long bytes = objects.files().stream().mapToLong(SourceFile::size).sum();
      int allowed = access.settings().diskMegabytes();
      if (bytes > (long) allowed << 20) {
        throw new RefusedException(
            "%s of s3://%s: %d MB to be copied (allowed: %d MB, by s3.disk_megabytes of the config)"
                .formatted(objects.label(), bucket, (bytes >> 20) + 1, allowed));
      }
      return new S3Origin(db, source, access, bucket, objects, names, progress);
    }
  }

  @Override
  public String label() {
    return objects.label();
  }

  @Override
  public void load(Map<String, ColumnType> wanted, long rowsMax) throws SQLException {
    copies(rowsMax == ALL ? objects.files() : List.of(sample())).load(wanted, rowsMax);
  }

  @Override
  public long dataTimeMicros() {
    return objects.newestMicros();
  }

  @Override
  public String contentDigest(Map<String, ColumnType> wanted) throws SQLException {
    return copies(objects.files()).contentDigest(wanted);
  }

  @Override
  public String query() {
    return source.query();
  }

  @Override
  public boolean headed() {
    return FileOrigin.headed(source);
  }

  // Parts of an export are alike: one that is quickly here says which columns all have.
  private SourceFile sample() {
    return objects.files().stream()
        .filter(object -> object.size() > 0 && object.size() <= SAMPLE_BYTES_MAX)
        .findFirst()
        .orElseGet(
            () ->
                objects.files().stream()
                    .min((a, b) -> Long.compare(a.size(), b.size()))
                    .orElseThrow());
  }

  private FileOrigin copies(List<SourceFile> wanted) throws SQLException {
    FileOrigin here = copied;
    if (here == null) {
      here = copy(wanted);
      copied = here;
    }
    return here;
  }

  // The folder goes with the run's database.
  private FileOrigin copy(List<SourceFile> wanted) throws SQLException {
    SourceFiles copies;
    try (S3Tree tree = access.open(bucket)) {
      copies =
          new SourceFiles(
              tree.fetch().into(db.temporary().resolve("objects"), wanted, db::checkNotCancelled),
              List.of());
      objects.checkUnchanged(tree);
    }
    copies.checkWhole(source.format());
    return new FileOrigin(db, source, copies, new LocalTree(db.temporary()), names, progress);
  }
}
