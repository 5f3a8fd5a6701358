package dev.attune.standalone.terminal;

import java.util.function.LongSupplier;

/**
 * Progress as one line that moves: in words and with the time it takes, and a bar beside them from
 * when the total is known.
 */
final class MovingProgress implements Progress {
  private static final int BAR_MIN = 10;
  private static final int BAR_MAX = 40;

  /** A word that is cut to less says nothing. */
  private static final int CUT_MIN = 20;

  private final Terminal terminal;
  private final String doing;
  private final String what;
  private final String unit;
  private final LongSupplier nanos;
  private final long began;
  private int bar = BAR_MAX;
  private long total;
  private String detail = "";
  private String brief = "";

  /**
   * @param doing what is done with it: left out beside a bar, which shows that
   */
  MovingProgress(Terminal terminal, String doing, String what, String unit, LongSupplier nanos) {
    this.terminal = terminal;
    this.doing = doing;
    this.what = what;
    this.unit = unit;
    this.nanos = nanos;
    this.began = nanos.getAsLong();
  }

  @Override
  public synchronized void total(long total) {
    this.total = total;
  }

  @Override
  public synchronized void detail(String words) {
    detail(words, "");
  }

  @Override
  public synchronized void detail(String words, String brief) {
    this.detail = words;
    this.brief = brief;
  }

  @Override
  public synchronized void at(long done) {
    terminal.move(total > 0 ? withBar(done) : inWords(done));
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

  private String inWords(long done) {
    String count = done == 0 && !detail.isEmpty() ? "" : done + " " + unit + ", ";
    String words = detail.isEmpty() ? "" : detail + ", ";
    long seconds = (nanos.getAsLong() - began) / 1_000_000_000;
    return doing + " " + what + ": " + count + words + seconds + " s";
  }

  private String withBar(long done) {
    double share = Math.clamp((double) done / total, 0, 1);
    // Rounded down: 100 % is all of it.
    String head = "%s %3d%% [".formatted(what, (int) (share * 100));
    String words = brief.isEmpty() ? done + " of " + total + " " + unit : brief;
    int room = terminal.width() - head.length() - "] ".length();
    // It never grows again: with every digit more or less it would tremble.
    bar = Math.clamp(room - words.length(), BAR_MIN, bar);
    int filled = (int) (share * bar);
    return head
        + "=".repeat(filled)
        + (filled < bar ? ">" : "")
        + " ".repeat(Math.max(0, bar - filled - 1))
        + "] "
        + fitting(words, room - bar);
  }

  // As many of them as there is room for, none of them cut to what could be mistaken.
  private static String fitting(String words, int room) {
    StringBuilder fitting = new StringBuilder();
    for (String part : words.split("(?<=, )", -1)) {
      int left = room - fitting.length();
      String text = part.endsWith(", ") ? part.substring(0, part.length() - 2) : part;
      if (text.length() > left) {
        if (left >= CUT_MIN) {
          return fitting + text.substring(0, left - 3) + "...";
        }
        break;
      }
      fitting.append(part);
    }
    return fitting.toString().replaceFirst(", $", "");
  }
}
