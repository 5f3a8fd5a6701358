package dev.attune.refresher.lease;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A process that holds leases.
 *
 * @param host its name, for people
 * @param pid as it sees itself: in a container often 1
 * @param machine the machine's boot and the namespace of its process ids; empty where these cannot
 *     be read, which is everywhere but on Linux
 * @param started when the process began, in clock ticks since that boot; empty with {@code machine}
 * @param id random: of no other holder, in this process or in any other
 */
public record Holder(String host, long pid, String machine, String started, String id) {
  /** Field of {@code /proc/PID/stat} behind the command, which may hold blanks: the start time. */
  private static final int STARTED = 19;

  /** A holder in this process. */
  public static Holder here() {
    long pid = ProcessHandle.current().pid();
    String started = started(pid);
    return new Holder(
        hostName(),
        pid,
        started.isEmpty() ? "" : thisMachine(),
        started,
        UUID.randomUUID().toString());
  }

  /** How messages call it. */
  public String label() {
    return host + ":" + pid;
  }

  /**
   * Whether its process is dead for sure. Only a process of the same machine, boot and namespace
   * can tell; a process id alone is that of many, in containers above all.
   */
  boolean isGone() {
    return !machine.isEmpty() && machine.equals(thisMachine()) && !started.equals(started(pid));
  }

  /** What tells its process from others, for the name of a file. */
  public String mark() {
    return machine + "." + pid + "." + started;
  }

  /** As {@link #isGone()}, of the process with a {@link #mark}. */
  public static boolean isGone(String mark) {
    String[] parts = mark.split("\\.", -1);
    return parts.length == 3
        && parts[1].matches("[0-9]{1,18}")
        && new Holder("", Long.parseLong(parts[1]), parts[0], parts[2], "").isGone();
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  private static String thisMachine() {
    try {
      String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      Path namespace = Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
      return boot + "-" + namespace.toString().replaceAll("[^0-9]", "");
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /** Empty when there is no such process. */
  private static String started(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[STARTED];
    } catch (IOException e) {
      return "";
    }
  }
}
