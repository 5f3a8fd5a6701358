package dev.attune.standalone.terminal;

/**
 * Progress in words, as one line that moves: for a task that says more of itself than a bar holds.
 */
final class MovingProgress implements Progress {
  private final Terminal terminal;
  private final String task;
  private final String unit;
  private long total;
  private String detail = "";

  MovingProgress(Terminal terminal, String task, String unit) {
    this.terminal = terminal;
    this.task = task;
    this.unit = unit;
  }

  @Override
  public synchronized void total(long total) {
    this.total = total;
  }

  @Override
  public synchronized void detail(String words) {
    this.detail = words;
  }

  @Override
  public synchronized void at(long done) {
    terminal.move(
        task
            + ": "
            + done
            + (total == 0 ? "" : " of " + total)
            + " "
            + unit
            + (detail.isEmpty() ? "" : " (" + detail + ")"));
  }

  @Override
  public synchronized void at(long done, String now) {
    detail(now);
    at(done);
  }

  @Override
  public void close() {
    // The next line of the terminal ends this one.
  }
}
