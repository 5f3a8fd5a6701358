package dev.attune.refresher.snapshot;

import dev.attune.core.model.ConsentModel;
import dev.attune.core.model.TableModel;
import dev.attune.core.profile.HiddenFacts;
import dev.attune.refresher.snapshot.AppliedSnapshot.Figures;
import dev.attune.refresher.snapshot.AppliedSnapshot.Meta;
import dev.attune.refresher.snapshot.AppliedSnapshot.Named;
import dev.attune.refresher.snapshot.AppliedSnapshot.Reach;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares {@code current} with what was applied: the table {@code merged} has a row for each key
 * that has to be written, each cell with its new stamp, and {@code kind}: of which {@link
 * Differences#KINDS} it is. What did not change stays where it was applied, and is copied once,
 * when it becomes part of the next snapshot.
 *
 * <p>A cell that did not change keeps its stamp. One that did gets the stamp of its row, or of the
 * snapshot when its row is gone; in any case one greater than the stamp it replaces, or the profile
 * would not take it. Each keeps in the same way by which snapshot it came.
 */
final class SnapshotDiff {
  /** The column of {@code merged} with a row's own number, in the order in which they lie there. */
  static final String PLACE = "r";

  private final DuckDb db;
  private final AppliedSnapshot state;
  private final List<String> identifiers;
  private final List<String> traits;
  private final String mapping;

  /** Whether each cell of {@code current} has its own stamp, and no row has one. */
  private final boolean ownStamps;

  private final boolean takesBack;
  private final long dataTimeMicros;

  /** As of when the snapshot is that this run names: its data's time, or what it rolls back to. */
  private long snapshotMicros;

  private final String runId;

  private Meta base = Meta.EMPTY;
  private Optional<Meta> dirtyAgainst = Optional.empty();

  private SnapshotDiff(
      DuckDb db,
      AppliedSnapshot state,
      TableModel model,
      boolean takesBack,
      long dataTimeMicros,
      String runId) {
    this.takesBack = takesBack;
    this.db = db;
    this.state = state;
    this.identifiers = identifierNames(model);
    this.traits = new ArrayList<>(model.facts());
    this.ownStamps = model instanceof ConsentModel;
    this.mapping = model.mappingDigest();
    this.dataTimeMicros = dataTimeMicros;
    this.snapshotMicros = dataTimeMicros;
    this.runId = runId;
  }

  /**
   * Loads what was applied; files must still be within reach.
   *
   * @param takesBack further identifiers that a row no longer names are to be taken back: {@code
   *     merged} has them in the column {@code taken}, a line each, as {@code namespace:value}
   * @param reach how what was applied is read
   */
  static SnapshotDiff load(
      DuckDb db,
      AppliedSnapshot state,
      TableModel model,
      boolean takesBack,
      long dataTimeMicros,
      String runId,
      Reach reach)
      throws SQLException {
    var diff = new SnapshotDiff(db, state, model, takesBack, dataTimeMicros, runId);
    Optional<Meta> next = state.loadNext(db, "base", reach);
    if (next.isPresent()) {
      diff.base = next.get();
      diff.dirtyAgainst = Optional.of(state.loadApplied(db, "before", reach).orElse(Meta.EMPTY));
      if (diff.dirtyAgainst.get().equals(Meta.EMPTY)) {
        db.execute("create table before (ns varchar, k varchar, gone boolean)");
      }
    } else {
      Optional<Meta> applied = state.loadApplied(db, "base", reach);
      if (applied.isEmpty()) {
        db.execute("create table base (ns varchar, k varchar, gone boolean)");
      }
      diff.base = applied.orElse(Meta.EMPTY);
    }
    // A trait that the model no longer maps is a cell that is gone.
    Set<String> all = new LinkedHashSet<>(diff.traits);
    all.addAll(diff.base.traits());
    diff.dirtyAgainst.ifPresent(meta -> all.addAll(meta.traits()));
    diff.traits.clear();
    diff.traits.addAll(all);
    return diff;
  }

  /** Names of the further identifiers that stay the same when others are added. */
  private static List<String> identifierNames(TableModel model) {
    Map<String, Integer> counts = new HashMap<>();
    List<String> names = new ArrayList<>();
    for (var identifier : model.identifiers()) {
      int ordinal = counts.merge(identifier.namespace(), 1, Integer::sum);
      names.add(identifier.namespace() + "#" + ordinal);
    }
    return names;
  }

  /** All traits of {@code merged}: those of the model, then those that it no longer maps. */
  List<String> traits() {
    return traits;
  }

  /** Rows that were not gone when the model was last applied. */
  long rowsBefore() throws SQLException {
    return db.numbers("select count(*) from base where not gone")[0];
  }

  /** Makes {@code merged} and answers how many rows it has. */
  long merge(int modelTraits, RefreshOptions options) throws SQLException {
    createDirty();
    if (isFirst() && !options.dryRun()) {
      createMerged(
          modelTraits, false, "c", "(select *, false as gone, 'added' as kind from current) c");
    } else {
      compare(modelTraits, options);
      createMerged(
          modelTraits,
          options.dryRun(),
          "x",
          "compared x left join current c on c.n = x.n"
              + " left join base b on b.ns = x.ns and b.k = x.k"
              + " left join dirty d on d.ns = x.ns and d.k = x.k"
              + joinBefore("x.ns", "x.k"));
      db.execute("drop table compared");
    }
    db.execute("create table bad (n bigint, reason varchar)");
    return toWrite();
  }

  /**
   * Whether the model never said anything: then there is nothing to compare with, and each row is
   * new as it stands.
   */
  private boolean isFirst() {
    return base.equals(Meta.EMPTY) && dirtyAgainst.isEmpty();
  }

  /**
   * Makes {@code merged}.
   *
   * @param keys the table in {@code from} with the keys of the rows, {@code gone} and {@code kind}
   */
  private void createMerged(int modelTraits, boolean differs, String keys, String from)
      throws SQLException {
    List<String> select = new ArrayList<>();
    select.add("row_number() over () as " + PLACE);
    select.add(keys + ".n as n");
    select.add(keys + ".ns as ns");
    select.add(keys + ".k as k");
    select.add(keys + ".gone as gone");
    if (takesBack) {
      select.add((isFirst() ? "null::varchar" : taken()) + " as taken");
    }
    for (int i = 0; i < identifiers.size(); i++) {
      String old = oldIdentifier(i);
      String oldStamp = column(base.identifiers(), identifiers.get(i), "b.si", "bigint");
      if (takesBack && !base.identifiers().isEmpty()) {
        // There is one, and what it was called before the mapping changed has to be older, too.
        oldStamp = "b.si0";
      }
      String now = nowIdentifier(i);
      select.add(now + " as i" + i);
      select.add(stamp(now, old, oldStamp, "c.s", dataTimeMicros) + " as si" + i);
    }
    for (int t = 0; t < traits.size(); t++) {
      String old = oldTrait(t);
      String oldStamp = column(base.traits(), traits.get(t), "b.st", "bigint");
      String now = nowTrait(t, modelTraits);
      select.add(now + " as t" + t);
      select.add(cellStamp(t, modelTraits, now, old, oldStamp) + " as st" + t);
      select.add(number(now, old, oldStamp, numberColumn(base, traits.get(t))) + " as nt" + t);
    }
    select.add(keys + ".kind as kind");
    if (differs) {
      select.add(keys + ".differs as differs");
    }
    db.execute("create table merged as select " + String.join(", ", select) + " from " + from);
  }

  // The keys of the rows that have to be written, and why. Apart from the rows: of a large table
  // few
  // change, and to make all of them anew would take longer than all the rest.
  private void compare(int modelTraits, RefreshOptions options) throws SQLException {
    List<String> differs = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      differs.add(nowIdentifier(i) + " is distinct from " + oldIdentifier(i));
    }
    for (int t = 0; t < traits.size(); t++) {
      differs.add(nowTrait(t, modelTraits) + " is distinct from " + oldTrait(t));
    }
    boolean rewrite =
        options.full()
            || !base.mapping().equals(mapping)
            || dirtyAgainst.map(meta -> !meta.mapping().equals(mapping)).orElse(false);
    String was = "coalesce(not b.gone, false)";
    String is = "c.k is not null";
    String differ = differs.isEmpty() ? "false" : "(" + String.join(" or ", differs) + ")";
    String kind =
        "case when %1$s and not %2$s then 'removed' when %2$s and not %1$s then 'added' when %3$s"
                .formatted(was, is, differ)
            + " then 'changed' when d.k is not null"
            + (rewrite ? " or " + is : "")
            + " then 'again' end";
    db.execute(
        "create table compared as select * from (select c.n as n, coalesce(c.ns, b.ns) as ns,"
            + " coalesce(c.k, b.k) as k, c.k is null as gone, "
            + kind
            + " as kind"
            + (options.dryRun() ? ", " + differing(differs) + " as differs" : "")
            + " from current c full outer join base b on c.ns = b.ns and c.k = b.k"
            + " left join dirty d on d.ns = coalesce(c.ns, b.ns) and d.k = coalesce(c.k, b.k))"
            + " where kind is not null");
  }

  private String oldIdentifier(int i) {
    return column(base.identifiers(), identifiers.get(i), "b.i", "varchar");
  }

  private String nowIdentifier(int i) {
    return takesBack
        ? "c.i" + i
        : "case when c.k is null then " + oldIdentifier(i) + " else c.i" + i + " end";
  }

  private String oldTrait(int t) {
    return column(base.traits(), traits.get(t), "b.t", "varchar");
  }

  private static String nowTrait(int t, int modelTraits) {
    return t < modelTraits ? "c.t" + t : "null::varchar";
  }

  // Whom the row named. When a run did not end, nobody knows which rows it wrote: then also whom it
  // was about to take back, and whom the row named before it.
  private String taken() throws SQLException {
    List<String> before = new ArrayList<>();
    if (dirtyAgainst.isPresent()) {
      before.addAll(named(dirtyAgainst.get(), "p.i"));
    }
    boolean known = db.describe("base").stream().anyMatch(c -> c.name().equals("taken"));
    return "nullif(array_to_string(list_distinct(list_concat(["
        + String.join(", ", named(base, "b.i"))
        + "]::varchar[], case when d.k is null then []::varchar[] else list_concat(["
        + String.join(", ", before)
        + "]::varchar[], "
        + (known ? "coalesce(string_split(b.taken, chr(10)), []::varchar[])" : "[]::varchar[]")
        + ") end)), chr(10)), '')";
  }

  private static List<String> named(Meta meta, String prefix) {
    List<String> named = new ArrayList<>();
    for (int i = 0; i < meta.identifiers().size(); i++) {
      String name = meta.identifiers().get(i);
      String namespace = name.substring(0, name.lastIndexOf('#'));
      named.add(Sql.literal(namespace + ":") + " || " + prefix + i);
    }
    return named;
  }

  private String joinBefore(String namespace, String key) {
    return takesBack && dirtyAgainst.isPresent()
        ? " left join before p on p.ns = " + namespace + " and p.k = " + key
        : "";
  }

  private long toWrite() throws SQLException {
    return db.numbers("select count(*) from merged")[0];
  }

  /** The names of the cells that differ, a line each. */
  private String differing(List<String> differs) {
    List<String> names = new ArrayList<>();
    identifiers.forEach(name -> names.add(name.substring(0, name.lastIndexOf('#'))));
    traits.forEach(name -> names.add(name.equals(HiddenFacts.MEMBER) ? "since" : name));
    List<String> cases = new ArrayList<>(List.of("chr(10)"));
    for (int i = 0; i < names.size(); i++) {
      cases.add("case when " + differs.get(i) + " then " + Sql.literal(names.get(i)) + " end");
    }
    return cases.size() == 1 ? "''" : "concat_ws(" + String.join(", ", cases) + ")";
  }

  /** How many rows of each kind are to be written. */
  Differences.Rows counts() throws SQLException {
    long[] counts =
        db.numbers(
            Differences.KINDS.stream()
                .map(kind -> "count(*) filter (where kind = " + Sql.literal(kind) + ")")
                .collect(Collectors.joining(", ", "select ", " from merged")));
    return new Differences.Rows(counts[0], counts[1], counts[2], counts[3]);
  }

  /** What a dry run shows; rows of {@code bad} are left out. */
  Differences differences() throws SQLException {
    db.execute("delete from merged where n in (select n from bad)");
    Map<String, Long> cells = new HashMap<>();
    db.forEach(
        "select name, count(*) from (select unnest(string_split(differs, chr(10))) as name from"
            + " merged where kind = 'changed') group by name",
        row -> cells.put(row.getString(1), row.getLong(2)));
    List<Differences.Sample> samples = new ArrayList<>();
    for (String kind : Differences.KINDS) {
      db.forEach(
          "select k, differs from merged where kind = %s order by n nulls first, k limit %d"
              .formatted(Sql.literal(kind), Differences.SAMPLES_MAX),
          row ->
              samples.add(
                  new Differences.Sample(
                      kind,
                      Sha256.hex(row.getString(1)).substring(0, 12),
                      row.getString(2).lines().toList())));
    }
    return new Differences(counts(), cells, samples);
  }

  // What is gone has no stamp of its own, and a cell that never was gets none.
  private static String stamp(
      String now, String old, String oldStamp, String newStamp, long goneStamp) {
    return ("case when %3$s is null then %4$s"
            + " when (%1$s) is distinct from %2$s"
            + " then greatest(coalesce(%4$s, %5$d), %3$s + 1) else %3$s end")
        .formatted(now, old, oldStamp, newStamp, goneStamp);
  }

  // An answer that is taken back leaves nothing newer than itself behind: one that was given before
  // the snapshot may come from elsewhere, or come back.
  private String cellStamp(int t, int modelTraits, String now, String old, String oldStamp) {
    if (!ownStamps) {
      return stamp(now, old, oldStamp, "c.s", dataTimeMicros);
    }
    return stamp(now, old, oldStamp, t < modelTraits ? "c.s" + t : "null::bigint", 0);
  }

  private String number(String now, String old, String oldStamp, String oldNumber) {
    return "case when %1$s is null or (%2$s) is distinct from %3$s then %4$d else %5$s end"
        .formatted(oldStamp, now, old, named().getLast().number(), oldNumber);
  }

  /** The snapshots that cells may have come by; the last is this run's. */
  List<Named> named() {
    List<Named> named = new ArrayList<>(base.snapshots());
    int number = named.isEmpty() ? 1 : named.getLast().number() + 1;
    named.add(new Named(number, runId, snapshotMicros));
    return named;
  }

  private void createDirty() throws SQLException {
    if (dirtyAgainst.isEmpty()) {
      db.execute("create table dirty (ns varchar, k varchar)");
      return;
    }
    db.execute(
        "create table dirty as select distinct ns, k from ("
            + aligned("base", base)
            + " except "
            + aligned("before", dirtyAgainst.get())
            + ")");
  }

  private String aligned(String table, Meta meta) {
    List<String> select = new ArrayList<>(List.of("b.ns", "b.k", "b.gone"));
    select.addAll(cells(meta, false));
    return "select " + String.join(", ", select) + " from " + table + " b";
  }

  /** The cells of a table {@code b} in the order of {@code merged}. */
  private List<String> cells(Meta meta, boolean numbers) {
    List<String> cells = new ArrayList<>();
    for (String identifier : identifiers) {
      cells.add(column(meta.identifiers(), identifier, "b.i", "varchar"));
      cells.add(column(meta.identifiers(), identifier, "b.si", "bigint"));
    }
    for (String trait : traits) {
      cells.add(column(meta.traits(), trait, "b.t", "varchar"));
      cells.add(column(meta.traits(), trait, "b.st", "bigint"));
      if (numbers) {
        cells.add(numberColumn(meta, trait));
      }
    }
    return cells;
  }

  private static String numberColumn(Meta meta, String trait) {
    return column(meta.tellsSnapshots() ? meta.traits() : List.of(), trait, "b.nt", "integer");
  }

  private static String column(List<String> names, String name, String prefix, String type) {
    int index = names.indexOf(name);
    return index < 0 ? "null::" + type : prefix + index;
  }

  /**
   * Takes the rows that are in {@code bad} out of {@code merged}, so that they stay what they were,
   * and answers how many rows are to be written now. One that a run which did not end was about to
   * write is among them, without a number: it may have been written or not, and once the next
   * snapshot says the same nobody would look.
   */
  long keepBad() throws SQLException {
    List<String> kept = new ArrayList<>(List.of("m.r + (select max(r) from merged) as " + PLACE));
    kept.addAll(List.of("null::bigint as n", "b.ns", "b.k", "b.gone"));
    if (takesBack) {
      kept.add(taken() + " as taken");
    }
    kept.addAll(cells(base, true));
    db.execute(
        "create table kept as select "
            + String.join(", ", kept)
            + ", 'again' as kind from base b"
            + " join merged m on m.ns = b.ns and m.k = b.k"
            + " join dirty d on d.ns = b.ns and d.k = b.k"
            + joinBefore("b.ns", "b.k")
            + " where m.n in (select n from bad)");
    db.execute("delete from merged where n in (select n from bad)");
    db.execute("insert into merged select * from kept order by " + PLACE);
    db.execute("drop table kept");
    return toWrite();
  }

  /**
   * Makes {@code current} of what was applied before a run, which becomes the wanted snapshot
   * again. Its rows are as old as they were: what differs now is stamped just after what it
   * replaces. Before the first run nothing was applied, and all that the model ever said is taken
   * away, whatever its mapping is by now.
   *
   * @throws RefusedException when it is not kept, or was made with another mapping
   */
  long currentFromBefore(String run) throws SQLException {
    Optional<Meta> before = state.loadBefore(db, run, "wanted");
    if (before.isEmpty()) {
      List<String> kept = state.beforeRuns();
      throw new RefusedException(
          "what was applied before the run "
              + run
              + " is not kept (allowed: "
              + (kept.isEmpty() ? "there is none yet" : String.join(", ", kept))
              + ")");
    }
    if (before.get().equals(Meta.EMPTY)) {
      createEmpty();
      return 0;
    }
    if (!before.get().mapping().equals(mapping)) {
      throw new RefusedException(
          "what was applied before the run "
              + run
              + " was made with another mapping of the model (allowed: the one it was made with;"
              + " apply that first)");
    }
    List<Named> told = before.get().snapshots();
    if (!told.isEmpty()) {
      snapshotMicros = told.getLast().dataTimeMicros();
    }
    List<String> select = new ArrayList<>(List.of("row_number() over () as n", "b.ns", "b.k"));
    List<String> stamps = new ArrayList<>(List.of("0::bigint"));
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      cells.add(
          column(before.get().identifiers(), identifiers.get(i), "b.i", "varchar") + " as i" + i);
      stamps.add(column(before.get().identifiers(), identifiers.get(i), "b.si", "bigint"));
    }
    for (int t = 0; t < traits.size(); t++) {
      String cell = column(before.get().traits(), traits.get(t), "b.t", "varchar");
      String stamp = column(before.get().traits(), traits.get(t), "b.st", "bigint");
      cells.add(cell + " as t" + t);
      stamps.add(stamp);
      if (ownStamps) {
        cells.add(ConsentAnswers.stamp(cell, stamp) + " as s" + t);
      }
    }
    select.add("greatest(" + String.join(", ", stamps) + ") as s");
    select.addAll(cells);
    db.execute(
        "create table current as select "
            + String.join(", ", select)
            + " from wanted b where not gone");
    db.execute("drop table wanted");
    return db.numbers("select count(*) from current")[0];
  }

  private void createEmpty() throws SQLException {
    List<String> columns =
        new ArrayList<>(List.of("n bigint", "ns varchar", "k varchar", "s bigint"));
    for (int i = 0; i < identifiers.size(); i++) {
      columns.add("i" + i + " varchar");
    }
    for (int t = 0; t < traits.size(); t++) {
      columns.add("t" + t + " varchar");
      columns.add("s" + t + " bigint");
    }
    db.execute("create table current (" + String.join(", ", columns) + ")");
  }

  /** What columns held in the last snapshot, see {@link ColumnKinds}. */
  Map<String, String> typesBefore() {
    return base.types();
  }

  /**
   * Keeps what will have been applied, before any of it is, with the place of each row that is to
   * be written.
   *
   * @param types what columns hold, see {@link ColumnKinds}
   */
  void offer(Map<String, String> types, Figures figures) throws SQLException {
    Meta meta = Meta.of(mapping, identifiers, traits, named(), runId, types, figures);
    long[] places = db.numbers("select count(*), coalesce(max(r), 0) from merged");
    if (isFirst() && places[0] == places[1]) {
      // Nothing was taken out, and there is nothing beside it.
      state.offer(db, "select * exclude (kind, r), r - 1 as seq from merged", meta);
      return;
    }
    // Places are counted apart: to sort whole rows would take longer than to write them.
    db.execute(
        "create table places as select r, row_number() over (order by r) - 1 as seq from merged");
    List<String> unchanged = new ArrayList<>(List.of("null::bigint", "b.ns", "b.k", "b.gone"));
    if (takesBack) {
      unchanged.add("null::varchar");
    }
    unchanged.addAll(cells(base, true));
    state.offer(
        db,
        "select m.* exclude (kind, r), places.seq from merged m join places using (r) union all select "
            + String.join(", ", unchanged)
            + ", null::bigint from base b where not exists"
            + " (select 1 from merged m where m.ns = b.ns and m.k = b.k)",
        meta);
    db.execute("drop table places");
  }
}
