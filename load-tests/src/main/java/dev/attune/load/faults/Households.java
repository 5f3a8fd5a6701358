package dev.attune.load.faults;

import dev.attune.core.identity.Links;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The warehouse's own identity resolution, a row an e-mail address: whose it is changes from
 * snapshot to snapshot, and rows go and come back.
 */
final class Households implements Table {
  private static final String MODEL = "households";
  private static final String SOURCE = "model:" + MODEL;

  private final Random random;
  private final int addresses;

  /** Whose each address is, by number. */
  private final TreeMap<Integer, Integer> persons = new TreeMap<>();

  private final Map<Integer, Cell> said = new HashMap<>();
  private final Map<List<Identifier>, Link> registers = new HashMap<>();

  /**
   * @param addresses the greatest number of rows: those of the first so many users
   */
  Households(Random random, int addresses) {
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
        kind: identity
        source: {files: households.csv, format: csv, columns: {email: string, person: string}}
        identifier: {namespace: email, column: email}
        person: {namespace: person_id, column: person}
        """
        .formatted(MODEL);
  }

  @Override
  public int next(Path folder, Instant dataTime) throws IOException {
    boolean first = persons.isEmpty();
    int differing = 0;
    long stamp = ChronoUnit.MICROS.between(Instant.EPOCH, dataTime);
    StringBuilder csv = new StringBuilder("email,person\n");
    for (int address = 0; address < addresses; address++) {
      Integer before = persons.get(address);
      if (first || random.nextInt(100) < 30) {
        // Most of the time one of the neighbours': households are small.
        int person = (address + random.nextInt(4)) / 2;
        if (random.nextInt(8) == 0) {
          persons.remove(address);
        } else {
          persons.put(address, person);
        }
      }
      Integer now = persons.get(address);
      if (before == null ? now != null : !before.equals(now)) {
        differing++;
        apply(address, now, stamp);
      }
      if (now != null) {
        csv.append(email(address).value()).append(',').append(person(now).value()).append('\n');
      }
    }
    Path file = folder.resolve("households.csv");
    Files.writeString(file, csv);
    Files.setLastModifiedTime(file, FileTime.from(dataTime));
    return differing;
  }

  private void apply(int address, @Nullable Integer person, long stamp) {
    Cell before = said.get(address);
    Cell now = Cell.next(before, person, stamp);
    said.put(address, now);
    if (before != null && before.value() instanceof Integer former) {
      say(address, former, now.stamp(), true);
    }
    if (person != null) {
      say(address, person, now.stamp(), false);
    }
  }

  private void say(int address, int person, long stamp, boolean removed) {
    Identifier email = email(address);
    Identifier id = person(person);
    registers.merge(
        List.of(email, id), Links.ofModel(email, id, stamp, SOURCE, removed), Links::stronger);
  }

  private static Identifier email(int address) {
    return new Identifier("email", "u" + address + "@example.com");
  }

  private static Identifier person(int person) {
    return new Identifier("person_id", "p" + person);
  }

  @Override
  public Collection<Fact> facts() {
    return List.of();
  }

  @Override
  public Collection<Link> links() {
    return List.copyOf(registers.values());
  }
}
