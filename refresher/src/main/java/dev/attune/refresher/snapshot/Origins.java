package dev.attune.refresher.snapshot;

import dev.attune.core.model.DuckDbSource;
import dev.attune.core.model.FileSource;
import dev.attune.core.model.JdbcSource;
import dev.attune.core.model.ModelSource;
import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.core.model.S3Address;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Opens sources of models. */
final class Origins {
  private final RefreshSettings settings;
  private final Drivers drivers;
  private final Credentials credentials;
  private final S3Access s3;
  private final InstantSource clock;

  Origins(RefreshSettings settings, Credentials.Environment environment, InstantSource clock) {
    this(
        settings,
        new Drivers(settings.drivers()),
        new Credentials(settings.dataRoot(), environment),
        new S3Access(settings.s3(), settings.patience()),
        clock);
  }

  private Origins(
      RefreshSettings settings,
      Drivers drivers,
      Credentials credentials,
      S3Access s3,
      InstantSource clock) {
    this.settings = settings;
    this.drivers = drivers;
    this.credentials = credentials;
    this.s3 = s3;
    this.clock = clock;
  }

  /** The same, but what is away is not waited for. */
  Origins hasty() {
    return new Origins(settings, drivers, credentials, s3.hasty(), clock);
  }

  /**
   * A reader of a source. Files are found, and what must be there before them is checked; nothing
   * is read yet.
   *
   * @param mapped the columns that the model names outside its source; an empty name is none
   * @param wanted as of {@link Origin#load}
   * @param progress is told what was read
   * @throws RefusedException when there is nothing to be read
   */
  SourceReader open(
      DuckDb db,
      ModelSource source,
      Collection<String> mapped,
      Map<String, ColumnType> wanted,
      Progress progress) {
    source.dbt().ifPresent(dbt -> DbtRuns.check(dbt, settings.dataRoot()));
    ColumnNames names =
        new ColumnNames(
            mapped, source instanceof FileSource files ? files.columns().keySet() : Set.of());
    Origin origin =
        switch (source) {
          case FileSource files -> files(db, files, names, progress);
          case JdbcSource jdbc ->
              new DatabaseOrigin(
                  db,
                  new JdbcDatabase(jdbc, drivers, credentials, clock),
                  jdbc.table(),
                  jdbc.query(),
                  names,
                  progress);
          case DuckDbSource file ->
              new DatabaseOrigin(
                  db,
                  new DuckDbFile(
                      settings.dataRoot().toAbsolutePath().normalize().resolve(file.file()),
                      db,
                      settings.threads()),
                  file.table(),
                  file.query(),
                  names,
                  progress);
        };
    return new SourceReader(db, origin, names, wanted);
  }

  private Origin files(DuckDb db, FileSource source, ColumnNames names, Progress progress) {
    Optional<S3Address> address = source.s3();
    return address.isPresent()
        ? S3Origin.open(db, source, address.get().bucket(), s3, names, progress)
        : FileOrigin.open(db, source, new LocalTree(settings.dataRoot()), names, progress);
  }
}
