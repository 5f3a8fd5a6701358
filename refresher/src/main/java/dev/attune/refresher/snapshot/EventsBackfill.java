package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.core.profile.TraitFit;
import dev.attune.refresher.snapshot.DuckDb.Column;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rows of an events model as events: read from its files, checked, and sent in the order of
 * their time.
 */
final class EventsBackfill {
  /** Longest event, in bytes: what the collector takes. */
  static final int EVENT_LENGTH_MAX = 32 * 1024;

  /** The events that can be taken, in the order in which they are sent. */
  static final String GOOD =
      "select * from events where n not in (select n from bad) order by tm, n";

  private static final int ID_LENGTH_MAX = 100;
  private static final int FIRST_PROPERTY = 7;
  private static final long DAY_MICROS = 86_400_000_000L;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** An event as it goes to the log. */
  record Outgoing(String userId, long timeMicros, ByteString json) {}

  private final DuckDb db;
  private final EventsModel model;
  private final Catalog catalog;
  private final RefreshSettings settings;
  private final Progress progress;
  private final ForbiddenCells forbidden;
  private final List<String> properties;
  private final Map<String, String> types = new HashMap<>();

  EventsBackfill(
      DuckDb db,
      EventsModel model,
      Catalog catalog,
      RefreshSettings settings,
      Progress progress,
      ForbiddenCells forbidden) {
    this.db = db;
    this.model = model;
    this.catalog = catalog;
    this.settings = settings;
    this.progress = progress;
    this.forbidden = forbidden;
    this.properties = List.copyOf(model.properties().keySet());
  }

  /**
   * Reads and sends all events up to a time, with a tick at each midnight (UTC) that lies between
   * two of them, and one at the end.
   *
   * @param reader from {@link #open}
   * @param scratch the one file that may be written while it runs
   * @throws RefusedException before anything was sent
   */
  RefreshOutcome.Done run(
      SourceReader reader, Path scratch, HistoricalEvents events, RowLetters letters, Instant until)
      throws SQLException {
    progress.phase(Progress.Phase.READING);
    reader.load();
    long rows = read(reader, scratch, until);
    progress.rowsRead(rows);
    progress.phase(Progress.Phase.DIFFING);
    BadRows bad = badRows(reader.originLabel(), rows, false);
    bad.check();
    progress.badRows(bad.count());
    if (bad.count() > 0) {
      BadRows.send(db, "events", letters);
    }
    progress.toWrite(rows - bad.count());
    progress.phase(Progress.Phase.WRITING);
    send(events, until);
    return new RefreshOutcome.Done(rows, rows - bad.count(), bad.count());
  }

  /**
   * Makes the table {@code events} and answers how many there are.
   *
   * @param reader that has loaded its rows
   * @param writable the one file that may be written from here on
   * @param until later events are left out; null: none are
   */
  long read(SourceReader reader, Path writable, @Nullable Instant until) throws SQLException {
    db.lock(writable, List.of());
    createTable(reader, reader.stage(), until);
    return db.numbers("select count(*) from events")[0];
  }

  /**
   * Makes the table {@code bad} of the events that cannot be taken.
   *
   * @param label how messages call where they are
   */
  BadRows badRows(String label, long rows, boolean forced) throws SQLException {
    double shareMax = model.guards().badRows().orElse(settings.badRowShareMax());
    db.execute("create table bad (n bigint, reason varchar)");
    var bad = new BadRows(label, rows, shareMax, forced);
    db.forEach(
        "select * from events",
        row -> {
          try {
            outgoing(row);
          } catch (IllegalArgumentException e) {
            bad.add(row.getLong(1), String.valueOf(e.getMessage()));
          }
        });
    bad.store(db);
    return bad;
  }

  /** A reader of the model's source; see {@link Origins#open}. */
  SourceReader open(Origins origins) {
    Map<String, ColumnType> wanted = new HashMap<>();
    wanted.put(model.timeColumn(), ColumnType.TIMESTAMP);
    model.identifierColumns().forEach(column -> wanted.put(column, ColumnType.STRING));
    return origins.open(db, model.source(), mappedColumns(), wanted, progress);
  }

