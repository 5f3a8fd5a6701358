package dev.attune.embedded;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a Redis process on a data directory, on loopback, with an append-only file that is
 * synced every second. When it dies it stays dead: {@link EmbeddedRedis} is the one that comes
 * back.
 */
public final class RedisServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RedisServer.class);

  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(10);
  private static final Duration PROBE_INTERVAL = Duration.ofMillis(5);
  private static final Path SETSID = Path.of("/usr/bin/setsid");
  private static final int START_ATTEMPTS_MAX = 5;

  private final Path directory;
  private final DirectoryLock lock;
  private final Process process;
  private final int port;

  private RedisServer(Path directory, DirectoryLock lock, Process process, int port) {
    this.directory = directory;
    this.lock = lock;
    this.process = process;
    this.port = port;
  }

  /**
   * Starts Redis and returns once it answers, its data loaded. One that was left behind on this
   * directory by a killed process is stopped first.
   *
   * @param directory of its data, its binary, its pid file and its log; created the first time
   * @param port to listen on, 0 for any free one
   * @throws PortTakenException when somebody listens on that port
   * @throws IllegalStateException when the directory is in use, or Redis does not start
   */
  public static RedisServer start(Path directory, int port) {
    return start(directory, port, List.of());
  }

  /**
   * The same, with other options.
   *
   * @param options after the usual ones, of which they may be stronger: {@code --name}, {@code
   *     value}
   */
  public static RedisServer start(Path directory, int port, List<String> options) {
    DirectoryLock lock = DirectoryLock.acquire(directory);
    try {
      return start(directory, lock, RedisBinary.extract(directory), port, options);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** The same, of a program that is installed on this machine. */
  public static RedisServer start(Path binary, Path directory, int port, List<String> options) {
    DirectoryLock lock = DirectoryLock.acquire(directory);
    try {
      return start(directory, lock, binary, port, options);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static RedisServer start(
      Path directory, DirectoryLock lock, Path binary, int port, List<String> options) {
    stopOrphan(directory, binary);
    for (int attempt = 1; ; attempt++) {
      if (port != 0 && !Ports.isFree(port)) {
        throw new PortTakenException("Redis", port);
      }
      int chosen = port == 0 ? Ports.anyFree() : port;
      Process process = launch(directory, binary, chosen, options);
      var server = new RedisServer(directory, lock, process, chosen);
      if (server.awaitReady()) {
        return server;
      }
      server.destroy();
      // A port that somebody else was faster at is the one reason to try again.
      if (attempt == START_ATTEMPTS_MAX || Ports.isFree(chosen)) {
        throw new IllegalStateException(
            "Redis did not start; its last words are in " + logFile(directory) + ".");
      }
    }
  }

  /** The port it listens on. */
  public int port() {
    return port;
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** Whether the process is there. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Completes when the process has ended, for whatever reason. */
  CompletableFuture<Process> onExit() {
    return process.onExit();
  }

  /** Ends it without a chance to say goodbye. */
  public void kill() {
    destroy();
    lock.close();
  }

  /** Lets it sync its data and end. */
  @Override
  public void close() {
    stop(process.toHandle());
    lock.close();
  }

  private void destroy() {
    process.destroyForcibly();
    await(process.toHandle(), STOP_MAX);
  }

  private static Process launch(Path directory, Path binary, int port, List<String> options) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(SETSID)) {
      // Out of the terminal's process group: Ctrl-C is for the parent, which still needs its store
      // while it drains.
      command.add(SETSID.toString());
    }
    command.add(binary.toAbsolutePath().toString());
    option(command, "bind", Ports.LOOPBACK);
    option(command, "port", String.valueOf(port));
    option(command, "dir", directory.toAbsolutePath().toString());
    option(command, "pidfile", pidFile(directory).toAbsolutePath().toString());
    option(command, "daemonize", "no");
    option(command, "databases", "1");
    option(command, "appendonly", "yes");
    option(command, "appendfsync", "everysec");
    option(command, "save", "");
    option(command, "maxmemory", "0");
    command.addAll(options);
    try {
      File logFile = logFile(directory).toFile();
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
          .redirectOutput(ProcessBuilder.Redirect.to(logFile))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Redis cannot be run from " + binary + " (is the file system mounted noexec?).", e);
    }
  }

  private static void option(List<String> command, String name, String value) {
    command.add("--" + name);
    command.add(value);
  }

  /** Whether it answers; false when it ended or was not ready in time. */
  private boolean awaitReady() {
    long deadline = System.nanoTime() + START_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      if (hasWrittenPid() && answers()) {
        return true;
      }
      try {
        if (process.waitFor(PROBE_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
          return false;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  /** It does so once it listens, so that whoever answers on the port is this very process. */
  private boolean hasWrittenPid() {
    return readPid(directory).filter(pid -> pid == process.pid()).isPresent();
  }

  /** Asks for a PONG; while the data is being loaded the answer is an error. */
  private boolean answers() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral(Ports.LOOPBACK), port), 1_000);
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(5);
      return new String(answer, StandardCharsets.US_ASCII).equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  /** Stops a Redis of this directory that outlived its parent, so that its data has one writer. */
  private static void stopOrphan(Path directory, Path binary) {
    orphans(directory, binary)
        .forEach(
            handle -> {
              log.info("Stopping a Redis (pid {}) that was left behind", handle.pid());
              stop(handle);
            });
  }

  /**
   * Whoever runs this directory's own binary, also one whose parent was killed before it wrote its
   * pid; of a binary that others use, too, the one of the pid file.
   */
  private static List<ProcessHandle> orphans(Path directory, Path binary) {
    Stream<ProcessHandle> candidates =
        binary.toAbsolutePath().startsWith(directory.toAbsolutePath())
            ? ProcessHandle.allProcesses()
            : readPid(directory).flatMap(ProcessHandle::of).stream();
    return candidates.filter(handle -> runs(handle, binary)).toList();
  }

  private static Optional<Long> readPid(Path directory) {
    try {
      return Optional.of(Long.parseLong(Files.readString(pidFile(directory)).strip()));
    } catch (NoSuchFileException | NumberFormatException e) {
      return Optional.empty(); // not written yet, or half
    } catch (IOException e) {
      throw new UncheckedIOException("Redis' pid file in " + directory + " cannot be read.", e);
    }
  }

  /**
   * Whether a process is this directory's binary, and not a stranger who was given its number.
   * Redis rewrites its command line, but the program that it runs is a file of this directory.
   */
  private static boolean runs(ProcessHandle handle, Path binary) {
    try {
      String path = binary.toRealPath().toString();
      return handle.info().command().filter(path::equals).isPresent();
    } catch (IOException e) {
      throw new UncheckedIOException("Redis' binary " + binary + " is gone.", e);
    }
  }

  private static void stop(ProcessHandle handle) {
    handle.destroy();
    if (!await(handle, STOP_MAX)) {
      log.warn("Redis (pid {}) did not stop within {}, killing it", handle.pid(), STOP_MAX);
      handle.destroyForcibly();
      await(handle, STOP_MAX);
    }
  }

  /**
   * Waits until it has ended. One that nobody reaps (an orphan in a container without an init)
   * counts as ended, too: it runs no program any more.
   */
  private static boolean await(ProcessHandle handle, Duration max) {
    long deadline = System.nanoTime() + max.toNanos();
    while (handle.isAlive() && handle.info().command().isPresent()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      try {
        Thread.sleep(PROBE_INTERVAL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  private static Path pidFile(Path directory) {
    return directory.resolve("redis.pid");
  }

  private static Path logFile(Path directory) {
    return directory.resolve("redis.log");
  }
}
