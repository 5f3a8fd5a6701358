package dev.attune.load.lookup;

import java.time.Duration;

/** The processor time that a process spends while a driver counts. */
final class CpuWindow implements Driver.Window {
  private final ProcessHandle process;
  private Duration before = Duration.ZERO;
  private Duration spent = Duration.ZERO;

  CpuWindow(ProcessHandle process) {
    this.process = process;
  }

  @Override
  public void begins() {
    before = now();
  }

  @Override
  public void ends() {
    spent = now().minus(before);
  }

  private Duration now() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  double micros() {
    return spent.toNanos() / 1e3;
  }
}
