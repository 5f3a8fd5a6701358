package dev.attune.refresher.run;

import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs that are remembered: those of this process, and those that others keep in the same
 * {@link RunFiles}. Of two words of one run that of the later holder of the model's lease counts.
 * Not thread-safe.
 */
final class RunHistory {
  private static final Logger LOG = LoggerFactory.getLogger(RunHistory.class);

  private static final Comparator<RunFiles.Kept> OLDEST_FIRST =
      Comparator.comparing((RunFiles.Kept kept) -> kept.run().startedAt())
          .thenComparingLong(kept -> number(kept.run()));

  private final RunFiles files;
  private final Map<String, RunFiles.Kept> runs = new HashMap<>();
  // Of these the word that is remembered is newer than its file, of others it may be older.
  private final Set<String> keptHere = new HashSet<>();
  private final Map<String, Long> lastNumbers = new HashMap<>();

  RunHistory(RunFiles files) {
    this.files = files;
  }

  /**
   * Takes in what other processes have kept.
   *
   * @throws UncheckedIOException when it cannot be read
   */
  void look() {
    Set<String> there = new HashSet<>();
    for (RunFiles.Kept kept :
        files.load(
            (id, epoch) -> {
              there.add(id);
              RunFiles.Kept known = runs.get(id);
              return known == null
                  || epoch > known.epoch()
                  || (epoch == known.epoch()
                      && !known.run().state().ended()
                      && !keptHere.contains(id));
            })) {
      RunFiles.Kept known = runs.get(kept.run().id());
      if (known == null || kept.epoch() >= known.epoch()) {
        put(kept);
        keptHere.remove(kept.run().id());
      }
    }
    // Forgotten by another process.
    runs.values().removeIf(kept -> kept.run().state().ended() && !there.contains(kept.run().id()));
  }

  private void put(RunFiles.Kept kept) {
    Run run = kept.run();
    runs.put(run.id(), kept);
    lastNumbers.merge(run.model(), number(run), Math::max);
  }

  // Not the time it began: another machine's clock may have been ahead, or two began at once.
  private static long number(Run run) {
    try {
      return Long.parseLong(run.id().substring(run.id().lastIndexOf('-') + 1), 36);
    } catch (NumberFormatException e) {
      return run.startedAt().toEpochMilli();
    }
  }

  /** An id that is greater than that of any run of the model; to be asked for with its lease. */
  String nextId(String model, Instant now) {
    long number = Math.max(lastNumbers.getOrDefault(model, 0L) + 1, now.toEpochMilli());
    lastNumbers.put(model, number);
    return model + "-" + Long.toString(number, 36);
  }

  Optional<Run> get(String id) {
    return Optional.ofNullable(runs.get(id)).map(RunFiles.Kept::run);
  }

  /** All, the newest first. */
  List<Run> list() {
    return runs.values().stream().sorted(OLDEST_FIRST.reversed()).map(RunFiles.Kept::run).toList();
  }

  /** The run that a request with a key asked for last; an empty key is none. */
  Optional<Run> byKey(String key) {
    return key.isEmpty()
        ? Optional.empty()
        : list().stream().filter(run -> run.request().key().equals(key)).findFirst();
  }

  /**
   * The run of a model that has not ended. Only its last one can be that: what an overtaken process
   * says late of an older one, which may be forgotten elsewhere, does not count.
   */
  Optional<Run> unended(String model) {
    return runs.values().stream()
        .map(RunFiles.Kept::run)
        .filter(run -> run.model().equals(model))
        .max(Comparator.comparingLong(RunHistory::number))
        .filter(run -> !run.state().ended());
  }

  /** The runs that have not ended: at most one a model. */
  List<Run> unended() {
    return runs.values().stream()
        .map(kept -> kept.run().model())
        .distinct()
        .sorted()
        .flatMap(model -> unended(model).stream())
        .toList();
  }

  /**
   * Keeps a run as it stands.
   *
   * @param epoch of the lease that its process holds
   * @throws UncheckedIOException when it cannot be kept
   */
  void keep(Run run, long epoch) {
    var kept = new RunFiles.Kept(run, epoch);
    files.keep(kept);
    put(kept);
    keptHere.add(run.id());
  }

  // What has happened has happened: the next process, if it does not know, goes on with the run and
  // comes to the same.
  void keepAtLeastHere(Run run, long epoch) {
    var kept = new RunFiles.Kept(run, epoch);
    put(kept);
    keptHere.add(run.id());
    try {
      files.keep(kept);
    } catch (UncheckedIOException e) {
      LOG.error("That the run {} is {} cannot be kept", run.id(), run.state().label(), e);
    }
  }

  /** Changes what is remembered of a run here, and nowhere else. */
  void change(String id, UnaryOperator<Run> change) {
    runs.computeIfPresent(
        id, (_, kept) -> new RunFiles.Kept(change.apply(kept.run()), kept.epoch()));
  }

  /** Leaves a run to what others say of it. */
  void leave(String id) {
    runs.remove(id);
    keptHere.remove(id);
  }

  /** Forgets ended runs, the oldest first, until there are no more than so many. */
  void forgetOldest(int max) {
    List<RunFiles.Kept> oldest = new ArrayList<>(runs.values());
    oldest.sort(OLDEST_FIRST);
    for (RunFiles.Kept kept : oldest) {
      if (runs.size() <= max) {
        return;
      }
      if (kept.run().state().ended()) {
        leave(kept.run().id());
        files.forget(kept.run().id());
      }
    }
  }
}
