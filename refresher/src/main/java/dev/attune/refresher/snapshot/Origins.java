package dev.attune.refresher.snapshot;

import dev.attune.core.model.DuckDbSource;
import dev.attune.core.model.FileSource;
import dev.attune.core.model.JdbcSource;
import dev.attune.core.model.ModelSource;
import dev.attune.core.model.ModelSource.ColumnType;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** Opens sources of models. */
final class Origins {
  private final RefreshSettings settings;
  private final Drivers drivers;
  private final Credentials credentials;
  private final InstantSource clock;

  Origins(RefreshSettings settings, Credentials.Environment environment, InstantSource clock) {
    this.settings = settings;
    this.drivers = new Drivers(settings.drivers());
    this.credentials = new Credentials(settings.dataRoot(), environment);
    this.clock = clock;
  }

  /**
   * A reader of a source. Files are found, and what must be there before them is checked; nothing
   * is read yet.
   *
   * @param mapped the columns that the model names outside its source; an empty name is none
   * @param wanted as of {@link Origin#load}
   * @throws RefusedException when there is nothing to be read
   */
  SourceReader open(
      DuckDb db, ModelSource source, Collection<String> mapped, Map<String, ColumnType> wanted) {
    source.dbt().ifPresent(dbt -> DbtRuns.check(dbt, settings.dataRoot()));
    ColumnNames names =
        new ColumnNames(
            mapped, source instanceof FileSource files ? files.columns().keySet() : Set.of());
    Origin origin =
        switch (source) {
          case FileSource files ->
              new FileOrigin(db, files, SourceFiles.find(files, settings.dataRoot()), names);
          case JdbcSource jdbc ->
              new DatabaseOrigin(
                  db,
                  new JdbcDatabase(jdbc, drivers, credentials, clock),
                  jdbc.table(),
                  jdbc.query(),
                  names);
          case DuckDbSource file ->
              new DatabaseOrigin(
                  db,
                  new DuckDbFile(
                      settings.dataRoot().toAbsolutePath().normalize().resolve(file.file()),
                      db,
                      settings.threads()),
                  file.table(),
                  file.query(),
                  names);
        };
    return new SourceReader(db, origin, names, wanted);
  }
}
