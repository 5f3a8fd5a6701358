package dev.attune.load.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.load.process.Child;
import dev.attune.load.process.Control;
import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A dispatcher on one state folder, in one life after the other. */
final class Victim implements AutoCloseable {
  private static final long DEATH_SECONDS_MAX = 10;

  private final String name;
  private final List<String> command;
  private final Path directory;
  private final Path errors;
  private @Nullable Child child;

  /**
   * @param command that starts it
   * @param errors file that gets what it says on standard error
   */
  Victim(String name, List<String> command, Path directory, Path errors) {
    this.name = name;
    this.command = List.copyOf(command);
    this.directory = directory;
    this.errors = errors;
  }

  /** Starts it; returns before it is ready. */
  void start() throws IOException, InterruptedException {
    Child started = Child.start(name, command, directory, errors);
    synchronized (this) {
      child = started;
    }
  }

  synchronized boolean isUp() {
    return child != null;
  }

  /** Whether it delivers, or could. */
  synchronized boolean isReady() throws IOException, InterruptedException {
    return child != null && Control.ask(child.port("control"), "/ready").asBoolean();
  }

  /** How many deliveries wait for it. */
  synchronized long pending() throws IOException, InterruptedException {
    return status().path("pending").asLong();
  }

  /** What it says of itself. */
  synchronized JsonNode status() throws IOException, InterruptedException {
    return Control.ask(up().port("control"), "/status");
  }

  /** Kills it; returns when it is dead. */
  synchronized void kill() throws InterruptedException {
    Child alive = up();
    alive.handle().destroyForcibly();
    try {
      var _ = alive.handle().onExit().get(DEATH_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new Complaint(name + " survived a kill.", e);
    }
    alive.close();
    child = null;
  }

  private Child up() {
    if (child == null) {
      throw new IllegalStateException(name + " is not up");
    }
    return child;
  }

  @Override
  public synchronized void close() {
    if (child != null) {
      child.close();
      child = null;
    }
  }
}
