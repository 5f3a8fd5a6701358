package dev.attune.load.lookup;

import dev.attune.load.process.Child;
import dev.attune.load.socket.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * One thing that is asked: where, how, and for whom.
 *
 * @param name for people
 * @param server the process whose processor time counts
 * @param connections made anew for each run
 * @param underWay calls on each connection when it is driven as far as it goes
 */
record Station(
    String name, Child server, Connections connections, int count, int underWay, IntSupplier who) {
  /** Connects once. */
  interface Connections {
    Connection connect() throws IOException;
  }

  /** What a run found. */
  record Run(Tally tally, double cpuMicros) {
    /** Of the server, each request's. */
    double cpuMicrosPerRequest() {
      return cpuMicros / tally.verified();
    }
  }

  /** A run of a driver. */
  interface Drive {
    Tally run(Driver driver, IntSupplier who) throws IOException;
  }

  Run run(int connectionCount, Drive drive) throws IOException {
    var cpu = new CpuWindow(server.handle());
    List<Connection> open = new ArrayList<>();
    for (int i = 0; i < connectionCount; i++) {
      open.add(connections.connect());
    }
    try (var driver = new Driver(open, cpu)) {
      return new Run(drive.run(driver, who), cpu.micros());
    }
  }

  /** As fast as it goes. */
  Run saturate(Duration warmUp, Duration length) throws IOException {
    return run(count, (driver, who) -> driver.closed(who, underWay, warmUp, length));
  }

  /** One call at a time. */
  Run one(Duration warmUp, Duration length) throws IOException {
    return run(1, (driver, who) -> driver.closed(who, 1, warmUp, length));
  }

  /** So many a second. */
  Run at(double rate, Duration warmUp, Duration length) throws IOException {
    return run(count, (driver, who) -> driver.open(who, rate, warmUp, length));
  }
}
