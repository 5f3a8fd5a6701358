package dev.attune.load.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a run was made on.
 *
 * @param cores that the process may use
 * @param memoryMb of the machine
 * @param cpu model
 * @param jdk version
 * @param loadAverage of the last minute before the run began; above 0, others were at work too.
 *     Negative when not known
 */
public record Machine(int cores, long memoryMb, String cpu, String jdk, double loadAverage) {
  /** This one, now. */
  public static Machine here() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    long bytes =
        system instanceof com.sun.management.OperatingSystemMXBean own
            ? own.getTotalMemorySize()
            : 0;
    return new Machine(
        Runtime.getRuntime().availableProcessors(),
        bytes >> 20,
        cpuModel(),
        System.getProperty("java.vendor") + " " + Runtime.version(),
        system.getSystemLoadAverage());
  }

  private static String cpuModel() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      // Only Linux has it.
      return System.getProperty("os.arch");
    }
  }
}