  /**
   * Looks at the first rows as {@link #run} would at all of them.
   *
   * @throws RefusedException where it would be refused for them
   */
  CheckOutcome.Ready check(Origins origins, Path writable, long rowsMax) throws SQLException {
    SourceReader reader = open(origins);
    reader.load(rowsMax);
    db.lock(writable, List.of());
    createTable(reader, reader.stage(), null);
    return new CheckOutcome.Ready(
        reader.originLabel(),
        (int) mappedColumns().stream().filter(name -> !name.isEmpty()).distinct().count());
  }

  private List<String> mappedColumns() {
    List<String> mapped = new ArrayList<>(model.identifierColumns());
    mapped.addAll(model.properties().values());
    mapped.addAll(List.of(model.timeColumn(), model.eventNameColumn()));
    return mapped;
  }

  private void createTable(SourceReader reader, List<Column> columns, @Nullable Instant until)
      throws SQLException {
    List<String> select = new ArrayList<>();
    select.add(SourceReader.ROW + " as n");
    select.add(text(reader.column(columns, model.userIdColumn()), "user_id") + " as k");
    select.add(
        (model.eventNameColumn().isEmpty()
                ? Sql.literal(model.eventName())
                : text(reader.column(columns, model.eventNameColumn()), "name"))
            + " as name");
    select.add(time(reader.column(columns, model.timeColumn())) + " as tm");
    select.add(
        (model.idColumn().isEmpty()
                ? "null::varchar"
                : text(reader.column(columns, model.idColumn()), "id"))
            + " as id");
    List<String> cells = new ArrayList<>();
    for (var mapped : model.properties().entrySet()) {
      Column column = reader.column(columns, mapped.getValue());
      cells.add("p" + cells.size());
      select.add(property(mapped.getKey(), column) + " as " + cells.getLast());
    }
    String equal =
        cells.isEmpty() ? "" : cells.stream().collect(Collectors.joining(", ", ", ", ""));
    db.execute("create table mapped as select " + String.join(", ", select) + " from staged");
    forbidden.mask(db, model);
    // Equal rows are told apart by how many stand before them, so that two purchases stay two:
    // those too that are equal only now that they are masked.
    db.execute(
        "create table events as select n, k, name, tm, id, row_number() over (partition by k, name, tm"
            + equal
            + " order by n) as ordinal"
            + equal
            + " from mapped"
            + (until == null ? "" : " where tm is null or tm <= " + TraitFit.micros(until)));
    db.execute("drop table mapped");
  }

  /** What columns of properties and times hold, see {@link ColumnKinds}; once they are read. */
  Map<String, String> types() {
    return types;
  }

  private static String text(Column column, String what) {
    Optional<CellType> type = CellType.of(column);
    if (type.isEmpty()
        || (type.get().type() != TraitType.STRING && type.get().type() != TraitType.INTEGER)) {
      throw new RefusedException(
          "the column \""
              + column.name()
              + "\" of "
              + what
              + " is of type "
              + column.shownType()
              + " (allowed: VARCHAR, ENUM, UUID, integers)");
    }
    return Sql.name(column.name()) + "::varchar";
  }

  private String time(Column column) {
    types.put(column.name(), ColumnKinds.ofTimes(column));
    String name = Sql.name(column.name());
    boolean zoned = column.type().equals("TIMESTAMP WITH TIME ZONE");
    if (!column.type().startsWith("TIMESTAMP") && !column.type().equals("DATE")) {
      throw new RefusedException(
          "the column \""
              + column.name()
              + "\" of time is of type "
              + column.shownType()
              + " (allowed: TIMESTAMP, DATE)");
    }
    return "case when isfinite(%1$s) then epoch_us(%1$s) end"
        .formatted(zoned ? name : name + "::timestamp");
  }

  private String property(String property, Column column) throws SQLException {
    long filled = db.numbers("select count(" + Sql.name(column.name()) + ") from staged")[0];
    if (filled == 0) {
      return "null::varchar";
    }
    CellType type =
        CellType.of(column)
            .orElseThrow(
                () ->
                    new RefusedException(
                        "the property \""
                            + property
                            + "\" comes from the column \""
                            + column.name()
                            + "\" of the unsupported type "
                            + column.shownType()
                            + " (allowed: "
                            + CellType.ALLOWED
                            + ")"));
    types.put(column.name(), ColumnKinds.of(type.type()));
    return type.encoding();
  }

