package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;

/**
 * When a model is refreshed by itself.
 *
 * <pre>{@code
 * schedule: {every: 6h}                               # at 00:00, 06:00, ... UTC
 * schedule: {daily: "03:30", zone: Europe/Berlin}     # zone: UTC unless given
 * }</pre>
 */
public sealed interface Schedule {
  /** Shortest and longest time between two runs. */
  Duration EVERY_MIN = Duration.ofMinutes(1);

  Duration EVERY_MAX = Duration.ofDays(30);

  /** At whole multiples of a duration since 1970. */
  record Every(Duration duration) implements Schedule {
    @Override
    public Instant latest(Instant now) {
      long millis = duration.toMillis();
      return Instant.ofEpochMilli(Math.floorDiv(now.toEpochMilli(), millis) * millis);
    }
  }

  /** Once a day, as clocks show it there. */
  record Daily(LocalTime time, ZoneId zone) implements Schedule {
    @Override
    public Instant latest(Instant now) {
      ZonedDateTime local = now.atZone(zone);
      Instant today = local.toLocalDate().atTime(time).atZone(zone).toInstant();
      return today.isAfter(now)
          ? local.toLocalDate().minusDays(1).atTime(time).atZone(zone).toInstant()
          : today;
    }
  }

  /** The last time up to now at which a run was due. */
  Instant latest(Instant now);

  /** Reads one of the two forms. */
  static Schedule parse(Yaml yaml) {
    yaml.keys("every", "daily", "zone");
    if (yaml.has("every") == yaml.has("daily") || (yaml.has("every") && yaml.has("zone"))) {
      throw yaml.error("expected either {every: 6h} or {daily: \"03:30\", zone: Europe/Berlin}");
    }
    if (yaml.has("every")) {
      return new Every(yaml.get("every").duration(EVERY_MIN, EVERY_MAX));
    }
    return new Daily(
        time(yaml.get("daily")), yaml.find("zone").map(Schedule::zone).orElse(ZoneOffset.UTC));
  }

  private static LocalTime time(Yaml yaml) {
    try {
      return LocalTime.parse(yaml.text());
    } catch (DateTimeParseException e) {
      throw yaml.error("\"" + yaml.text() + "\" is not a time of day (allowed: e.g. \"03:30\")");
    }
  }

  private static ZoneId zone(Yaml yaml) {
    try {
      return ZoneId.of(yaml.text());
    } catch (DateTimeException e) {
      throw yaml.error("\"" + yaml.text() + "\" is not a zone (allowed: e.g. Europe/Berlin, UTC)");
    }
  }
}
