package dev.attune.load.faults;

import dev.attune.load.process.StandaloneProcess;
import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The system on one data folder that is killed and started again, each time on other ports. What it
 * says is asked for by many threads, all else by one.
 */
final class Victim implements AutoCloseable {
  /** Nobody listens there, and nobody is given it by chance. */
  private static final String NOWHERE = "http://127.0.0.1:1";

  private final List<String> command;
  private final Path directory;
  private final Path data;
  private final Path errors;
  private final List<Instant> deaths = new ArrayList<>();
  private final List<Duration> starts = new ArrayList<>();
  private volatile Optional<StandaloneProcess> process = Optional.empty();

  /**
   * @param command that starts it
   * @param directory in which the command runs
   * @param data folder that the command names
   * @param errors file that gets what it says on standard error
   */
  Victim(List<String> command, Path directory, Path data, Path errors) {
    this.command = List.copyOf(command);
    this.directory = directory;
    this.data = data;
    this.errors = errors;
  }

  /** Starts it, unless it is up. */
  void start() throws InterruptedException {
    if (process.isPresent()) {
      return;
    }
    StandaloneProcess started = StandaloneProcess.start(command, directory, errors);
    if (!deaths.isEmpty()) {
      starts.add(started.startTime());
    }
    process = Optional.of(started);
  }

  /** {@code http://host:port}; somewhere where nobody is while it is down. */
  String url() {
    return process.map(StandaloneProcess::url).orElse(NOWHERE);
  }

  /** {@code host:port} of the broker; empty while it is down. */
  Optional<String> kafka() {
    return process.map(StandaloneProcess::kafka);
  }

  /** {@code host:port} of gRPC. */
  String grpc() {
    return up().grpc();
  }

  /** When each kill was over, in order. */
  List<Instant> deaths() {
    return List.copyOf(deaths);
  }

  /** How long each start after a kill took until it was ready. */
  List<Duration> starts() {
    return List.copyOf(starts);
  }

  /** Kills it while it is up. */
  void kill() throws InterruptedException {
    up().kill();
    died();
  }

  /** Begins to start it and kills it after a while. */
  void killWhileStarting(Duration after) throws InterruptedException {
    StandaloneProcess.killWhileStarting(command, directory, errors, after);
    died();
  }

  /** Asks it to end and kills it after a while. False when it had ended by then. */
  boolean killWhileStopping(Duration after) throws InterruptedException {
    // Until then its collector is where it was: what it takes meanwhile has to count.
    boolean killed = up().killWhileStopping(after);
    if (killed) {
      died();
    } else {
      process = Optional.empty();
    }
    return killed;
  }

  /** Ends it as a service manager would. */
  void stop() {
    process.ifPresent(StandaloneProcess::close);
    process = Optional.empty();
  }

  private StandaloneProcess up() {
    return process.orElseThrow(() -> new IllegalStateException("it is not up"));
  }

  // From here on nobody is where it was: its ports may be somebody else's.
  private void died() {
    process = Optional.empty();
    deaths.add(Instant.now());
  }

  /** Leaves neither it nor its Redis behind. */
  @Override
  public void close() {
    stop();
    Path pid = data.resolve("redis").resolve("redis.pid");
    try {
      if (Files.exists(pid)) {
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
            .filter(
                redis -> redis.info().command().filter(c -> c.startsWith(data + "/")).isPresent())
            .ifPresent(ProcessHandle::destroyForcibly);
      }
    } catch (IOException | NumberFormatException e) {
      throw new Complaint("a Redis may be left behind: " + pid + " cannot be read.", e);
    }
  }
}
