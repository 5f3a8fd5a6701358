package dev.attune.refresher.run;

import dev.attune.refresher.snapshot.Differences;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A run as it stands.
 *
 * @param id unique; told in the causes of the changes that it makes
 * @param kind of the model, e.g. {@code profiles}
 * @param overruled guards that would have refused it, and that force let pass: a sentence each
 * @param differences of a dry run that is done
 * @param starts how often it was begun or gone on with
 * @param message why it was refused or failed, in one sentence; else empty
 */
public record Run(
    String id,
    Request request,
    String kind,
    State state,
    Instant startedAt,
    Optional<Instant> endedAt,
    Figures figures,
    List<String> overruled,
    Optional<Differences> differences,
    int starts,
    String message) {
  /** Most sentences of guards that are kept. */
  private static final int OVERRULED_MAX = 20;

  /** Where a run is. */
  public enum State {
    /** It waits for the end of another one. */
    PLANNED,
    READING,
    DIFFING,
    WRITING,
    /** Somebody stopped it; it goes on when somebody says so. */
    PAUSED,
    /** All of it is applied; of a dry run: compared. */
    DONE,
    /** Nothing was changed: something is wrong with the snapshot or its mapping. */
    REFUSED,
    /** Infrastructure failed it, or it was cancelled; the next run takes up what is missing. */
    FAILED;

    /** Whether it ends a run. */
    public boolean ended() {
      return this == DONE || this == REFUSED || this == FAILED;
    }

    /** The name in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State of(String label) {
      return valueOf(label.toUpperCase(Locale.ROOT));
    }
  }

  /**
   * How far it is.
   *
   * @param rows in the snapshot, once they are read
   * @param total rows to write, once that is known: those that changed, or all events
   * @param written rows written so far
   * @param badRows rows given up on: each is a dead letter
   * @param kinds what the rows to write are
   */
  public record Figures(long rows, long total, long written, long badRows, Differences.Rows kinds) {
    static final Figures NONE = new Figures(0, 0, 0, 0, Differences.Rows.NONE);

    Figures withRows(long rows) {
      return new Figures(rows, total, written, badRows, kinds);
    }

    Figures withTotal(long total) {
      return new Figures(rows, total, written, badRows, kinds);
    }

    Figures withWritten(long written) {
      return new Figures(rows, total, written, badRows, kinds);
    }

    Figures withBadRows(long badRows) {
      return new Figures(rows, total, written, badRows, kinds);
    }

    Figures withKinds(Differences.Rows kinds) {
      return new Figures(rows, total, written, badRows, kinds);
    }
  }

  public Run {
    overruled = List.copyOf(overruled);
  }

  static Run planned(String id, Request request, String kind, Instant now) {
    return new Run(
        id,
        request,
        kind,
        State.PLANNED,
        now,
        Optional.empty(),
        Figures.NONE,
        List.of(),
        Optional.empty(),
        1,
        "");
  }

  public String model() {
    return request.model();
  }

  public long rows() {
    return figures.rows();
  }

  public long total() {
    return figures.total();
  }

  public long written() {
    return figures.written();
  }

  public long badRows() {
    return figures.badRows();
  }

  /** How long it took, or takes already. */
  Duration age(Instant now) {
    return Duration.between(startedAt, endedAt.orElse(now));
  }

  Run in(State state) {
    return with(state, endedAt, figures, overruled, differences, starts, message);
  }

  Run counted(Figures figures) {
    return with(state, endedAt, figures, overruled, differences, starts, message);
  }

  Run overruled(String guard) {
    if (overruled.contains(guard) || overruled.size() >= OVERRULED_MAX) {
      return this;
    }
    List<String> all = new ArrayList<>(overruled);
    all.add(guard);
    return with(state, endedAt, figures, all, differences, starts, message);
  }

  Run compared(Differences differences) {
    return with(state, endedAt, figures, overruled, Optional.of(differences), starts, message);
  }

  /** The same run, begun once more. */
  Run startedAgain() {
    return with(State.PLANNED, endedAt, figures, overruled, differences, starts + 1, message);
  }

  Run ended(State state, Instant now, String message) {
    return with(state, Optional.of(now), figures, overruled, differences, starts, message);
  }

  private Run with(
      State state,
      Optional<Instant> endedAt,
      Figures figures,
      List<String> overruled,
      Optional<Differences> differences,
      int starts,
      String message) {
    return new Run(
        id,
        request,
        kind,
        state,
        startedAt,
        endedAt,
        figures,
        overruled,
        differences,
        starts,
        message);
  }
}
