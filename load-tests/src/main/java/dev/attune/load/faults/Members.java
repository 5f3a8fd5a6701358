package dev.attune.load.faults;

import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.HiddenFacts;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An audience computed in the warehouse, a row a member: users come, go and come back, and since
 * when somebody belongs is now and then told anew, or not at all.
 */
final class Members implements Table {
  /** The model, and the audience. */
  static final String MODEL = "regulars";

  private static final String SOURCE = "model:" + MODEL;
  private static final Duration AGE_MAX = Duration.ofDays(300);

  private final Random random;
  private final int users;

  /** Who is in the table, by number of the user; since when, or true. */
  private final TreeMap<Integer, Object> rows = new TreeMap<>();

  private final Map<Integer, Cell> cells = new HashMap<>();
  private final Set<String> written = new HashSet<>();
  private boolean begun;

  /**
   * @param users the greatest number of rows, as of {@link Customers}
   */
  Members(Random random, int users) {
    this.random = random;
    this.users = users;
  }

  @Override
  public String model() {
    return MODEL;
  }

  @Override
  public String definition() {
    return """
        name: %s
        kind: audience
        source: {files: members.csv, format: csv, columns: {id: string, since: timestamp}}
        key: {namespace: user_id, column: id}
        since: since
        consent: %s
        """
        .formatted(MODEL, Consents.MARKETING);
  }

  @Override
  public int next(Path folder, Instant dataTime) throws IOException {
    written.clear();
    long stamp = ChronoUnit.MICROS.between(Instant.EPOCH, dataTime);
    StringBuilder csv = new StringBuilder("id,since\n");
    for (int user = 0; user < users; user++) {
      change(user, dataTime);
      Object since = rows.get(user);
      if (since != null || cells.containsKey(user)) {
        apply(user, since, stamp);
      }
      if (since != null) {
        csv.append(user(user).value()).append(',').append(text(since)).append('\n');
      }
    }
    begun = true;
    Path file = folder.resolve("members.csv");
    Files.writeString(file, csv);
    Files.setLastModifiedTime(file, FileTime.from(dataTime));
    return written.size();
  }

  /** The ids of the profiles of whom the last snapshot said something else than the one before. */
  Set<String> written() {
    return Set.copyOf(written);
  }

  private void change(int user, Instant dataTime) {
    int what = random.nextInt(100);
    if (!begun ? what < 60 : what < 15 && !rows.containsKey(user)) {
      rows.put(user, since(dataTime));
    } else if (what < 12) {
      rows.remove(user);
    } else if (what < 20) {
      rows.computeIfPresent(user, (_, _) -> since(dataTime));
    }
  }

  private Object since(Instant dataTime) {
    return random.nextInt(5) == 0
        ? true
        : dataTime.minusSeconds(random.nextLong(AGE_MAX.toSeconds()));
  }

  private void apply(int user, @Nullable Object since, long stamp) {
    Cell before = cells.get(user);
    Cell now = Cell.next(before, since, stamp);
    cells.put(user, now);
    if (!now.equals(before)) {
      written.add(ProfileIds.of(user(user)));
    }
  }

  private static String text(Object since) {
    return since instanceof Instant at ? Orders.TIME.format(at) : "";
  }

  private static Identifier user(int user) {
    return new Identifier("user_id", "u" + user);
  }

  @Override
  public Collection<Fact> facts() {
    List<Fact> facts = new ArrayList<>();
    cells.forEach(
        (user, cell) ->
            facts.add(
                FactSet.fact(
                    HiddenFacts.MEMBER,
                    SOURCE,
                    user(user),
                    cell.stamp(),
                    Optional.ofNullable(cell.value()).map(Members::value),
                    "")));
    return facts;
  }

  private static Value value(Object since) {
    return since instanceof Instant at
        ? Value.newBuilder()
            .setTimestampMicros(ChronoUnit.MICROS.between(Instant.EPOCH, at))
            .build()
        : Value.newBuilder().setBoolean(true).build();
  }

  @Override
  public Collection<Link> links() {
    return List.of();
  }
}
