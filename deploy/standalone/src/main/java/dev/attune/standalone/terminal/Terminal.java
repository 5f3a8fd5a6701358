package dev.attune.standalone.terminal;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Scanner;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Where people read: results on standard output, progress and complaints on standard error. Bars
 * and lines that move are drawn only where somebody watches; elsewhere they are plain lines.
 */
public final class Terminal {
  // One less than the usual: a line that fills the last column goes on below.
  private static final int WIDTH = 79;

  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final boolean interactive;
  private final int width;
  private boolean moving;

  private Terminal(
      InputStream in, PrintStream out, PrintStream err, boolean interactive, int width) {
    this.in = in;
    this.out = out;
    this.err = err;
    this.interactive = interactive;
    this.width = width;
  }

  /** This process's own. */
  // Since JDK 25 there is no console again where nobody watches.
  @SuppressWarnings("SystemConsoleNull")
  public static Terminal system() {
    Console console = System.console();
    boolean interactive = console != null && console.isTerminal() && System.getenv("CI") == null;
    return new Terminal(
        System.in,
        stream(FileDescriptor.out),
        stream(FileDescriptor.err),
        interactive,
        width(System.getenv("ATTUNE_COLUMNS")));
  }

  /** One that nobody watches, e.g. in a test. */
  public static Terminal plain(PrintStream out, PrintStream err) {
    return new Terminal(InputStream.nullInputStream(), out, err, false, WIDTH);
  }

  /** One at which somebody sits, e.g. in a test. */
  public static Terminal watched(InputStream in, PrintStream out, PrintStream err) {
    return watched(in, out, err, WIDTH);
  }

  static Terminal watched(InputStream in, PrintStream out, PrintStream err, int width) {
    return new Terminal(in, out, err, true, width);
  }

  /**
   * What fits a line.
   *
   * @param columns of the terminal, as the launcher found them
   */
  static int width(@Nullable String columns) {
    return columns != null && columns.matches("[1-9][0-9]{1,3}")
        ? Integer.parseInt(columns) - 1
        : WIDTH;
  }

  // Not System.out: a library that writes there must not end up between two results.
  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  public boolean interactive() {
    return interactive;
  }

  /** Characters that a line has room for. */
  int width() {
    return width;
  }

  /** A line of the result. */
  public synchronized void result(String line) {
    stopMoving();
    out.println(line);
  }

  /** A line beside the result: progress, or what was wrong. */
  public synchronized void note(String line) {
    stopMoving();
    err.println(line);
  }

  /** A line that replaces the one before it, where somebody watches; else just a line. */
  public synchronized void move(String line) {
    if (!interactive) {
      err.println(line);
      return;
    }
    err.print("\r\033[K" + (line.length() > width ? line.substring(0, width) : line));
    err.flush();
    moving = true;
  }

  private void stopMoving() {
    if (moving) {
      err.println();
      moving = false;
    }
  }

  /** Asks a question that a person answers with y or n; nobody there means no. */
  public boolean confirm(String question) {
    if (!interactive) {
      return false;
    }
    err.print(question + " [y/N] ");
    err.flush();
    // Not closed: standard input is the process's.
    @SuppressWarnings("resource")
    var input = new Scanner(in, StandardCharsets.UTF_8);
    return input.hasNextLine() && input.nextLine().strip().toLowerCase(Locale.ROOT).startsWith("y");
  }

  /**
   * Shows how far a task has come whose total is not known yet: in words, and with a bar once it
   * is.
   *
   * @param doing the task, e.g. {@code Loading}
   * @param what of which thing
   */
  public Progress moving(String doing, String what, String unit) {
    return interactive
        ? new MovingProgress(this, doing, what, unit, System::nanoTime)
        : new PlainProgress(this, doing + " " + what, 0, unit, System::nanoTime);
  }

  /**
   * Shows how far a task has come.
   *
   * @param total in {@code unit}s, 0 when unknown
   */
  public Progress progress(String task, long total, String unit) {
    if (!interactive) {
      return new PlainProgress(this, task, total, unit, System::nanoTime);
    }
    var bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total == 0 ? -1 : total)
            .setUnit(" " + unit, 1)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .setConsumer(new ConsoleProgressBarConsumer(err, width))
            .setMaxRenderedLength(width)
            .build();
    return new Progress() {
      @Override
      public void total(long total) {
        bar.maxHint(total == 0 ? -1 : total);
      }

      @Override
      public void at(long done) {
        bar.stepTo(done);
      }

      @Override
      public void detail(String words) {
        bar.setExtraMessage(" " + words);
      }

      @Override
      public void at(long done, String now) {
        bar.setExtraMessage(" " + now).stepTo(done);
      }

      @Override
      public void close() {
        bar.close();
      }
    };
  }
}
