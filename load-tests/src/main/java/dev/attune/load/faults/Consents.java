package dev.attune.load.faults;

import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What people consented to, a row an e-mail address: people change their minds, say the same again,
 * some answers have no time of their own, and rows go and come back. Whose an address is, is for
 * others to say, so that an answer moves with it.
 */
final class Consents implements Table {
  /** A purpose that everybody in the table has an answer about. */
  static final String MARKETING = "marketing";

  private static final String ANALYTICS = "analytics";
  private static final String MODEL = "consents";
  private static final String SOURCE = "model:" + MODEL;
  private static final Duration AGE_MAX = Duration.ofDays(30);

  private final Random random;
  private final int addresses;

  /** What is in the table, by number of the address. */
  private final TreeMap<Integer, Row> rows = new TreeMap<>();

  /** What was said, by address and purpose. */
  private final Map<Integer, Map<String, Cell>> cells = new HashMap<>();

  private boolean begun;

  private enum Word {
    YES,
    NO,
    UNKNOWN
  }

  /**
   * An answer; its time is part of it.
   *
   * @param at null: it has no time of its own
   */
  private record Answer(Word word, @Nullable Instant at) {}

  private record Row(Answer marketing, @Nullable Answer analytics) {}

  /**
   * @param addresses the greatest number of rows: those of the first so many users
   */
  Consents(Random random, int addresses) {
    this.random = random;
    this.addresses = addresses;
  }

  @Override
  public String model() {
    return MODEL;
  }

  @Override
  public String definition() {
    return """
        name: %s
        kind: consent
        source:
          files: consents.csv
          format: csv
          columns: {email: string, m: string, m_at: timestamp, a: string, a_at: timestamp}
        key: {namespace: email, column: email}
        purposes:
          %s: {granted: m, time: m_at}
          %s: {granted: a, time: a_at}
        """
        .formatted(MODEL, MARKETING, ANALYTICS);
  }

  @Override
  public int next(Path folder, Instant dataTime) throws IOException {
    int differing = 0;
    StringBuilder csv = new StringBuilder("email,m,m_at,a,a_at\n");
    for (int address = 0; address < addresses; address++) {
      change(address, dataTime);
      Row row = rows.get(address);
      if (row != null || cells.containsKey(address)) {
        differing += apply(address, row, dataTime) ? 1 : 0;
      }
      if (row != null) {
        csv.append(email(address).value());
        write(csv, row.marketing());
        write(csv, row.analytics());
        csv.append('\n');
      }
    }
    begun = true;
    Path file = folder.resolve("consents.csv");
    Files.writeString(file, csv);
    Files.setLastModifiedTime(file, FileTime.from(dataTime));
    return differing;
  }

  private void change(int address, Instant dataTime) {
    int what = random.nextInt(100);
    if (!begun ? what < 85 : what < 40) {
      rows.put(
          address, new Row(answer(dataTime), random.nextInt(3) == 0 ? null : answer(dataTime)));
    } else if (what < 46) {
      rows.remove(address);
    }
  }

  private Answer answer(Instant dataTime) {
    Word word = Word.values()[random.nextInt(Word.values().length)];
    return new Answer(
        word,
        random.nextInt(4) == 0
            ? null
            : dataTime.minusSeconds(random.nextLong(AGE_MAX.toSeconds())));
  }

  private boolean apply(int address, @Nullable Row row, Instant dataTime) {
    Map<String, Cell> own = cells.computeIfAbsent(address, _ -> new HashMap<>());
    boolean marketing = apply(own, MARKETING, row == null ? null : row.marketing(), dataTime);
    boolean analytics = apply(own, ANALYTICS, row == null ? null : row.analytics(), dataTime);
    return marketing || analytics;
  }

  // An answer is as old as it says, one without a time as the snapshot; one that is taken back
  // leaves nothing newer than itself behind.
  private static boolean apply(
      Map<String, Cell> own, String purpose, @Nullable Answer answer, Instant dataTime) {
    Cell before = own.get(purpose);
    if (before == null && answer == null) {
      return false;
    }
    long stamp = answer == null ? 0 : micros(Optional.ofNullable(answer.at()).orElse(dataTime));
    Cell now = Cell.next(before, answer, stamp);
    own.put(purpose, now);
    return !now.equals(before);
  }

  private static void write(StringBuilder csv, @Nullable Answer answer) {
    csv.append(',')
        .append(
            answer == null
                ? ""
                : switch (answer.word()) {
                  case YES -> "yes";
                  case NO -> "Denied";
                  case UNKNOWN -> "unknown";
                })
        .append(',')
        .append(answer == null || answer.at() == null ? "" : Orders.TIME.format(answer.at()));
  }

  private static Identifier email(int address) {
    return new Identifier("email", "u" + address + "@example.com");
  }

  private static long micros(Instant at) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, at);
  }

  @Override
  public Collection<Fact> facts() {
    List<Fact> facts = new ArrayList<>();
    cells.forEach(
        (address, own) ->
            own.forEach(
                (purpose, cell) ->
                    facts.add(
                        FactSet.fact(
                            AudienceDefinition.CONSENT_PREFIX + purpose,
                            SOURCE,
                            email(address),
                            cell.stamp(),
                            Optional.ofNullable(cell.value()).map(Consents::value),
                            ""))));
    return facts;
  }

  private static Value value(Object answer) {
    Value.Builder value = Value.newBuilder();
    return switch (((Answer) answer).word()) {
      case YES -> value.setBoolean(true).build();
      case NO -> value.setBoolean(false).build();
      case UNKNOWN -> value.setNullValue(true).build();
    };
  }

  @Override
  public Collection<Link> links() {
    return List.of();
  }
}
