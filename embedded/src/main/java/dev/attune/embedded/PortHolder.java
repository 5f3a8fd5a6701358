package dev.attune.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Says which process listens on a port. A help for people: when it cannot tell, it says so. */
public final class PortHolder {
  private static final String UNKNOWN = "another process";
  private static final String LISTENING = "0A";

  private PortHolder() {}

  /** For example {@code redis-server (pid 4711)}, else {@code another process}. */
  public static String describe(int port) {
    Path proc = Path.of("/proc");
    return (Files.isReadable(proc.resolve("net/tcp")) ? fromProc(proc, port) : fromLsof(port))
        .orElse(UNKNOWN);
  }

  private static Optional<String> fromProc(Path proc, int port) {
    Set<String> sockets = new HashSet<>();
    for (String table : List.of("net/tcp", "net/tcp6")) {
      sockets.addAll(listening(proc.resolve(table), port));
    }
    if (sockets.isEmpty()) {
      return Optional.empty();
    }
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path process : processes) {
        if (holdsOne(process, sockets)) {
          String name = Files.readString(process.resolve("comm")).strip();
          return Optional.of(name + " (pid " + process.getFileName() + ")");
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // The process went away while we looked: it holds nothing any more.
      return Optional.empty();
    }
    return Optional.empty();
  }

  /** Inodes, as {@code socket:[123]}, of the sockets that listen on the port. */
  private static Set<String> listening(Path table, int port) {
    Set<String> sockets = new HashSet<>();
    try {
      for (String line : Files.readAllLines(table, StandardCharsets.US_ASCII)) {
        List<String> columns = List.of(line.strip().split("\\s+"));
        if (columns.size() > 9
            && columns.get(3).equals(LISTENING)
            && columns.get(1).endsWith(":%04X".formatted(port))) {
          sockets.add("socket:[" + columns.get(9) + "]");
        }
      }
    } catch (IOException e) {
      return Set.of(); // no IPv6 on this machine, for one
    }
    return sockets;
  }

  private static boolean holdsOne(Path process, Set<String> sockets) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
          return true;
        }
      }
    } catch (IOException | DirectoryIteratorException | UncheckedIOException e) {
      return false; // not ours to read, or gone
    }
    return false;
  }

  private static Optional<String> fromLsof(int port) {
    try {
      Process lsof =
          new ProcessBuilder("lsof", "-nP", "-iTCP:" + port, "-sTCP:LISTEN", "-Fpc")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (BufferedReader lines = lsof.inputReader(StandardCharsets.UTF_8)) {
        if (!lsof.waitFor(2, TimeUnit.SECONDS)) {
          lsof.destroyForcibly();
          return Optional.empty();
        }
        String pid = "";
        for (String line : lines.lines().toList()) {
          if (line.startsWith("p")) {
            pid = line.substring(1);
          } else if (line.startsWith("c")) {
            return Optional.of(line.substring(1) + " (pid " + pid + ")");
          }
        }
      }
    } catch (IOException e) {
      return Optional.empty(); // no lsof here
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }
}
