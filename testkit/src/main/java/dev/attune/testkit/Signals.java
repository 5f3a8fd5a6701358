package dev.attune.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What the Java API of processes cannot say to one. */
public final class Signals {
  private Signals() {}

  /** {@code STOP} or {@code CONT}. */
  public static void send(long pid, String name) {
    try {
      int exit = new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start().waitFor();
      if (exit != 0) {
        throw new IllegalStateException("kill -" + name + " ended with " + exit);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("kill -" + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("kill -" + name + " was interrupted", e);
    }
  }
}
