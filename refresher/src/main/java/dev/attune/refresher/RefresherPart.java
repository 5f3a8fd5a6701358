package dev.attune.refresher;

import dev.attune.core.forbidden.Forbidden;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.Splits;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.deadletter.MaskedDeadLetters;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.Topics;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.Readiness;
import dev.attune.refresher.backfill.BackfillHttp;
import dev.attune.refresher.backfill.Backfills;
import dev.attune.refresher.backfill.EventHistories;
import dev.attune.refresher.catalog.Refolding;
import dev.attune.refresher.collector.Collector;
import dev.attune.refresher.collector.CollectorHttp;
import dev.attune.refresher.consume.BatchConsumer;
import dev.attune.refresher.event.Clock;
import dev.attune.refresher.event.EventConsumer;
import dev.attune.refresher.event.EventLog;
import dev.attune.refresher.event.EventReader;
import dev.attune.refresher.event.HandledMarks;
import dev.attune.refresher.event.KafkaChanges;
import dev.attune.refresher.event.LoggedHistory;
import dev.attune.refresher.event.Schemas;
import dev.attune.refresher.lease.Leases;
import dev.attune.refresher.membership.MembershipConsumer;
import dev.attune.refresher.pace.Follower;
import dev.attune.refresher.pace.GroupLag;
import dev.attune.refresher.pace.Pacer;
import dev.attune.refresher.rebuild.RebuildHttp;
import dev.attune.refresher.rebuild.Rebuilds;
import dev.attune.refresher.run.RefreshHttp;
import dev.attune.refresher.run.RefreshedTables;
import dev.attune.refresher.run.Refreshes;
import dev.attune.refresher.run.Run;
import dev.attune.refresher.run.RunFiles;
import dev.attune.refresher.run.Schedules;
import dev.attune.refresher.snapshot.Refresher;
import dev.attune.refresher.split.SplitsHttp;
import dev.attune.refresher.stream.Streams;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;

/** The refresher: events, transitions and warehouse snapshots into profiles. */
public final class RefresherPart implements Part {
  private final EventLog log;
  private final EventLog collected;
  private final KafkaChanges changes;
  private final Admin admin;
  private final List<BatchConsumer> eventConsumers;
  private final BatchConsumer memberships;
  private final Refolding refolding;
  private final CollectorHttp collector;
  private final Refreshes refreshes;
  private final Schedules schedules;
  private final Rebuilds rebuilds;
  private final SplitsHttp splits;
  private final Streams streams;
  private final Optional<Backfills> backfills;

  private RefresherPart(
      EventLog log,
      EventLog collected,
      KafkaChanges changes,
      Admin admin,
      List<BatchConsumer> eventConsumers,
      BatchConsumer memberships,
      Refolding refolding,
      CollectorHttp collector,
      Refreshes refreshes,
      Schedules schedules,
      Rebuilds rebuilds,
      SplitsHttp splits,
      Streams streams,
      Optional<Backfills> backfills) {
    this.log = log;
    this.collected = collected;
    this.changes = changes;
    this.admin = admin;
    this.eventConsumers = List.copyOf(eventConsumers);
    this.memberships = memberships;
    this.refolding = refolding;
    this.collector = collector;
    this.refreshes = refreshes;
    this.schedules = schedules;
    this.rebuilds = rebuilds;
    this.splits = splits;
    this.streams = streams;
    this.backfills = backfills;
  }

  /** A refresher on a store; the topics are there already. */
  public static RefresherPart create(
      KafkaSettings settings,
      ProfileStore store,
      DefinitionsSource definitions,
      DeadLetters unmasked,
      RefresherConfig config,
      MeterRegistry meters) {
    Masking masking = new Masking(meters);
    Schemas schemas = new Schemas(meters);
    Supplier<Forbidden> forbidden = () -> definitions.current().catalog().forbidden();
    DeadLetters deadLetters = new MaskedDeadLetters(unmasked, masking, forbidden);
    InstantSource clock = InstantSource.system();
    EventLog log = EventLog.create(settings);
    EventLog collected = EventLog.forCollector(settings);
    KafkaChanges changes = KafkaChanges.create(settings);
    Admin admin = KafkaClients.admin(settings, "refresher");
    ProfileWriter writer =
        new ProfileWriter(
            store, changes, () -> definitions.current().catalog(), clock, config.storeTimeout());
    HandledMarks marks = new HandledMarks(store, config.storeTimeout());
    List<BatchConsumer> eventConsumers = new ArrayList<>();
    for (int i = 0; i < config.consumers(); i++) {
      eventConsumers.add(
          EventConsumer.create(
              settings,
              "refresher-events-" + i,
              writer,
              changes,
              marks,
              admin,
              definitions::current,
              deadLetters,
              config.clock(),
              masking,
              meters));
    }
    Refresher refresher =
        new Refresher(
            writer::load,
            new LoggedHistory(log),
            deadLetters,
            config.refresh(),
            clock,
            followers(admin, settings.topics(), Pacer.Manner.BUSY, clock),
            masking);
    Leases leases = Leases.open(config.refresh().stateDir(), clock);
    refresher.deleteLeftovers(leases);
    Refreshes refreshes =
        new Refreshes(
            definitions,
            refresher,
            new RunFiles(config.refresh().stateDir().resolve("runs")),
            leases,
            clock,
            meters);
    return new RefresherPart(
        log,
        collected,
        changes,
        admin,
        eventConsumers,
        MembershipConsumer.create(settings, writer, deadLetters),
        new Refolding(store, writer, definitions, config.stateDir(), config.storeTimeout()),
        new CollectorHttp(
            new Collector(
                collected,
                deadLetters,
                config.collector(),
                clock,
                masking,
                schemas,
                definitions::current),
            config.collector()),
        refreshes,
        new Schedules(definitions, refreshes, clock),
        new Rebuilds(
            settings,
            store,
            writer,
            () -> definitions.current().catalog(),
            marks,
            config.storeTimeout(),
            clock,
            meters),
        new SplitsHttp(
            new Splits(store, writer, clock, config.storeTimeout()),
            () -> definitions.current().catalog()),
        new Streams(settings, definitions, config.registry(), deadLetters, masking, clock, meters),
        // A job is made for its definitions, and begins with the first event.
        config.clock() == Clock.TICKS
            ? Optional.empty()
            : Optional.of(
                new Backfills(
                    definitions,
                    new EventHistories(
                        settings,
                        writer,
                        changes,
                        new EventReader(masking, meters),
                        new RefreshedTables(refreshes),
                        followers(admin, settings.topics(), Pacer.Manner.GENTLE, clock),
                        clock),
                    leases,
                    config.stateDir(),
                    clock)));
  }

