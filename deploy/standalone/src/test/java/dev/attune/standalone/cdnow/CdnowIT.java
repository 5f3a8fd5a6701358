package dev.attune.standalone.cdnow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.TraitFit;
import dev.attune.evaluator.EvaluatorConfig;
import dev.attune.evaluator.EvaluatorPart;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaLag;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.refresher.RefresherConfig;
import dev.attune.refresher.RefresherPart;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.refresher.event.Clock;
import dev.attune.refresher.run.Run;
import dev.attune.refresher.run.StartResult;
import dev.attune.refresher.snapshot.RefreshOutcome;
import dev.attune.refresher.snapshot.RefreshSettings;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import dev.attune.testkit.Await;
import dev.attune.testkit.KafkaBackend;
import dev.attune.testkit.RedisBackend;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job on the events' time: its own topics, its clock in tick records. Its audience as of 31 March
 * 1997 must be what SQL says, customer by customer.
 */
class CdnowIT {
  private static final Duration DEADLINE = Duration.ofMinutes(3);
  private static final Instant AS_OF = Instant.parse("1997-03-31T23:59:59.999999Z");

  @TempDir Path directory;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final DeadLetters none =
      letter -> {
        throw new AssertionError("a dead letter: " + letter.getReason());
      };
  private Purchases purchases;
  private Definitions definitions;
  private KafkaSettings kafka;
  private ProfileStore store;
  private RefresherPart refresher;
  private EvaluatorPart evaluator;

