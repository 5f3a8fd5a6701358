package dev.attune.refresher.lease;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What became of a model's lease and of the state that it guards: records with growing numbers, a
 * file each. The newest one counts.
 *
 * <p>All that is asked of the file system is that a file can be created by one process alone. A
 * number is given once: whoever creates its file writes its record, and everybody behind whom
 * another number was created has been overtaken, and finds out by either of two things: the number
 * it wants exists, or, once its own record is whole, there is a greater one. So that nothing is
 * lost between two of them,
 *
 * <ul>
 *   <li>a holder takes what it published for published only when it has written it, <em>then</em>
 *       looked, and found no greater number;
 *   <li>who takes the lease creates its number, <em>then</em> reads what the one before says, and
 *       then writes its own record on top of that.
 * </ul>
 *
 * What was written before the number was created is seen, and what was not is not taken for
 * published. (The same in words of registers: each number is decided once, as in a log of consensus
 * instances; the exclusive create decides.)
 *
 * <p>A file without a whole record is that of somebody who writes it at the moment or died over it:
 * a number that says nothing.
 */
final class LeaseLog {
  /** Numbers that are kept, so that what has gone before can be looked at. */
  static final int KEPT = 32;

  private static final String NAME = "[0-9]{19}";

  private final Path directory;
  private final Runnable between;

  /**
   * @param directory created with the first record
   * @param between called between any two steps on the file system
   */
  LeaseLog(Path directory, Runnable between) {
    this.directory = directory;
    this.between = between;
  }

  /**
   * The end of the log.
   *
   * @param number the greatest; 0 when there is none
   * @param record the newest that is whole; empty when there is none
   * @param whole whether that is the one with the greatest number
   */
  record Top(long number, Optional<LeaseRecord> record, boolean whole) {}

  Top top() {
    List<Long> numbers = numbers();
    long greatest = numbers.isEmpty() ? 0 : numbers.getLast();
    between.run();
    Optional<LeaseRecord> last = greatest == 0 ? Optional.empty() : read(greatest);
    return last.isPresent() || greatest == 0
        ? new Top(greatest, last, true)
        : new Top(greatest, newestBelow(greatest), false);
  }

  /** The greatest number; 0 when there is none. */
  long greatest() {
    between.run();
    List<Long> numbers = numbers();
    return numbers.isEmpty() ? 0 : numbers.getLast();
  }

  /** The newest whole record before a number. */
  Optional<LeaseRecord> newestBelow(long number) {
    between.run();
    for (long below : numbers().reversed()) {
      if (below < number) {
        Optional<LeaseRecord> record = read(below);
        if (record.isPresent()) {
          return record;
        }
      }
    }
    return Optional.empty();
  }

  /** Takes a number; false when somebody else has it. */
  boolean create(long number) {
    between.run();
    try {
      Files.createDirectories(directory);
      Files.createFile(file(number));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Writes the record of a number that was created, safe against a loss of power. */
  void write(long number, LeaseRecord record) {
    between.run();
    try {
      // Not a channel: an interrupted thread must still be able to write it.
      try (FileOutputStream out = new FileOutputStream(file(number).toFile())) {
        out.write(record.toBytes());
        out.getFD().sync();
      }
      force(directory);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Deletes records that nobody needs: each says all, and no number below the end is taken. */
  void forget(long number) {
    try {
      for (long old : numbers()) {
        if (old <= number - KEPT) {
          Files.deleteIfExists(file(old));
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** What the holder of an epoch wrote last to show that it is alive; empty when it did not. */
  String beat(long epoch) {
    try {
      return Files.readString(beatFile(epoch), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Shows that the holder of an epoch is alive. In place, since whatever is different is a sign of
   * life, and a reader on another machine sees what a file holds sooner than that it was replaced.
   */
  void writeBeat(long epoch, long count) {
    try {
      Files.writeString(
          beatFile(epoch),
          String.format(Locale.ROOT, "%019d\n", count),
          StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Deletes what was written to show that holders up to an epoch are alive. */
  void forgetBeats(long epoch) {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.matches("beat-" + NAME)
            && Long.parseLong(name.substring("beat-".length())) <= epoch) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private Optional<LeaseRecord> read(long number) {
    try {
      return LeaseRecord.read(Files.readAllBytes(file(number)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private List<Long> numbers() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.matches(NAME))
          .map(Long::parseLong)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private Path file(long number) {
    return directory.resolve(String.format(Locale.ROOT, "%019d", number));
  }

  private Path beatFile(long epoch) {
    return directory.resolve("beat-" + String.format(Locale.ROOT, "%019d", epoch));
  }

  private static void force(Path directory) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        interrupted |= Thread.interrupted();
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
          channel.force(true);
          return;
        } catch (ClosedByInterruptException e) {
          // Once more: whoever holds a number has to know whether its record is kept.
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private UncheckedIOException failed(IOException e) {
    return new UncheckedIOException(
        "the lease in "
            + directory
            + " cannot be read or written ("
            + e.getClass().getSimpleName()
            + ")",
        e);
  }
}
