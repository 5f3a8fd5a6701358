package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.proto.v1.Value;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.TestLeases;
import dev.attune.testkit.Await;
import dev.attune.testkit.PostgresBackend;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of a real PostgreSQL. */
class JdbcSourceIT {
  private static final String PASSWORD = "correct horse";

  private static final String KEY = "key: {namespace: user_id, column: id}\n";
  private static final String PLAN = KEY + "traits: {plan: plan}\n";

  private static final PostgresBackend POSTGRES = PostgresBackend.shared();

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    bench.environment.put("SHOP_PASSWORD", PASSWORD);
    POSTGRES.execute(
        "drop schema if exists marts cascade",
        "drop schema if exists locked cascade",
        "drop role if exists attune",
        "create role attune login password '" + PASSWORD + "'",
        "create schema marts",
        "grant usage on schema marts to attune",
        "alter default privileges in schema marts grant select on tables to attune",
        "create table marts.people as select 1::bigint as id, 'pro' as plan"
            + " union all select 2, 'free'");
  }

  // No message, no state and nothing that is told holds the password.
  @AfterEach
  void passwordIsNowhere() throws Exception {
    assertThat(bench.letters.toString()).doesNotContain(PASSWORD);
    if (Files.exists(bench.state)) {
      try (var files = Files.walk(bench.state)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
              .doesNotContain(PASSWORD);
        }
      }
    }
  }

  private static String model(String source) {
    return """
    name: people
    kind: profiles
    source:
      jdbc: %s
      user: attune
      password: {env: SHOP_PASSWORD}
      %s
    """
        .formatted(POSTGRES.url(), source);
  }

  private static String table(String table) {
    return model("table: " + table);
  }

  private static String query(String query) {
    return model("query: \"" + query + "\"");
  }

  @Test
  void everyType_arrives() {
    POSTGRES.execute(
        """
        create table marts.types as select
          '007'::varchar(9) as id, gen_random_uuid() as plan, 1.25::numeric(9,2) as total,
          12345678901234567::numeric(30,0) as orders, true as active, date '1990-02-03' as born,
          timestamptz '2026-01-02 04:04:05.123456+01' as seen,
          array[array['x', null], array['y', 'z']] as tags, '{"zip": "1", "n": [1.5]}'::jsonb as address
        """,
        """
        insert into marts.types values
          ('8', null, null, null, null, null, null, null, null),
          ('9', null, -0.5, 7, false, '0044-03-15', '1500-02-28 00:00:00+00', '{}', '{}')
        """);
    bench.done(
        table("marts.types")
            + KEY
            + "traits: {plan: plan, total: total, orders: orders, active: active, born: born, seen:"
            + " seen, tags: tags, address: address}\n");

    assertThat(bench.fact("user_id:007/plan").getValue().getText()).hasSize(36);
    assertThat(bench.fact("user_id:007/total").getValue().getNumber()).isEqualTo(1.25);
    assertThat(bench.fact("user_id:007/orders").getValue().getInteger())
        .isEqualTo(12345678901234567L);
    assertThat(bench.fact("user_id:007/active").getValue().getBoolean()).isTrue();
    assertThat(bench.fact("user_id:007/born").getValue().getDateDays())
        .isEqualTo(LocalDate.of(1990, 2, 3).toEpochDay());
    assertThat(bench.fact("user_id:007/seen").getValue().getTimestampMicros())
        .isEqualTo(micros("2026-01-02T03:04:05Z") + 123_456);
    Value tags = bench.fact("user_id:007/tags").getValue();
    assertThat(tags.getList().getValues(0).getList().getValues(0).getText()).isEqualTo("x");
    assertThat(tags.getList().getValues(0).getList().getValues(1).getNullValue()).isTrue();
    assertThat(bench.fact("user_id:007/address").getValue().getObject().getEntries(0).getKey())
        .isEqualTo("n");
    assertThat(bench.fact("user_id:8/plan").hasValue()).isFalse();
    assertThat(bench.fact("user_id:8/tags").hasValue()).isFalse();
    assertThat(bench.fact("user_id:9/active").getValue().getBoolean()).isFalse();
    assertThat(bench.fact("user_id:9/born").getValue().getDateDays())
        .isEqualTo(LocalDate.of(44, 3, 15).toEpochDay());
    assertThat(bench.fact("user_id:9/seen").getValue().getTimestampMicros())
        .isEqualTo(micros("1500-02-28T00:00:00Z"));
    assertThat(bench.fact("user_id:9/tags").getValue().getList().getValuesCount()).isZero();
  }

  @Test
  void furtherTypes_arriveAsOnesOfTheirKind() {
    POSTGRES.execute(
        "create type marts.tier as enum ('gold', 'iron')",
        """
        create table marts.more as select
          7::smallint as id, 'gold'::marts.tier as plan, 3.5::numeric as total, 2::numeric(5,0) as orders,
          null::boolean as active, timestamp '2026-01-02 03:04:05' as seen,
          array[1, 2]::int[] as tags, array['{"a": 1}']::jsonb[] as address
        """);
    bench.done(
        table("marts.more")
            + KEY
            + "traits: {plan: plan, total: total, orders: orders, active: active, seen: seen, tags:"
            + " tags}\n");

    assertThat(bench.fact("user_id:7/plan").getValue().getText()).isEqualTo("gold");
    assertThat(bench.fact("user_id:7/total").getValue().getNumber()).isEqualTo(3.5);
    assertThat(bench.fact("user_id:7/orders").getValue().getInteger()).isEqualTo(2);
    assertThat(bench.fact("user_id:7/active").hasValue()).isFalse();
    assertThat(bench.fact("user_id:7/seen").getValue().getTimestampMicros())
        .isEqualTo(micros("2026-01-02T03:04:05Z"));
    assertThat(bench.fact("user_id:7/tags").getValue().getList().getValues(1).getInteger())
        .isEqualTo(2);

    bench.done(table("marts.more") + KEY + "traits: {tags: address}\n");
    assertThat(
            bench
                .fact("user_id:7/tags")
                .getValue()
                .getList()
                .getValues(0)
                .getObject()
                .getEntries(0)
                .getKey())
        .isEqualTo("a");
  }

  @Test
  void infinityAndNaN_areBadRows() {
    POSTGRES.execute(
        """
        create table marts.odd as select i as id,
          case i when 1 then 'NaN'::numeric when 2 then 'Infinity'::numeric else 1 end as total,
          case i when 3 then timestamptz '-infinity' else now() end as seen,
          case i when 4 then date 'infinity' else date '2026-01-01' end as born
        from generate_series(1, 100) i
        """);
    RefreshOutcome.Done done =
        bench.done(table("marts.odd") + KEY + "traits: {total: total, seen: seen, born: born}\n");

    assertThat(done.badRows()).isEqualTo(4);
    assertThat(bench.letters)
        .extracting(letter -> letter.getReason().replaceAll("^.*trait ", ""))
        .containsExactlyInAnyOrder(
            "\"total\": a number is not finite (NaN or infinity)",
            "\"total\": a number is not finite (NaN or infinity)",
            "\"seen\": a timestamp is infinite",
            "\"born\": a date is infinite");
  }

  @Test
  void changes_areWrittenAlone_andUnmappedColumnsAreNotAsked() {
    POSTGRES.execute(
        "alter table marts.people add secret text default 'x', add odd point",
        "revoke select on marts.people from attune",
        "grant select (id, plan) on marts.people to attune");
    String model = query("select id, plan from marts.people -- both") + PLAN;
    assertThat(bench.done(model)).isEqualTo(new RefreshOutcome.Done(2, 2, 0));
    assertThat(bench.done(model)).isEqualTo(new RefreshOutcome.Done(2, 0, 0));
    POSTGRES.execute("update marts.people set plan = 'max' where id = 2");
    assertThat(bench.done(model)).isEqualTo(new RefreshOutcome.Done(2, 1, 0));
    assertThat(bench.fact("user_id:2/plan").getValue().getText()).isEqualTo("max");
    assertThat(bench.fact("user_id:2/plan").getSnapshot().getDataTimeMicros())
        .isEqualTo(micros("2026-11-21T00:00:00Z"));
  }

  // One state of the database, however long it takes, and no way to change it.
  @Test
  void rows_areReadInOneSnapshotThatOnlyReads() {
    bench.done(
        query(
                "select 1 as id, current_setting('transaction_isolation') || ' '"
                    + " || current_setting('transaction_read_only') as plan")
            + PLAN);

    assertThat(bench.fact("user_id:1/plan").getValue().getText()).isEqualTo("repeatable read on");
  }

  @Test
  void manyRows_areStreamed() {
    // 160 MB: more than the driver's buffer may hold, and than DuckDB may in memory.
    POSTGRES.execute(
        "create table marts.many as select i as id, repeat(md5(i::text), 50) as plan"
            + " from generate_series(1, 100000) i");
    RefreshOutcome outcome =
        bench.refresh(table("marts.many") + PLAN, new RefreshOptions(true, false, false, ""));

    assertThat(Bench.compared(outcome).rows()).isEqualTo(100_000);
  }

  @Test
  void rowThatIsTooLarge_isRefused() {
    POSTGRES.execute("create table marts.bomb as select 1 as id, repeat('x', 100000000) as plan");

    assertThat(bench.refused(table("marts.bomb") + PLAN))
        .isEqualTo("a row of " + POSTGRES.url() + " is too large (allowed: 64 MB)");
  }

  @Test
  void wrongCredentials_areRefusedWithoutThem() throws Exception {
    String refusal =
        POSTGRES.url() + " does not let in the user with this password, or not from here";
    String model = table("marts.people") + PLAN;
    bench.environment.put("SHOP_PASSWORD", "wrong horse");
    assertThat(bench.refused(model)).isEqualTo(refusal);
    assertThat(bench.refused(model.replace("user: attune", "user: nobody"))).isEqualTo(refusal);

    bench.environment.clear();
    assertThat(bench.refused(model))
        .isEqualTo(
            "the environment variable SHOP_PASSWORD with the password of "
                + POSTGRES.url()
                + " is not set");
    String fromFile = model.replace("{env: SHOP_PASSWORD}", "{file: secret.txt}");
    assertThat(bench.refused(fromFile))
        .isEqualTo(
            "the file secret.txt with the password of " + POSTGRES.url() + " cannot be read");
    Files.writeString(bench.data.resolve("secret.txt"), PASSWORD + "\n");
    assertThat(bench.done(fromFile).rows()).isEqualTo(2);
  }

  @Test
  void serverAway_isAFailureThatAnotherTryMayMend() throws Exception {
    String url;
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      url = "jdbc:postgresql://127.0.0.1:" + taken.getLocalPort() + "/postgres";
    }
    String model = table("marts.people").replace(POSTGRES.url(), url) + PLAN;
    assertThatThrownBy(() -> bench.refresh(model))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(url + " cannot be reached, or broke off (SQLSTATE 08001)")
        .hasNoCause();

    // Ended in the middle of its rows.
    assertThatThrownBy(
            () ->
                bench.refresh(
                    query(
                            "select i as id, case when i = 3000 then pg_terminate_backend(pg_backend_pid())"
                                + "::text else 'x' end as plan from generate_series(1, 5000) i")
                        + PLAN))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(POSTGRES.url() + " ")
        .hasNoCause();
    assertThat(bench.inputs).isEmpty();
    assertThat(bench.kept("people")).isEmpty();
  }

  @Test
  void whatIsNotThere_orNotAllowed_isOneSentence() {
    String url = POSTGRES.url();
    assertThat(bench.refused(table("marts.persons") + PLAN))
        .isEqualTo("there is no table marts.persons in " + url);
    assertThat(bench.refused(table("mart.people") + PLAN))
        .isEqualTo("there is no table mart.people in " + url);
    assertThat(bench.refused(table("marts.people") + PLAN.replace("plan}", "plam}")))
        .isEqualTo(
            "marts.people of "
                + url
                + " has no column \"plam\"; did you mean \"plan\"? (present: id, plan)");
    assertThat(bench.refused(table("marts.people").replace(url, POSTGRES.url("shop")) + PLAN))
        .isEqualTo("there is no such database: " + POSTGRES.url("shop"));

    POSTGRES.execute(
        "create schema locked", "create table locked.people as select 1 as id, 'x' as plan");
    assertThat(bench.refused(table("locked.people") + PLAN))
        .isEqualTo(
            "the user may not read locked.people of "
                + url
                + " (needed: usage of its schema, select on its tables)");
    assertThat(bench.refused(query("select id, plam as plan from marts.people") + PLAN))
        .isEqualTo("the query names a column that the tables of " + url + " do not have");
    assertThat(bench.refused(query("selct 1") + PLAN))
        .isEqualTo(url + " does not understand the query (SQLSTATE 42601)");
    assertThat(bench.refused(query("delete from marts.people") + PLAN))
        .isEqualTo(url + " does not understand the query (SQLSTATE 42601)");
    assertThat(bench.refused(query("select nextval('marts.s') as id, 'x' as plan") + PLAN))
        .isEqualTo("the query names a table that " + url + " does not have");
    assertThat(
            bench.refused(
                query("select id, (plan || 'secret')::int as plan from marts.people") + PLAN))
        .isEqualTo("the query of " + url + " failed on a row (SQLSTATE 22P02)");
    assertThat(bench.inputs).isEmpty();
  }

  @Test
  void queryThatWrites_isRefused() {
    POSTGRES.execute("create sequence marts.s", "grant usage on sequence marts.s to attune");

    assertThat(bench.refused(query("select nextval('marts.s') as id, 'x' as plan") + PLAN))
        .isEqualTo("the query of " + POSTGRES.url() + " writes (allowed: what only reads)");
  }

  @Test
  void columnRetypedOrUnsupported_isRefused() {
    bench.done(table("marts.people") + PLAN);
    bench.inputs.clear();
    POSTGRES.execute("alter table marts.people alter plan type int using 3");
    assertThat(bench.refused(table("marts.people") + PLAN))
        .isEqualTo(
            "the trait \"plan\" is declared as string, and its column \"plan\" of marts.people of "
                + POSTGRES.url()
                + " holds integer (BIGINT)");
    POSTGRES.execute("alter table marts.people alter plan type interval using interval '1 day'");
    assertThat(bench.refused(table("marts.people") + PLAN))
        .isEqualTo(
            "the column \"plan\" of "
                + POSTGRES.url()
                + " is of the unsupported type interval (allowed: booleans, integers, numbers, texts,"
                + " uuid, dates, timestamps, arrays, json; cast it in a \"query\")");
    POSTGRES.execute("update marts.people set id = 1", "alter table marts.people drop plan");
    assertThat(bench.refused(query("select id, 'x' as plan from marts.people") + PLAN))
        .startsWith(
            "the key column \"id\" of the query of " + POSTGRES.url() + " has 1 values that");
    assertThat(bench.inputs).isEmpty();
  }

  // The snapshot was kept before the first row was written.
  @Test
  void killedRun_goesOnWithoutItsDatabase() {
    POSTGRES.execute(
        "create table marts.chunks as select i as id, 'x' as plan from generate_series(1, 50) i");
    String model = table("marts.chunks") + PLAN;
    bench.chunkRows = 10;
    bench.killAfter = 2;
    assertThatThrownBy(() -> bench.refresh(model)).isInstanceOf(Bench.KilledError.class);
    POSTGRES.execute("drop table marts.chunks");
    bench.killAfter = Integer.MAX_VALUE;

    assertThat(Bench.done(bench.again(model, RefreshOptions.NONE, Progress.NONE)).rows())
        .isEqualTo(50);
    assertThat(bench.folded()).hasSize(50);
  }

  @Test
  void cancelledRun_endsItsQuery() {
    var refresher = bench.refresher();
    Lease lease = TestLeases.acquired(TestLeases.alone(bench.state), "people");
    var run =
        CompletableFuture.supplyAsync(
            () ->
                refresher.refresh(
                    Bench.model(query("select 1 as id, 'x' as plan, pg_sleep(300)") + PLAN),
                    bench.catalog,
                    "run-slow",
                    RefreshOptions.NONE,
                    Progress.NONE,
                    lease));
    String sleeping =
        "do $$ begin if not exists (select from pg_stat_activity where usename = 'attune' and state ="
            + " 'active' and query like '%pg_sleep%') then raise 'not yet'; end if; end $$";
    Await.until(
        Duration.ofSeconds(30),
        "the query did not begin",
        () -> {
          try {
            POSTGRES.execute(sleeping);
            return true;
          } catch (IllegalStateException e) {
            return false;
          }
        });
    refresher.cancel();

    assertThatThrownBy(() -> run.orTimeout(30, TimeUnit.SECONDS).join())
        .hasMessageContaining("the database of the run failed (INTERRUPT error)");
  }

  @Test
  void events_areSentOnceAsLongAsTheTableIsTheSame() {
    POSTGRES.execute(
        "create table marts.orders as select i::text as who, timestamp '2026-01-02 03:04:05' as at,"
            + " i * 1.5 as total from generate_series(1, 3) i");
    String model =
        table("marts.orders")
                .replace("kind: profiles", "kind: events")
                .replace("name: people", "name: orders")
            + "event: {user_id: who, name: Order Completed, time: at, properties: {total: total}}\n";
    bench.done(model);
    assertThat(bench.sent).hasSize(3);
    assertThat(bench.sent.getFirst().json()).contains("\"total\":1.5", "2026-01-02T03:04:05Z");
    bench.done(model);
    assertThat(bench.sent).hasSize(3);
    POSTGRES.execute("insert into marts.orders values ('4', '2026-01-03', 2)");
    bench.done(model);
    assertThat(bench.sent).hasSize(7);
  }

  @Test
  void check_triesConnectionPermissionsAndMapping() {
    var refresher = bench.refresher();
    Duration timeout = Duration.ofSeconds(30);
    assertThat(refresher.check(Bench.model(table("marts.people") + PLAN), bench.catalog, timeout))
        .isEqualTo(new CheckOutcome.Ready("marts.people of " + POSTGRES.url(), 2));
    assertThat(refresher.check(Bench.model(table("marts.persons") + PLAN), bench.catalog, timeout))
        .isEqualTo(
            new CheckOutcome.Refused("there is no table marts.persons in " + POSTGRES.url()));
    String slow = query("select 1 as id, 'x' as plan, pg_sleep(300)") + PLAN;
    assertThat(refresher.check(Bench.model(slow), bench.catalog, Duration.ofSeconds(2)))
        .isEqualTo(new CheckOutcome.TooLong());
  }
}
