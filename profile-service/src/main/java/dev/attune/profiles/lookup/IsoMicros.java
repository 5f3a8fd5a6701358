package dev.attune.profiles.lookup;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;

/**
 * Instants and dates as ISO-8601 in ASCII, letter by letter what {@link Instant#toString} and
 * {@link LocalDate#toString} give. Those cost a lookup as much as everything else of its reply.
 */
final class IsoMicros {
  /** Longest instant and date, in bytes. */
  static final int LENGTH_MAX = 40;

  private static final long MICROS_PER_DAY = 86_400_000_000L;
  private static final long YEAR_0 = LocalDate.of(0, 1, 1).toEpochDay();
  private static final long YEAR_10000 = LocalDate.of(10_000, 1, 1).toEpochDay();

  private IsoMicros() {}

  /** Microseconds since the epoch, e.g. {@code 2026-11-24T18:00:00.250Z}. */
  static String instant(long micros) {
    byte[] text = new byte[LENGTH_MAX];
    return new String(text, 0, instant(micros, text, 0), ISO_8859_1);
  }

  /** Writes the instant; returns where it ends. The target has {@link #LENGTH_MAX} bytes left. */
  static int instant(long micros, byte[] target, int from) {
    long days = Math.floorDiv(micros, MICROS_PER_DAY);
    if (days < YEAR_0 || days >= YEAR_10000) {
      return ascii(Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString(), target, from);
    }
    long ofDay = Math.floorMod(micros, MICROS_PER_DAY);
    int seconds = (int) (ofDay / 1_000_000);
    int fraction = (int) (ofDay % 1_000_000);
    int at = day(days, target, from);
    target[at++] = 'T';
    at = digits(seconds / 3_600, 2, target, at);
    target[at++] = ':';
    at = digits(seconds / 60 % 60, 2, target, at);
    target[at++] = ':';
    at = digits(seconds % 60, 2, target, at);
    if (fraction != 0) {
      target[at++] = '.';
      at =
          fraction % 1_000 == 0
              ? digits(fraction / 1_000, 3, target, at)
              : digits(fraction, 6, target, at);
    }
    target[at++] = 'Z';
    return at;
  }

  /** Writes the date of a day since the epoch; returns where it ends. */
  static int date(long days, byte[] target, int from) {
    return days < YEAR_0 || days >= YEAR_10000
        ? ascii(LocalDate.ofEpochDay(days).toString(), target, from)
        : day(days, target, from);
  }

  // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: years begin in
  // March, so that the day that comes and goes is a year's last.
  private static int day(long epochDay, byte[] target, int from) {
    long shifted = epochDay + 719_468;
    long era = Math.floorDiv(shifted, 146_097);
    int dayOfEra = (int) (shifted - era * 146_097);
    int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int fromMarch = (5 * dayOfYear + 2) / 153;
    int dayOfMonth = dayOfYear - (153 * fromMarch + 2) / 5 + 1;
    int month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
    int year = yearOfEra + (int) era * 400 + (month <= 2 ? 1 : 0);
    int at = digits(year, 4, target, from);
    target[at++] = '-';
    at = digits(month, 2, target, at);
    target[at++] = '-';
    return digits(dayOfMonth, 2, target, at);
  }

  private static int digits(int number, int count, byte[] target, int from) {
    int rest = number;
    for (int i = from + count - 1; i >= from; i--) {
      target[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return from + count;
  }

  private static int ascii(String text, byte[] target, int from) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, target, from, bytes.length);
    return from + bytes.length;
  }
}
