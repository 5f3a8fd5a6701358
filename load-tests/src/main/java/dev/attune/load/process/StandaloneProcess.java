package dev.attune.load.process;

import dev.attune.standalone.terminal.Complaint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./attune up} as people start it: a process of its own, through the launcher. */
public final class StandaloneProcess implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofMinutes(2);
  private static final Duration STOP_MAX = Duration.ofMinutes(1);
  private static final Duration POLL = Duration.ofMillis(10);
  private static final int TAIL_LINES = 5;

  // As ./attune up says where it can be reached.
  private static final Pattern ADDRESS =
      Pattern.compile("\\s+(HTTP|gRPC|Kafka|Redis)\\s+(?:http://)?(\\S+:\\d+)\\b.*");

  private final Process process;
  private final Map<String, String> addresses;
  private final Duration startTime;

  private StandaloneProcess(Process process, Map<String, String> addresses, Duration startTime) {
    this.process = process;
    this.addresses = addresses;
    this.startTime = startTime;
  }

  /**
   * Starts it and waits until {@code /health/ready} answers 200.
   *
   * @param root of the repository
   * @param config file that names data folder and ports
   * @param errors file that gets what it says on standard error
   * @throws Complaint when it does not become ready; then it is stopped
   */
  public static StandaloneProcess start(Path root, Path config, Path errors)
      throws InterruptedException {
    return start(launcher(root, config), root, errors);
  }

  /** The command that starts it through the launcher. */
  public static List<String> launcher(Path root, Path config) {
    return List.of(root.resolve("attune").toString(), "up", "--config", config.toString());
  }

  /**
   * Starts it by a command of the caller's and waits until {@code /health/ready} answers 200.
   *
   * @param directory in which it runs
   * @param errors file that gets what it says on standard error
   * @throws Complaint when it does not become ready; then it is stopped
   */
  public static StandaloneProcess start(List<String> command, Path directory, Path errors)
      throws InterruptedException {
    long began = System.nanoTime();
    Process process = launch(command, directory, errors);
    Map<String, String> addresses = new ConcurrentHashMap<>();
    // Not a virtual one: reading from a pipe keeps the thread that carries it, and there are two.
    Thread.ofPlatform().daemon().name("attune-output").start(() -> read(process, addresses));
    boolean ready = false;
    try {
      awaitReady(process, addresses, began + START_MAX.toNanos(), errors);
      ready = true;
      Duration startTime = Duration.ofNanos(System.nanoTime() - began);
      return new StandaloneProcess(process, addresses, startTime);
    } finally {
      if (!ready) {
        stop(process);
      }
    }
  }

  /**
   * Begins to start it, and kills it after a while, wherever it is by then.
   *
   * @throws Complaint when it ended by itself before
   */
  public static void killWhileStarting(
      List<String> command, Path directory, Path errors, Duration after)
      throws InterruptedException {
    Process process = launch(command, directory, errors);
    Thread.ofPlatform().daemon().name("attune-output").start(() -> read(process, new HashMap<>()));
    boolean ended;
    try {
      ended = process.waitFor(after.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      kill(process);
    }
    if (ended) {
      throw new Complaint("./attune up ended by itself while it started: " + tail(errors));
    }
  }

  private static Process launch(List<String> command, Path directory, Path errors) {
    try {
      return new ProcessBuilder(command)
          .directory(directory.toFile())
          .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
          .start();
    } catch (IOException e) {
      throw new Complaint("the launcher cannot be started (" + e.getMessage() + ").", e);
    }
  }

  private static void read(Process process, Map<String, String> addresses) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher address = ADDRESS.matcher(line);
        if (address.matches()) {
          addresses.put(address.group(1), address.group(2));
        }
      }
    } catch (IOException e) {
      // The process has ended; whoever waits for it sees that.
    }
  }

  private static void awaitReady(
      Process process, Map<String, String> addresses, long deadline, Path errors)
      throws InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      while (true) {
        if (addresses.size() == 4 && isReady(http, addresses)) {
          return;
        }
        if (!process.isAlive()) {
          throw new Complaint("./attune up ended before it was ready: " + tail(errors));
        }
        if (System.nanoTime() > deadline) {
          throw new Complaint(
              "./attune up was not ready within " + START_MAX.toSeconds() + " s: " + tail(errors));
        }
        TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
      }
    }
  }

  private static boolean isReady(HttpClient http, Map<String, String> addresses)
      throws InterruptedException {
    URI ready = URI.create("http://" + addresses.get("HTTP") + "/health/ready");
    try {
      return http.send(
                  HttpRequest.newBuilder(ready).timeout(Duration.ofSeconds(5)).build(),
                  BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private static String tail(Path errors) {
    try {
      List<String> lines = Files.readAllLines(errors);
      return String.join(
          " | ", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "it said nothing";
    }
  }

  /** From its start until it was ready. */
  public Duration startTime() {
    return startTime;
  }

  /** {@code http://host:port}. */
  public String url() {
    return "http://" + address("HTTP");
  }

  /** {@code host:port} of gRPC. */
  public String grpc() {
    return address("gRPC");
  }

  /** {@code host:port} of the broker. */
  public String kafka() {
    return address("Kafka");
  }

  private String address(String name) {
    String address = addresses.get(name);
    if (address == null) {
      throw new IllegalStateException("./attune up did not say where " + name + " is");
    }
    return address;
  }

  /** The JVM's process; its Redis is a child of it. */
  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** As {@code kill -9}: its Redis stays behind. */
  public void kill() throws InterruptedException {
    kill(process);
  }

  /**
   * Asks it to end, and kills it after a while. True when it was killed, false when it had ended by
   * then.
   */
  public boolean killWhileStopping(Duration after) throws InterruptedException {
    // The process itself cannot be asked to: its own destroy also closes its output.
    process.toHandle().destroy();
    if (process.waitFor(after.toMillis(), TimeUnit.MILLISECONDS)) {
      return false;
    }
    kill(process);
    return true;
  }

  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
      throw new Complaint(
          "./attune up did not die within " + STOP_MAX.toSeconds() + " s of its kill.");
    }
  }

  /** Ends it as a service manager would. */
  @Override
  public void close() {
    stop(process);
  }

  private static void stop(Process process) {
    // The children first: once the parent has gone they are nobody's.
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