  // Events first: whoever is late with them is late with what people do now.
  private static List<Follower> followers(
      Admin admin, Topics topics, Pacer.Manner manner, InstantSource clock) {
    return List.of(
        new GroupLag(
            admin,
            "the refresher's reading of events",
            topics.group("refresher"),
            topics.events(),
            manner.behindMax(),
            clock),
        new GroupLag(
            admin,
            "the evaluator",
            topics.evaluatorGroup(),
            topics.profileChanges(),
            manner.behindMax(),
            clock));
  }

  @Override
  public String name() {
    return "refresher";
  }

  @Override
  public void start() {
    eventConsumers.forEach(BatchConsumer::start);
    memberships.start();
    refolding.start();
    rebuilds.start();
    refreshes.start();
    schedules.start();
    streams.start();
    backfills.ifPresent(Backfills::start);
  }

  @Override
  public Readiness readiness() {
    String trouble = trouble();
    if (!trouble.isEmpty()) {
      return Readiness.notReady(trouble);
    }
    String filling = rebuilds.fillTrouble();
    if (!filling.isEmpty()) {
      return Readiness.notReady(filling);
    }
    boolean assigned =
        memberships.isAssigned() && eventConsumers.stream().allMatch(BatchConsumer::isAssigned);
    return assigned
        ? Readiness.READY
        : Readiness.notReady("the consumers have not joined their groups yet");
  }

  private String trouble() {
    List<BatchConsumer> all = new ArrayList<>(eventConsumers);
    all.add(memberships);
    return Stream.concat(all.stream().map(BatchConsumer::trouble), Stream.of(refolding.trouble()))
        .filter(trouble -> !trouble.isEmpty())
        .distinct()
        .collect(Collectors.joining("; "));
  }

  @Override
  public Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put(
        "events waiting", eventConsumers.stream().mapToLong(c -> Math.max(0, c.lag())).sum());
    status.put("transitions waiting", Math.max(0, memberships.lag()));
    refreshes.list().stream()
        .findFirst()
        .ifPresent(
            run ->
                status.put(
                    "last refresh", run.model() + " " + run.state().label() + " " + since(run)));
    streams.status().forEach((name, how) -> status.put("stream " + name, how));
    backfills
        .flatMap(Backfills::last)
        .ifPresent(backfill -> status.put("backfill", backfill.state().label()));
    rebuilds.last().ifPresent(rebuild -> status.put("store rebuild", rebuild.state().label()));
    return status;
  }

  private static String since(Run run) {
    return run.endedAt().orElse(run.startedAt()).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** The runs of warehouse models. */
  public Refreshes refreshes() {
    return refreshes;
  }

  /** What brings the store back what it lost. */
  public Rebuilds rebuilds() {
    return rebuilds;
  }

  @Override
  public void routes(HttpRouting.Builder http) {
    collector.routes(http);
    new RebuildHttp(rebuilds).routes(http);
    new RefreshHttp(refreshes).routes(http);
    splits.routes(http);
    backfills.ifPresent(each -> new BackfillHttp(each).routes(http));
  }

  @Override
  public void close() {
    backfills.ifPresent(Backfills::close);
    streams.close();
    rebuilds.close();
    schedules.close();
    refreshes.close();
    refolding.close();
    eventConsumers.forEach(BatchConsumer::close);
    memberships.close();
    admin.close(Duration.ofSeconds(2));
    collected.close();
    log.close();
    changes.close();
  }
}
