package dev.attune.load.lookup;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * What the bulk writer has written, in memory that it shares with the driver. Times are of the
 * machine's monotonic clock, which both read. Two writes are remembered for each person: nobody is
 * written a third time within the bound.
 */
final class WriteLedger implements Versions {
  /** How old an answer may be. */
  static final Duration STALENESS_MAX = Duration.ofSeconds(2);

  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final int BEGUN = 0;
  private static final int ACKNOWLEDGED = 8;
  private static final int AT = 16;
  private static final int AT_BEFORE = 24;
  private static final int ENTRY = 32;

  private final MappedByteBuffer memory;
  private final int size;

  private WriteLedger(MappedByteBuffer memory, int size) {
    this.memory = memory;
    this.size = size;
  }

  /** Opens it, of the first so many people, and makes it when it is not there. */
  static WriteLedger open(Path file, int size) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return new WriteLedger(
          channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) size * ENTRY), size);
    }
  }

  /** Generations that are, or are being, written: 0 is the one that was loaded. */
  long begun(int index) {
    return get(index, BEGUN);
  }

  void begin(int index, long generation) {
    set(index, BEGUN, generation);
  }

  void acknowledge(int index, long generation, long nanos) {
    set(index, AT_BEFORE, get(index, AT));
    set(index, AT, nanos);
    set(index, ACKNOWLEDGED, generation);
  }

  @Override
  public int judge(int index, long version, long sentNanos) {
    long generation = version - Population.VERSION;
    if (index >= size) {
      return generation == 0 ? Tally.VERIFIED : Tally.WRONG;
    }
    if (generation < 0 || generation > begun(index)) {
      return Tally.WRONG;
    }
    // Read before the times: they can then only be later, which accuses nobody wrongly.
    long acknowledged = get(index, ACKNOWLEDGED);
    if (generation >= acknowledged) {
      return Tally.VERIFIED;
    }
    long since = sentNanos - STALENESS_MAX.toNanos();
    if (generation == acknowledged - 1) {
      return get(index, AT) > since ? Tally.VERIFIED : Tally.STALE;
    }
    return generation == acknowledged - 2 && get(index, AT_BEFORE) > since
        ? Tally.VERIFIED
        : Tally.STALE;
  }

  private long get(int index, int field) {
    return (long) LONGS.getAcquire(memory, index * ENTRY + field);
  }

  private void set(int index, int field, long value) {
    LONGS.setRelease(memory, index * ENTRY + field, value);
  }
}