  @BeforeEach
  void start() {
    purchases = Purchases.find();
    definitions = Definitions.parse(definitions());
    String job = "job-cdnow-" + UUID.randomUUID();
    kafka =
        KafkaSettings.local(KafkaBackend.shared().bootstrapServers()).withTopics(new Topics(job));
    KafkaTopics.ensure(kafka, DEADLINE);
    RedisBackend redis = RedisBackend.shared();
    store = RedisProfileStore.create(RedisSettings.plain(redis.host(), redis.port(), job));
    open.add(store);
    RefreshSettings refresh = RefreshSettings.defaults(directory, directory.resolve("refresher"));
    refresher =
        RefresherPart.create(
            kafka,
            store,
            DefinitionsSource.fixed(definitions),
            none,
            new RefresherConfig(
                directory.resolve("refresher"),
                2,
                Clock.TICKS,
                Duration.ofSeconds(10),
                refresh,
                CollectorConfig.OPEN,
                Optional.empty()),
            new SimpleMeterRegistry());
    evaluator =
        EvaluatorPart.create(
            kafka,
            DefinitionsSource.fixed(definitions),
            none,
            EvaluatorConfig.of(directory.resolve("evaluator"))
                .withClock(EvaluatorConfig.Clock.TICKS),
            new SimpleMeterRegistry());
    open.add(refresher);
    open.add(evaluator);
    refresher.start();
    evaluator.start();
    Await.until(
        DEADLINE,
        "the job is not ready",
        () -> refresher.readiness().ready() && evaluator.readiness().ready());
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable part : open.reversed()) {
      part.close();
    }
  }

  private List<Definition> definitions() {
    return List.of(
        definition(
            "catalog",
            "catalog",
            """
            namespaces:
              user_id: {unique: true}
            traits:
              orders: {type: integer}
              total: {type: number}
            """),
        definition(
            "model",
            "purchases",
            "name: purchases\nkind: events\n"
                + purchases.source()
                + """
                event:
                  user_id: customer_id
                  name: Order Completed
                  time: date
                  properties: {quantity: number_of_cds, total: dollar_value}
                """),
        definition(
            "model",
            "totals",
            "name: totals\nkind: profiles\n"
                + purchases.source()
                + """
                  query: |
                    select customer_id, count(*) as orders, round(sum(dollar_value), 2) as total
                    from source group by customer_id
                key: {namespace: user_id, column: customer_id}
                data_time: 1998-06-30T00:00:00Z
                traits: {orders: orders, total: total}
                """),
        definition(
            "audience",
            "frequent-buyers",
            """
            name: frequent-buyers
            when: {event: Order Completed, count: ">= 2", within: 30d}
            """));
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setYaml(yaml)
        .setPath(id + ".yaml")
        .build();
  }

  @Test
  void frequentBuyersAsOfMarch_backfilledFromRealPurchases_areThoseOfSql() throws Exception {
    ModelDefinition model = Objects.requireNonNull(definitions.models().get("purchases"));
    RefreshOutcome outcome = refresher.refreshes().backfill((EventsModel) model, AS_OF);
    assertThat(outcome).isInstanceOf(RefreshOutcome.Done.class);
    awaitLastTick();

    Set<String> expected =
        purchases
            .query(
                """
                select customer, '' from purchases
                where day::timestamp <= timestamp '1997-03-31 23:59:59.999999'
                  and day::timestamp > timestamp '1997-03-31 23:59:59.999999' - interval 30 days
                group by customer having count(*) >= 2
                """)
            .keySet();
    Set<String> everyone = purchases.query("select distinct customer, '' from purchases").keySet();
    assertThat(everyone).hasSize(23_570);
    assertThat(expected).hasSizeGreaterThan(1_000);

    // Timers still fire, and memberships are still on their way back, for a moment after the last
    // tick.
    Set<String> found = Set.of();
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!found.equals(expected) && System.nanoTime() < deadline) {
      found = members(everyone);
    }
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void totals_asAProfilesModel_areThoseOfSql() throws Exception {
    StartResult started = refresher.refreshes().start("totals");
    String run = ((StartResult.Started) started).run().id();
    Optional<Run> ended = refresher.refreshes().await(run, DEADLINE);
    assertThat(ended.orElseThrow().state()).isEqualTo(Run.State.DONE);

    Map<String, String> expected =
        purchases.query(
            """
            select customer, count(*) || ' ' || round(sum(dollars), 2)::double
            from purchases group by customer
            """);
    Map<String, String> served = new TreeMap<>();
    expected
        .keySet()
        .forEach(customer -> profile(customer).ifPresent(p -> served.put(customer, totals(p))));

    assertThat(served).isEqualTo(expected);
  }

  // Every purchase is written, and the evaluator has been told the time of the last tick.
  private void awaitLastTick() {
    try (Admin admin = KafkaClients.admin(kafka, "cdnow-lag")) {
      Await.until(
          DEADLINE,
          "the refresher did not come to the end of the purchases",
          () -> KafkaLag.total(admin, kafka.topics().group("refresher"), DEADLINE) == 0);
    }
    Await.until(
        DEADLINE,
        "the evaluator did not come to the last tick",
        () ->
            evaluator.status().get("watermark age ms") instanceof Long age
                && System.currentTimeMillis() - age >= AS_OF.toEpochMilli() - 1_000);
  }

  private Set<String> members(Set<String> customers) {
    return customers.stream()
        .filter(customer -> profile(customer).stream().anyMatch(CdnowIT::isMember))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Optional<Profile> profile(String customer) {
    return store.find(new Identifier("user_id", customer), DEADLINE).toCompletableFuture().join()
            instanceof LookupResult.Found found
        ? Optional.of(found.served().profile())
        : Optional.empty();
  }

  // The store's word, not a lookup's: by the wall clock all of them ended in 1997.
  private static boolean isMember(Profile profile) {
    for (Membership audience : profile.getAudiencesList()) {
      if (audience.getAudience().equals("frequent-buyers")) {
        assertThat(audience.getValidUntilMicros()).isGreaterThan(TraitFit.micros(AS_OF));
        return true;
      }
    }
    return false;
  }

  private static String totals(Profile profile) {
    Map<String, String> traits = new TreeMap<>();
    for (Trait trait : profile.getTraitsList()) {
      traits.put(
          trait.getName(),
          trait.getValue().hasInteger()
              ? String.valueOf(trait.getValue().getInteger())
              : String.valueOf(trait.getValue().getNumber()));
    }
    return traits.get("orders") + " " + traits.get("total");
  }
}
