package dev.attune.standalone.cdnow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Ten audiences with every operator there is, over eighteen months of real purchases: at the end of
 * each month the engine, which has seen them one by one, and SQL over all of them name the same
 * customers.
 */
class AudiencesOverMonthsTest {
  private static final YearMonth FIRST = YearMonth.of(1997, 1);
  private static final int MONTHS = 18;

  private static final String CATALOG =
      """
      namespaces: {user_id: {unique: true}}
      traits:
        joined: {type: date}
        orders: {type: integer}
      """;

  /**
   * By name: what a definition says, then SQL for the customers of whom it holds at the instant
   * {@code $t}; {@code p} has what happened up to then.
   */
  private static final Map<String, List<String>> AUDIENCES = audiences();

  private static Map<String, List<String>> audiences() {
    Map<String, List<String>> audiences = new LinkedHashMap<>();
    audiences.put(
        "frequent",
        List.of(
            "{event: Order Completed, count: '>= 2', within: 30d}",
            "select customer from p where ts > $t - interval 30 days group by customer having count(*) >= 2"));
    audiences.put(
        "lapsed",
        List.of(
            "{all: [{event: Order Completed, within: 365d}, {not: {event: Order Completed, within: 90d}}]}",
            "select customer from p where ts > $t - interval 365 days group by customer"
                + " having max(ts) <= $t - interval 90 days"));
    audiences.put(
        "spenders",
        List.of(
            "{event: Order Completed, where: properties.quantity >= 2, sum: properties.total >= 100, within: 90d}",
            "select customer from p where ts > $t - interval 90 days and cds >= 2 group by customer"
                + " having sum(dollars) >= 100"));
    audiences.put(
        "dear",
        List.of(
            "{event: Order Completed, average: properties.total > 40.5, within: 180d}",
            "select p.customer from p join people using (customer) where consents and"
                + " ts > $t - interval 180 days group by p.customer"
                + " having sum(dollars) > 40.5 * count(*)"));
    audiences.put(
        "extremes",
        List.of(
            "{any: [{event: Order Completed, max: properties.total >= 200, within: 60d},"
                + " {event: Order Completed, min: properties.total < 7, within: 60d}]}",
            "select customer from p where ts > $t - interval 60 days group by customer"
                + " having max(dollars) >= 200 or min(dollars) < 7"));
    audiences.put(
        "varied",
        List.of(
            "{event: Order Completed, distinct: properties.quantity >= 3, since: 1997-02-01}",
            "select customer from p where ts >= timestamp '1997-02-01' group by customer"
                + " having count(distinct cds) >= 3"));
    audiences.put(
        "once-frequent",
        List.of(
            "{all: [{event: Order Completed, count: '>= 2', ago: [30d, 90d]},"
                + " {event: Order Completed, count: '< 1', within: 30d}]}",
            "select customer from p where ts > $t - interval 90 days group by customer"
                + " having count(*) filter (ts <= $t - interval 30 days) >= 2"
                + " and count(*) filter (ts > $t - interval 30 days) = 0"));
    audiences.put(
        "shrinking",
        List.of(
            "{all: [{event: Order Completed, first: properties.total >= 30, within: 120d},"
                + " {event: Order Completed, last: properties.total < 20, within: 120d}]}",
            "select customer from p where ts > $t - interval 120 days group by customer"
                + " having arg_min(dollars, ts) >= 30 and arg_max(dollars, ts) < 20"));
    audiences.put(
        "traded-up",
        List.of(
            """
            {sequence: [{event: Order Completed, where: properties.total < 15},
                        {event: Order Completed, where: properties.total >= 30, within: 45d}],
             without: [{event: Order Completed, where: properties.quantity >= 4}], within: 180d}""",
            """
            select distinct a.customer from p a join p b on a.customer = b.customer
            where a.dollars < 15 and b.dollars >= 30 and b.ts > a.ts and b.ts <= a.ts + interval 45 days
              and a.ts > $t - interval 180 days
              and not exists (select 1 from p c where c.customer = a.customer and c.cds >= 4
                              and c.ts > a.ts and c.ts < b.ts)"""));
    audiences.put(
        "young-and-lapsed",
        List.of(
            "{all: [{audience: lapsed}, {date: joined, last: 120d}, {trait: traits.orders > 1}]}",
            "select p.customer from p join people using (customer)"
                + " where ts > $t - interval 365 days and orders > 1"
                + " and joined <= $t and joined > $t - interval 120 days"
                + " group by p.customer having max(ts) <= $t - interval 90 days"));
    return audiences;
  }

  private final Map<String, ProfileState> states = new HashMap<>();
  private final AudienceSet set = set();

  private static AudienceSet set() {
    List<Definition> definitions =
        new ArrayList<>(List.of(definition("catalog", "catalog", CATALOG)));
    AUDIENCES.forEach(
        (name, said) ->
            definitions.add(
                definition(
                    "audience",
                    name,
                    "name: "
                        + name
                        + "\n"
                        + (name.equals("dear") ? "consent: marketing\n" : "")
                        + "when:\n  "
                        + said.getFirst()
                        + "\n")));
    return AudienceSet.compile(Definitions.parse(definitions));
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setYaml(yaml)
        .setPath(id + ".yaml")
        .build();
  }

