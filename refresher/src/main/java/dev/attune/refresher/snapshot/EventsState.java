package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.OvertakenException;
import dev.attune.refresher.snapshot.AppliedSnapshot.Figures;
import dev.attune.refresher.snapshot.AppliedSnapshot.Meta;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an events model has sent, in its directory: which files and mapping were sent last, and of a
 * run that did not end the events that it sends, each with its place, and how many of them are in
 * the log for sure.
 */
final class EventsState {
  /**
   * What was sent last.
   *
   * @param fingerprint of the mapping and the files' content; empty: nothing was sent
   * @param run that sent it; empty where an older version did
   * @param figures of that run; its rows are 0 where an older version sent them
   * @param types what columns held, see {@link ColumnKinds}; empty where an older version sent them
   */
  record Loaded(String fingerprint, String run, Figures figures, Map<String, String> types) {
    static final Loaded NOTHING = new Loaded("", "", Figures.NONE, Map.of());
  }

  /** Among the types of columns; no column begins so. */
  private static final String FINGERPRINT = "\0fingerprint";

  /** The same of an older version, which kept no types. */
  private static final String FINGERPRINT_ALONE = "fingerprint";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String LOADED = "loaded";

  private final AppliedSnapshot events;
  private final Path loadedBefore;

  /**
   * @param directory of the model; created when it is not there
   */
  EventsState(Path directory, Lease lease) {
    // Apart from what the model had applied, should it have been of another kind before.
    this.events = new AppliedSnapshot(directory.resolve("events"), lease, "events/");
    this.loadedBefore = directory.resolve("loaded");
  }

  /** The file that {@link #offer} writes. */
  Path part() {
    return events.part();
  }

  Checkpoint checkpoint() {
    return events.checkpoint();
  }

  /** As of {@link AppliedSnapshot#checkHeld}. */
  void checkHeld() {
    events.checkHeld();
  }

  Loaded loaded() {
    Optional<String> word = events.word(LOADED);
    if (word.isPresent()) {
      return loaded(word.get());
    }
    try {
      // Where a version without leases kept it.
      return Files.exists(loadedBefore) ? loaded(Files.readString(loadedBefore)) : Loaded.NOTHING;
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be read", e);
    }
  }

  private static Loaded loaded(String word) {
    List<String> lines = word.lines().toList();
    return lines.size() < 5
        ? new Loaded(lines.isEmpty() ? "" : lines.getFirst(), "", Figures.NONE, Map.of())
        : new Loaded(
            lines.get(0),
            lines.get(1),
            new Figures(
                Long.parseLong(lines.get(2)),
                Long.parseLong(lines.get(3)),
                Long.parseLong(lines.get(4))),
            lines.size() == 5 ? Map.of() : types(lines.get(5)));
  }

  private static Map<String, String> types(String json) {
    try {
      return JSON.readValue(json, new TypeReference<Map<String, String>>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what an events model has sent is damaged: no JSON", e);
    }
  }

  private static String json(Map<String, String> types) {
    try {
      return JSON.writeValueAsString(new TreeMap<>(types));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts are JSON", e);
    }
  }

  /** What a run that did not end was sending, without its events; empty when it sent nothing. */
  Optional<Meta> unended(DuckDb db) throws SQLException {
    return events.nextMeta(db);
  }

  /**
   * Loads the events that a run has to send still into the table {@code events}, with column seq.
   */
  void loadRest(DuckDb db, long written) throws SQLException {
    events.loadRest(db, written, "events");
  }

  /** Keeps what a run sends, before it sends any of it. */
  void offer(
      DuckDb db,
      String mapping,
      String fingerprint,
      Map<String, String> types,
      String runId,
      Figures figures)
      throws SQLException {
    Map<String, String> kept = new HashMap<>(types);
    kept.put(FINGERPRINT, fingerprint);
    events.offer(
        db,
        "select *, row_number() over (order by tm, n) - 1 as seq from ("
            + EventsBackfill.GOOD
            + ")",
        Meta.of(mapping, List.of(), List.of(), List.of(), runId, kept, figures));
  }

  /** Of what a run that did not end was sending. */
  static String fingerprint(Meta unended) {
    Map<String, String> kept = unended.types();
    return kept.getOrDefault(FINGERPRINT, kept.getOrDefault(FINGERPRINT_ALONE, ""));
  }

  /** The same of its columns. */
  static Map<String, String> types(Meta unended) {
    Map<String, String> types = new HashMap<>(unended.types());
    return types.remove(FINGERPRINT) == null ? Map.of() : types;
  }

  /**
   * All of it is in the log.
   *
   * @throws OvertakenException when somebody took over the model
   */
  void finish(Loaded done) {
    events.forgetNext(
        Map.of(
            LOADED,
            String.join(
                "\n",
                done.fingerprint(),
                done.run(),
                String.valueOf(done.figures().rows()),
                String.valueOf(done.figures().written()),
                String.valueOf(done.figures().badRows()),
                json(done.types()))));
  }
}
