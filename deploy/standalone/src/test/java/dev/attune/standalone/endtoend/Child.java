package dev.attune.standalone.endtoend;

import dev.attune.standalone.Main;
import dev.attune.standalone.StandaloneConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Attune in a JVM of its own, on any free ports, so that it can be killed. */
final class Child implements AutoCloseable {
  private static final Duration READY_MAX = Duration.ofMinutes(2);
  private static final Duration END_MAX = Duration.ofMinutes(1);
  private static final Pattern LISTENER =
      Pattern.compile("\\s+(HTTP|gRPC|Kafka|Redis)\\s+(?:http://)?127\\.0\\.0\\.1:(\\d+)\\b.*");

  private final Process process;
  private final Path dataDir;
  private final CompletableFuture<StandaloneConfig.Ports> ports = new CompletableFuture<>();
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final CountDownLatch said = new CountDownLatch(1);

  private Child(Process process, Path dataDir) {
    this.process = process;
    this.dataDir = dataDir;
  }

  /**
   * Starts {@code ./attune up}; returns once it says that it is up.
   *
   * @param options after {@code --data-dir DIR} and the ports
   */
  static Child start(Path dataDir, String... options) throws IOException, InterruptedException {
    return start("up", dataDir, options);
  }

  /** The same with further environment variables. */
  static Child start(Path dataDir, Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    return up(launch("up", dataDir, environment, options));
  }

  /** The same with another command that runs a system. */
  static Child start(String command, Path dataDir, String... options)
      throws IOException, InterruptedException {
    return up(launch(command, dataDir, Map.of(), options));
  }

  private static Child up(Child child) throws IOException, InterruptedException {
    try {
      child.ports.get(READY_MAX.toMillis(), TimeUnit.MILLISECONDS);
      return child;
    } catch (ExecutionException | TimeoutException e) {
      child.close();
      throw new AssertionError("the standalone did not come up within " + READY_MAX, e);
    }
  }

  /** Begins to start it, and kills it after a while, wherever it is by then. */
  static void killWhileStarting(Path dataDir, Duration after, String... options)
      throws IOException, InterruptedException {
    Child child = launch("up", dataDir, Map.of(), options);
    if (child.process.waitFor(after.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("the standalone ended by itself while it started");
    }
    child.kill();
  }

  private static Child launch(
      String verb, Path dataDir, Map<String, String> environment, String... options)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx512m",
                "-XX:MaxMetaspaceSize=256m",
                "-XX:MaxDirectMemorySize=192m",
                "-XX:ReservedCodeCacheSize=128m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                verb,
                "--data-dir",
                dataDir.toString()));
    for (String listener : List.of("http", "grpc", "kafka", "redis")) {
      command.addAll(List.of("--" + listener + "-port", "0"));
    }
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Child child = new Child(builder.start(), dataDir);
    Thread.ofVirtual().name("child-output").start(child::read);
    return child;
  }

  private void read() {
    Map<String, Integer> found = new HashMap<>();
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        lines.add(line + "\n");
        Matcher listener = LISTENER.matcher(line);
        if (listener.matches()) {
          found.put(listener.group(1), Integer.parseInt(listener.group(2)));
        }
        if (found.size() == 4) {
          ports.complete(
              new StandaloneConfig.Ports(
                  found.getOrDefault("HTTP", 0),
                  found.getOrDefault("gRPC", 0),
                  found.getOrDefault("Kafka", 0),
                  found.getOrDefault("Redis", 0)));
        }
      }
    } catch (IOException e) {
      lines.add(e + "\n");
    }
    ports.completeExceptionally(new IllegalStateException("it said: " + output()));
    said.countDown();
  }

  /** What it has said until now, results and complaints together. */
  String output() {
    return String.join("", lines);
  }

  StandaloneConfig.Ports ports() {
    return ports.join();
  }

  String url() {
    return "http://127.0.0.1:" + ports().http();
  }

  /** The process id that the embedded Redis wrote down. */
  long redisPid() throws IOException {
    return Long.parseLong(Files.readString(dataDir.resolve("redis/redis.pid")).strip());
  }

  /** Whether a process runs a program; one that has ended and was not reaped yet does not. */
  static boolean runs(long pid) {
    return ProcessHandle.of(pid).flatMap(handle -> handle.info().command()).isPresent();
  }

  /** As {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    awaitEnd();
  }

  /** As {@code kill}; returns the exit code. */
  int terminate() throws InterruptedException {
    // The process itself cannot be asked to: its own destroy also closes its output.
    process.toHandle().destroy();
    int code = awaitEnd();
    // A Redis that is left behind by a kill keeps it open; after this there is none.
    if (!said.await(END_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("the standalone's output did not end with it");
    }
    return code;
  }

  private int awaitEnd() throws InterruptedException {
    if (!process.waitFor(END_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("the standalone did not end within " + END_MAX);
    }
    return process.exitValue();
  }

  /** Leaves neither it nor its Redis behind. */
  @Override
  public void close() throws IOException, InterruptedException {
    if (process.isAlive()) {
      process.destroyForcibly().waitFor();
    }
    if (Files.exists(dataDir.resolve("redis/redis.pid"))) {
      ProcessHandle.of(redisPid())
          .filter(
              redis -> redis.info().command().filter(c -> c.startsWith(dataDir + "/")).isPresent())
          .ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