  private void send(HistoricalEvents events, Instant until) throws SQLException {
    var acknowledgements = new Acknowledgements(settings);
    long[] sent = {0};
    long[] day = {Long.MIN_VALUE};
    db.forEach(
        GOOD,
        row -> {
          Outgoing event = outgoing(row);
          long today = Math.floorDiv(event.timeMicros(), DAY_MICROS);
          if (day[0] != Long.MIN_VALUE && today > day[0]) {
            // Whoever reads a tick must have read all that came before it.
            acknowledgements.awaitAll();
            for (long midnight = day[0] + 1; midnight <= today; midnight++) {
              acknowledgements.add(events.tick(Cells.instant(midnight * DAY_MICROS)));
            }
            acknowledgements.awaitAll();
          }
          day[0] = today;
          acknowledgements.add(events.send(event.userId(), event.json().toByteArray()));
          sent[0]++;
        });
    acknowledgements.awaitAll();
    acknowledgements.add(events.tick(until));
    acknowledgements.awaitAll();
    progress.written(sent[0]);
  }

  /**
   * An event of a row of {@code events}.
   *
   * @throws IllegalArgumentException that names the rule that it breaks, never a value
   */
  Outgoing outgoing(ResultSet row) throws SQLException {
    String user = row.getString(2);
    String name = row.getString(3);
    long time = row.getLong(4);
    if (row.wasNull()) {
      throw new IllegalArgumentException("the time is empty or infinite");
    }
    if (user == null || user.isBlank()) {
      throw new IllegalArgumentException("the user id is empty");
    }
    if (name == null || name.isBlank() || name.length() > EventsModel.EVENT_NAME_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "the event's name is empty or longer than " + EventsModel.EVENT_NAME_LENGTH_MAX);
    }
    String userId = catalog.identifier(EventsModel.USER_NAMESPACE, user).value();
    MessageDigest digest = Sha256.create();
    update(digest, userId);
    update(digest, name);
    update(digest, String.valueOf(time));
    update(digest, String.valueOf(row.getLong(6)));
    ObjectNode json = JSON.createObjectNode();
    ObjectNode values = JSON.createObjectNode();
    for (int i = 0; i < properties.size(); i++) {
      String cell = row.getString(FIRST_PROPERTY + i);
      if (cell != null) {
        update(digest, properties.get(i));
        update(digest, cell);
        values.set(properties.get(i), property(properties.get(i), cell));
      }
    }
    json.put("type", "track");
    json.put("messageId", model.name() + "-" + id(row.getString(5), digest));
    json.put("userId", userId);
    json.put("event", name);
    json.put("timestamp", Cells.toJson("t" + time).textValue());
    json.set("properties", values);
    return new Outgoing(userId, time, bytes(json));
  }

  private String id(@Nullable String column, MessageDigest digest) {
    if (model.idColumn().isEmpty()) {
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }
    if (column == null || column.isBlank() || column.length() > ID_LENGTH_MAX) {
      throw new IllegalArgumentException("the id is empty or longer than " + ID_LENGTH_MAX);
    }
    if (Forbidden.isMasked(column)) {
      throw new IllegalArgumentException("the id is forbidden data");
    }
    return column;
  }

  private static JsonNode property(String name, String cell) {
    try {
      return Cells.toJson(cell);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("property \"" + name + "\": " + e.getMessage(), e);
    }
  }

  private static ByteString bytes(ObjectNode json) {
    try {
      byte[] bytes = JSON.writeValueAsBytes(json);
      if (bytes.length > EVENT_LENGTH_MAX) {
        throw new IllegalArgumentException(
            "the event has " + bytes.length + " bytes (allowed: " + EVENT_LENGTH_MAX + ")");
      }
      return ByteString.copyFrom(bytes);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of JSON nodes cannot be written", e);
    }
  }

  private static void update(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    digest.update(bytes);
  }
}
