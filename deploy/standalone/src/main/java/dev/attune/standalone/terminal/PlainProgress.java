package dev.attune.standalone.terminal;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Progress as lines: one when it begins, one every ten seconds, one when it ends. */
final class PlainProgress implements Progress {
  private static final Duration EVERY = Duration.ofSeconds(10);

  private final Terminal terminal;
  private final String task;
  private long total;
  private final String unit;
  private final LongSupplier nanos;
  private final long began;
  private long spoke;
  private long done;
  private String detail = "";

  PlainProgress(Terminal terminal, String task, long total, String unit, LongSupplier nanos) {
    this.terminal = terminal;
    this.task = task;
    this.total = total;
    this.unit = unit;
    this.nanos = nanos;
    this.began = nanos.getAsLong();
    this.spoke = began;
    terminal.note(task + " ...");
  }

  @Override
  public synchronized void total(long total) {
    this.total = total;
  }

  @Override
  public synchronized void at(long done) {
    this.done = done;
    long now = nanos.getAsLong();
    if (now - spoke >= EVERY.toNanos()) {
      spoke = now;
      terminal.note(task + ": " + words());
    }
  }

  @Override
  public synchronized void detail(String words) {
    this.detail = words;
  }

  @Override
  public synchronized void at(long done, String now) {
    at(done);
    terminal.note("  " + now);
  }

  @Override
  public synchronized void close() {
    double seconds = (nanos.getAsLong() - began) / 1e9;
    terminal.note(String.format("%s: %s in %.1f s", task, count(), seconds));
  }

  private String words() {
    if (done == 0 && total == 0 && !detail.isEmpty()) {
      return detail;
    }
    return count()
        + (total == 0 ? "" : " of " + total)
        + (detail.isEmpty() ? "" : " (" + detail + ")");
  }

  private String count() {
    return done + " " + unit;
  }
}
