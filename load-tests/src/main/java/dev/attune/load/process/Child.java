package dev.attune.load.process;

import dev.attune.standalone.terminal.Complaint;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** A process that says its ports in its first line, and ends with its standard input. */
public final class Child implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(15);

  private static final List<String> JVM =
      List.of(
          "-XX:+UseCompactObjectHeaders",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private final Process process;
  private final Map<String, Integer> ports;

  private Child(Process process, Map<String, Integer> ports) {
    this.process = process;
    this.ports = ports;
  }

  /**
   * Starts it and waits for its ports.
   *
   * @param errors file that gets what it says on standard error
   * @throws Complaint when it does not say them
   */
  public static Child start(String name, List<String> command, Path directory, Path errors)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
            .start();
    var first = new CompletableFuture<String>();
    // Not a virtual one: reading from a pipe keeps the thread that carries it, and there are two.
    Thread.ofPlatform().daemon().name("child-output").start(() -> read(process, first));
    try {
      String[] words = first.get(START_MAX.toSeconds(), TimeUnit.SECONDS).split(" ", -1);
      Map<String, Integer> ports = new HashMap<>();
      for (int i = 0; i + 1 < words.length; i += 2) {
        ports.put(words[i], Integer.valueOf(words[i + 1]));
      }
      return new Child(process, ports);
    } catch (TimeoutException | ExecutionException | NumberFormatException e) {
      process.destroyForcibly();
      throw new Complaint(
          name + " did not start within " + START_MAX.toSeconds() + " s; see " + errors + ".", e);
    }
  }

  /**
   * The command of a JVM with this one's class path.
   *
   * @param options of the JVM, beside those that all have
   */
  public static List<String> java(List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    command.addAll(options);
    command.add("-cp");
    command.add(classPath());
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return command;
  }

  // As it was given, it is relative to this process' folder.
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void read(Process process, CompletableFuture<String> first) {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        first.complete(line);
      }
    } catch (IOException e) {
      first.completeExceptionally(e);
    }
    first.completeExceptionally(new IOException("it ended"));
  }

  /** The port that it said under this name. */
  public int port(String name) {
    Integer port = ports.get(name);
    if (port == null) {
      throw new IllegalStateException("a child did not say its port for " + name);
    }
    return port;
  }

  /** The process. */
  public ProcessHandle handle() {
    return process.toHandle();
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
