package dev.attune.refresher.snapshot;

import dev.attune.core.model.ProfilesModel;
import dev.attune.refresher.snapshot.AppliedSnapshot.Meta;
import dev.attune.refresher.snapshot.AppliedSnapshot.Named;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compares {@code current} with what was applied: the table {@code merged} has a row for each key
 * that is or was, each cell with its new stamp, and {@code emit} where it has to be written.
 *
 * <p>A cell that did not change keeps its stamp. One that did gets the stamp of its row, or of the
 * snapshot when its row is gone; in any case one greater than the stamp it replaces, or the profile
 * would not take it. Each keeps in the same way by which snapshot it came.
 */
final class SnapshotDiff {
  private final DuckDb db;
  private final AppliedSnapshot state;
  private final List<String> identifiers;
  private final List<String> traits;
  private final String mapping;
  private final long dataTimeMicros;
  private final String runId;

  private Meta base = Meta.EMPTY;
  private Optional<Meta> dirtyAgainst = Optional.empty();

  private SnapshotDiff(
      DuckDb db, AppliedSnapshot state, ProfilesModel model, long dataTimeMicros, String runId) {
    this.db = db;
    this.state = state;
    this.identifiers = identifierNames(model);
    this.traits = new ArrayList<>(model.traits().keySet());
    this.mapping = model.mappingDigest();
    this.dataTimeMicros = dataTimeMicros;
    this.runId = runId;
  }

  /** Loads what was applied; files must still be within reach. */
  static SnapshotDiff load(
      DuckDb db, AppliedSnapshot state, ProfilesModel model, long dataTimeMicros, String runId)
      throws SQLException {
    var diff = new SnapshotDiff(db, state, model, dataTimeMicros, runId);
    Optional<Meta> next = state.loadNext(db, "base");
    if (next.isPresent()) {
      diff.base = next.get();
      diff.dirtyAgainst = Optional.of(state.loadApplied(db, "before").orElse(Meta.EMPTY));
      if (diff.dirtyAgainst.get().equals(Meta.EMPTY)) {
        db.execute("create table before (ns varchar, k varchar, gone boolean)");
      }
    } else {
      Optional<Meta> applied = state.loadApplied(db, "base");
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
  private static List<String> identifierNames(ProfilesModel model) {
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

  /** Makes {@code merged} and answers how many of its rows are to be written. */
  long merge(int modelTraits) throws SQLException {
    createDirty();
    List<String> select = new ArrayList<>();
    List<String> changed = new ArrayList<>();
    select.add("c.n as n");
    select.add("coalesce(c.ns, b.ns) as ns");
    select.add("coalesce(c.k, b.k) as k");
    select.add("c.k is null as gone");
    for (int i = 0; i < identifiers.size(); i++) {
      String old = column(base.identifiers(), identifiers.get(i), "b.i", "varchar");
      String oldStamp = column(base.identifiers(), identifiers.get(i), "b.si", "bigint");
      String now = "case when c.k is null then " + old + " else c.i" + i + " end";
      select.add(now + " as i" + i);
      select.add(stamp(now, old, oldStamp) + " as si" + i);
      changed.add(now + " is distinct from " + old);
    }
    for (int t = 0; t < traits.size(); t++) {
      String old = column(base.traits(), traits.get(t), "b.t", "varchar");
      String oldStamp = column(base.traits(), traits.get(t), "b.st", "bigint");
      String now = t < modelTraits ? "c.t" + t : "null::varchar";
      select.add(now + " as t" + t);
      select.add(stamp(now, old, oldStamp) + " as st" + t);
      select.add(number(now, old, oldStamp, numberColumn(base, traits.get(t))) + " as nt" + t);
      changed.add(now + " is distinct from " + old);
    }
    boolean rewrite =
        !base.mapping().equals(mapping)
            || dirtyAgainst.map(meta -> !meta.mapping().equals(mapping)).orElse(false);
    changed.add("(c.k is null) is distinct from b.gone");
    changed.add("d.k is not null");
    if (rewrite) {
      changed.add("c.k is not null");
    }
    select.add("(" + String.join(" or ", changed) + ") as emit");
    db.execute(
        "create table merged as select "
            + String.join(", ", select)
            + " from current c full outer join base b on c.ns = b.ns and c.k = b.k"
            + " left join dirty d on d.ns = coalesce(c.ns, b.ns) and d.k = coalesce(c.k, b.k)");
    db.execute("create table bad (n bigint, reason varchar)");
    return db.numbers("select count(*) from merged where emit")[0];
  }

  private String stamp(String now, String old, String oldStamp) {
    // A row that is gone has no stamp of its own, and a cell that never was gets none.
    return ("case when %3$s is null then c.s"
            + " when (%1$s) is distinct from %2$s"
            + " then greatest(coalesce(c.s, %4$d), %3$s + 1) else %3$s end")
        .formatted(now, old, oldStamp, dataTimeMicros);
  }

  private String number(String now, String old, String oldStamp, String oldNumber) {
    return "case when %1$s is null or (%2$s) is distinct from %3$s then %4$d else %5$s end"
        .formatted(oldStamp, now, old, named().getLast().number(), oldNumber);
  }

  /** The snapshots that cells may have come by; the last is this run's. */
  List<Named> named() {
    List<Named> named = new ArrayList<>(base.snapshots());
    int number = named.isEmpty() ? 1 : named.getLast().number() + 1;
    named.add(new Named(number, runId, dataTimeMicros));
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
   * Makes the rows of {@code merged} that are in {@code bad} what they were, without a number, and
   * answers how many rows are to be written now. One that a run which did not end was about to
   * write is among them: it may have been written or not, and once the next snapshot says the same
   * nobody would look.
   */
  long keepBad() throws SQLException {
    List<String> kept = new ArrayList<>(List.of("null::bigint as n", "b.ns", "b.k", "b.gone"));
    kept.addAll(cells(base, true));
    db.execute(
        "create table kept as select "
            + String.join(", ", kept)
            + ", d.k is not null as emit from base b"
            + " join merged m on m.ns = b.ns and m.k = b.k"
            + " left join dirty d on d.ns = b.ns and d.k = b.k"
            + " where m.n in (select n from bad)");
    db.execute("delete from merged where n in (select n from bad)");
    db.execute("insert into merged select * from kept");
    db.execute("drop table kept");
    return db.numbers("select count(*) from merged where emit")[0];
  }

  /** Keeps what will have been applied, before any of it is. */
  void offer() throws SQLException {
    state.offer(
        db,
        "select * exclude (n, emit) from merged",
        Meta.of(mapping, identifiers, traits, named()));
  }
}
