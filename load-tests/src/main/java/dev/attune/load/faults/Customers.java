package dev.attune.load.faults;

import dev.attune.core.identity.Links;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
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
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The people of the warehouse, a row a user: rows come, change, go and come back, some cells are
 * empty, and not every row that changes says so in its time.
 */
final class Customers implements Table {
  private static final String MODEL = "customers";
  private static final String SOURCE = "model:" + MODEL;
  private static final List<String> TRAITS = List.of("plan", "age", "tier");
  private static final List<String> PLANS = List.of("free", "plus", "pro");
  private static final List<String> TIERS = List.of("none", "silver", "gold");
  private static final Duration ROW_AGE_MAX = Duration.ofDays(5);

  private final Random random;
  private final int users;

  /** What is in the table, by number of the user. */
  private final TreeMap<Integer, Row> rows = new TreeMap<>();

  /** Who was in the last snapshot. */
  private final Set<Integer> listed = new HashSet<>();

  /** Those that went, as they were. */
  private final TreeMap<Integer, Row> gone = new TreeMap<>();

  /** What was said, by user and trait. */
  private final Map<Integer, Map<String, Cell>> cells = new HashMap<>();

  private final Map<Integer, Cell> emails = new HashMap<>();
  private final List<Link> links = new ArrayList<>();
  private final Set<String> written = new HashSet<>();

  private record Row(
      @Nullable String email,
      @Nullable String plan,
      @Nullable Long age,
      @Nullable String tier,
      Instant updatedAt) {
    @Nullable Object trait(String name) {
      return switch (name) {
        case "plan" -> plan;
        case "age" -> age;
        default -> tier;
      };
    }
  }

  /**
   * @param users the greatest number of rows: {@code u0}, {@code u1} and so on
   */
  Customers(Random random, int users) {
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
        kind: profiles
        source: {files: customers.parquet, format: parquet}
        key: {namespace: user_id, column: id}
        identifiers: [{namespace: email, column: email}]
        updated_at: updated_at
        traits: {plan: plan, age: age, tier: tier}
        """
        .formatted(MODEL);
  }

  @Override
  public int next(Path folder, Instant dataTime) throws IOException {
    change(dataTime);
    written.clear();
    long snapshotStamp = micros(dataTime);
    for (int user = 0; user < users; user++) {
      Row row = rows.get(user);
      if (row != null || cells.containsKey(user)) {
        apply(user, row, row == null ? snapshotStamp : micros(row.updatedAt()));
      }
    }
    Path file = folder.resolve("customers.parquet");
    write(file);
    Files.setLastModifiedTime(file, FileTime.from(dataTime));
    return written.size();
  }

  /** The ids of the profiles of whom the last snapshot said something else than the one before. */
  Set<String> written() {
    return Set.copyOf(written);
  }

  private void change(Instant dataTime) {
    boolean first = rows.isEmpty();
    for (int user = 0; user < users; user++) {
      int what = random.nextInt(100);
      Row row = rows.get(user);
      if (first) {
        if (what < 90) {
          rows.put(user, row(user, dataTime));
        }
      } else if (row == null) {
        if (what < 30) {
          Row before = gone.remove(user);
          // Some come back as they were, with the time that they had.
          rows.put(user, before != null && what < 10 ? before : row(user, dataTime));
        }
      } else if (what < 4) {
        gone.put(user, row);
        rows.remove(user);
      } else if (what < 40) {
        Row changed = row(user, dataTime);
        // A warehouse now and then forgets to say when.
        boolean forgotten = what < 8;
        rows.put(
            user,
            forgotten
                ? new Row(
                    changed.email(), changed.plan(), changed.age(), changed.tier(), row.updatedAt())
                : changed);
      }
    }
  }

  private Row row(int user, Instant dataTime) {
    return new Row(
        random.nextInt(4) == 0 ? null : "u" + user + "@example.com",
        random.nextInt(10) == 0 ? null : PLANS.get(random.nextInt(PLANS.size())),
        random.nextInt(10) == 0 ? null : (long) random.nextInt(100),
        TIERS.get(random.nextInt(TIERS.size())),
        dataTime
            .minusMillis(random.nextLong(ROW_AGE_MAX.toMillis()))
            .truncatedTo(ChronoUnit.SECONDS));
  }

  private void apply(int user, @Nullable Row row, long stamp) {
    boolean differs = row == null ? listed.remove(user) : listed.add(user);
    Map<String, Cell> own = cells.computeIfAbsent(user, _ -> new HashMap<>());
    for (String trait : TRAITS) {
      Cell before = own.get(trait);
      Cell now = Cell.next(before, row == null ? null : row.trait(trait), stamp);
      differs |= !now.equals(before);
      own.put(trait, now);
    }
    if (row != null) {
      Cell before = emails.get(user);
      Cell email = Cell.next(before, row.email(), stamp);
      differs |= !email.equals(before);
      emails.put(user, email);
      if (email.value() != null) {
        Identifier address = new Identifier("email", row.email() == null ? "" : row.email());
        links.add(Links.link(user(user), address, email.stamp(), SOURCE));
      }
    }
    if (differs) {
      written.add(ProfileIds.of(user(user)));
    }
  }

  private static Identifier user(int user) {
    return new Identifier("user_id", "u" + user);
  }

  private static long micros(Instant at) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, at);
  }

  private void write(Path file) throws IOException {
    try (var connection =
            DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
        var statement = connection.createStatement()) {
      statement.execute(
          "create table customers (id varchar, email varchar, plan varchar, age bigint, tier varchar,"
              + " updated_at timestamp)");
      try (DuckDBAppender appender = connection.createAppender("main", "customers")) {
        for (var entry : rows.entrySet()) {
          Row row = entry.getValue();
          appender.beginRow();
          appender.append("u" + entry.getKey());
          appender.append(row.email());
          appender.append(row.plan());
          appender.append(row.age());
          appender.append(row.tier());
          appender.append(LocalDateTime.ofInstant(row.updatedAt(), ZoneOffset.UTC));
          appender.endRow();
        }
      }
      statement.execute(
          "copy customers to '"
              + file.toAbsolutePath().toString().replace("'", "''")
              + "' (format parquet)");
    } catch (SQLException e) {
      throw new IOException("the table of customers cannot be written", e);
    }
  }

  @Override
  public Collection<Fact> facts() {
    List<Fact> facts = new ArrayList<>();
    cells.forEach(
        (user, own) ->
            own.forEach(
                (trait, cell) ->
                    facts.add(
                        FactSet.fact(
                            trait,
                            SOURCE,
                            user(user),
                            cell.stamp(),
                            Optional.ofNullable(cell.value()).map(Customers::value),
                            ""))));
    return facts;
  }

  private static Value value(Object cell) {
    return cell instanceof Long number
        ? Value.newBuilder().setInteger(number).build()
        : Value.newBuilder().setText(cell.toString()).build();
  }

  @Override
  public Collection<Link> links() {
    return List.copyOf(links);
  }
}