  @Test
  void members_atTheEndOfEachMonth_areThoseOfSql() throws SQLException {
    try (Connection duckdb = Purchases.find().database()) {
      prepare(duckdb);
      people(duckdb);
      long told = Long.MIN_VALUE;
      Map<String, Integer> most = new TreeMap<>();
      for (int month = 0; month < MONTHS; month++) {
        Instant end =
            FIRST.plusMonths(month + 1L).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
        long now = end.toEpochMilli() * 1_000 - 1;
        tell(duckdb, told, now);
        told = now;
        for (String name : AUDIENCES.keySet()) {
          Set<String> expected = sql(duckdb, name, now);
          assertThat(members(name, now))
              .as("%s at the end of month %d", name, month + 1)
              .isEqualTo(expected);
          most.merge(name, expected.size(), Math::max);
        }
      }
      assertThat(most.values()).as("somebody is in each: %s", most).allMatch(size -> size > 20);
    }
  }

  // Several purchases of a day are a second apart, so that one of them is the first.
  private static void prepare(Connection duckdb) throws SQLException {
    try (var statement = duckdb.createStatement()) {
      statement.execute(
          """
          create table timed as
          select customer, cds, dollars::decimal(12, 2) as dollars, line,
                 day::timestamp + to_seconds(row_number() over (partition by customer, day order by line) - 1) as ts
          from purchases
          """);
      statement.execute(
          """
          create table people as
          select customer, min(day)::timestamp as joined, count(*) as orders,
                 customer::int % 2 = 0 as consents
          from purchases group by customer
          """);
    }
  }

  private void people(Connection duckdb) throws SQLException {
    try (var statement = duckdb.createStatement();
        var rows =
            statement.executeQuery(
                "select customer, joined::date - date '1970-01-01', orders, consents from people")) {
      while (rows.next()) {
        var state = new ProfileState(set);
        state.setTraits(
            Map.of(
                "joined", Value.newBuilder().setDateDays(rows.getInt(2)).build(),
                "orders", Value.newBuilder().setInteger(rows.getLong(3)).build(),
                "consent.marketing", Value.newBuilder().setBoolean(rows.getBoolean(4)).build()));
        states.put(rows.getString(1), state);
      }
    }
    assertThat(states).hasSize(23_570);
  }

  private void tell(Connection duckdb, long after, long until) throws SQLException {
    try (var statement = duckdb.createStatement();
        var rows =
            statement.executeQuery(
                "select customer, epoch_us(ts), cds, dollars::double, line from timed where epoch_us(ts) > "
                    + after
                    + " and epoch_us(ts) <= "
                    + until
                    + " order by ts")) {
      while (rows.next()) {
        ProfileState state = Objects.requireNonNull(states.get(rows.getString(1)));
        long at = rows.getLong(2);
        var _ =
            state.add(
                order(rows.getString(1), at, rows.getInt(3), rows.getDouble(4), rows.getInt(5)),
                at);
      }
    }
    // What is due goes as it would in the evaluator.
    states.values().forEach(state -> state.forget(until));
  }

  private static Event order(String customer, long at, int quantity, double total, int line) {
    return Event.newBuilder()
        .setEventId("line-" + line)
        .setName("Order Completed")
        .setVia(Identifier.newBuilder().setNamespace("user_id").setValue(customer))
        .setOccurredAtMicros(at)
        .setReceivedAtMicros(at)
        .setProperties(
            Value.newBuilder()
                .setObject(
                    ValueObject.newBuilder()
                        .addEntries(
                            ValueEntry.newBuilder()
                                .setKey("quantity")
                                .setValue(Value.newBuilder().setInteger(quantity)))
                        .addEntries(
                            ValueEntry.newBuilder()
                                .setKey("total")
                                .setValue(Value.newBuilder().setNumber(total)))))
        .build();
  }

  private Set<String> members(String name, long now) {
    var audience = set.audience(name).orElseThrow();
    TreeSet<String> members = new TreeSet<>();
    states.forEach(
        (customer, state) -> {
          if (audience.evaluate(state, now).member()) {
            members.add(customer);
          }
        });
    return members;
  }

  private static Set<String> sql(Connection duckdb, String name, long now) throws SQLException {
    String sql =
        "with p as (select * from timed where ts <= $t) "
            + AUDIENCES.getOrDefault(name, List.of()).getLast();
    TreeSet<String> customers = new TreeSet<>();
    try (var statement = duckdb.createStatement();
        var rows = statement.executeQuery(sql.replace("$t", "make_timestamp(" + now + ")"))) {
      while (rows.next()) {
        customers.add(rows.getString(1));
      }
    }
    return customers;
  }
}
