package dev.attune.load.lookup;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Starts this bench's other JVMs. */
final class Servers {
  private static final List<String> JVM =
      List.of(
          "-XX:+UseCompactObjectHeaders",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private Servers() {}

  /** The profile service with so much near-cache. */
  static Child lookup(int redisPort, long cacheBytes, Path work, Path errors)
      throws IOException, InterruptedException {
    return Child.start(
        "the profile service",
        java(
            List.of("-Xms512m", "-Xmx512m", "-XX:MaxDirectMemorySize=128m"),
            LookupServer.class,
            String.valueOf(redisPort),
            String.valueOf(cacheBytes)),
        work,
        errors);
  }

  static List<String> java(List<String> options, Class<?> main, String... arguments) {
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
}
