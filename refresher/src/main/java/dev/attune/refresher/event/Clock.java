package dev.attune.refresher.event;

/** What tells how far the events have come. */
public enum Clock {
  /** The receive stamps: live work. */
  WALL,
  /** Tick records in the events topic: a job that runs on the events' time. */
  TICKS
}
