package dev.attune.load.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.load.log.ChangeLog;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** The purchases through the running system, timed, and compared with the file afterwards. */
final class CdnowRun {
  private static final String PATH = "/v1/refreshes";
  private static final Set<String> ENDED = Set.of("done", "refused", "failed");
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration LOAD_MAX = Duration.ofMinutes(5);

  private final Terminal terminal;
  private final AttuneClient client;
  private final Lookups lookups;
  private final Stages stages;
  private final KafkaSettings kafka;
  private final PipelineFigures figures;

  CdnowRun(
      Terminal terminal,
      AttuneClient client,
      Lookups lookups,
      Stages stages,
      KafkaSettings kafka,
      PipelineFigures figures) {
    this.terminal = terminal;
    this.client = client;
    this.lookups = lookups;
    this.stages = stages;
    this.kafka = kafka;
    this.figures = figures;
  }

  /** Loads and checks; tells the figure, or why there is none. */
  void run(Cdnow cdnow) throws InterruptedException {
    long began = System.nanoTime();
    double logged;
    double through;
    List<String> members;
    try (Progress progress = terminal.progress("CDNOW", cdnow.rows(), "purchases")) {
      Instant loaded = load(progress);
      logged = secondsSince(began);
      stages.awaitThrough(LOAD_MAX);
      awaitWatermark(loaded);
      members = cdnow.frequentBuyers(Instant.now());
      awaitMembers(members);
      through = secondsSince(began);
    }
    List<String> problems = problems(cdnow, members);
    double rate = cdnow.rows() / through;
    String note =
        ("from POST /v1/refreshes until refresher, evaluator and dispatcher had read it all and each"
                + " of %d frequent buyers showed in a lookup: %.1f s (%.1f s until the log had it)")
            .formatted(members.size(), through, logged);
    if (problems.isEmpty()) {
      figures.measured(
          PipelineFigures.Name.CDNOW,
          rate,
          cdnow.rows(),
          note
              + "; verified: %d customers looked up, their audience, each one's purchases and all dollars"
                  .formatted(cdnow.purchases().size()));
    } else {
      figures.notMeasured(
          PipelineFigures.Name.CDNOW,
          "the outcome is wrong: " + String.join("; ", problems) + "; " + note);
    }
  }

  /** Returns the time at which the log had all of it. */
  private Instant load(Progress progress) throws InterruptedException {
    long deadline = System.nanoTime() + LOAD_MAX.toNanos();
    JsonNode run =
        client
            .post(PATH, AttuneClient.JSON.createObjectNode().put("model", Definitions.MODEL))
            .orComplain();
    while (!ENDED.contains(run.path("state").asText())) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the purchases were not loaded in time");
      }
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
      run = client.get(PATH + "/" + run.path("id").asText()).orComplain();
      progress.at(run.path("written").asLong());
    }
    if (!run.path("state").asText().equals("done") || run.path("bad_rows").asLong() > 0) {
      throw new Complaint("the purchases were not loaded: " + run);
    }
    return Instant.parse(run.path("ended_at").asText());
  }

  // The evaluator's clock: nobody has left or entered for good before it has passed.
  private void awaitWatermark(Instant loaded) throws InterruptedException {
    long deadline = System.nanoTime() + LOAD_MAX.toNanos();
    while (true) {
      for (JsonNode part : client.get("/v1/status").orComplain().path("parts")) {
        JsonNode age = part.path("status").path("watermark age ms");
        if (age.isNumber() && Instant.now().minusMillis(age.asLong()).isAfter(loaded)) {
          return;
        }
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the evaluator's watermark does not pass");
      }
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    }
  }

  private void awaitMembers(List<String> members) throws InterruptedException {
    long deadline = System.nanoTime() + LOAD_MAX.toNanos();
    for (String member : members) {
      while (lookups
          .find(member)
          .filter(profile -> Lookups.isMember(profile, Definitions.FREQUENT_BUYERS))
          .isEmpty()) {
        if (System.nanoTime() > deadline) {
          // Said by the comparison that follows.
          return;
        }
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
  }

  private List<String> problems(Cdnow cdnow, List<String> members) throws InterruptedException {
    Set<String> frequent = Set.copyOf(members);
    List<String> problems = new ArrayList<>();
    List<String> wrong =
        Everybody.lookUp(
            terminal,
            "Looking up the customers",
            lookups,
            cdnow.purchases().keySet(),
            (customer, profile) ->
                Lookups.isMember(profile, Definitions.FREQUENT_BUYERS)
                    == frequent.contains(customer));
    if (!wrong.isEmpty()) {
      problems.add(wrong.size() + " customers are absent or in the wrong audience");
    }
    if (members.isEmpty()) {
      problems.add("nobody is a frequent buyer");
    }
    var counted = new Counted();
    try (Progress progress = terminal.progress("Reading the log of changes", 0, "changes")) {
      ChangeLog.events(kafka, progress, counted::add);
    }
    Map<String, Integer> expected = new TreeMap<>();
    cdnow.purchases().forEach((customer, all) -> expected.put(customer, all.size()));
    if (!counted.purchases.equals(expected)) {
      Set<String> differing = new TreeSet<>(expected.keySet());
      differing.removeIf(c -> Objects.equals(expected.get(c), counted.purchases.get(c)));
      problems.add(differing.size() + " customers have another number of purchases");
    }
    if (counted.dollars.compareTo(cdnow.dollars()) != 0) {
      problems.add("the purchases add up to another sum");
    }
    return problems;
  }

  /** What the log of changes has, each purchase once. */
  private static final class Counted {
    private final Set<String> seen = new HashSet<>();
    private final Map<String, Integer> purchases = new TreeMap<>();
    private BigDecimal dollars = BigDecimal.ZERO;

    void add(Event event) {
      if (!event.getName().equals(Cdnow.EVENT) || !seen.add(event.getEventId())) {
        return;
      }
      purchases.merge(event.getVia().getValue(), 1, Integer::sum);
      for (ValueEntry property : event.getProperties().getObject().getEntriesList()) {
        if (property.getKey().equals("total")) {
          dollars = dollars.add(decimal(property.getValue()));
        }
      }
    }
  }

  private static BigDecimal decimal(Value value) {
    return value.hasInteger()
        ? BigDecimal.valueOf(value.getInteger())
        : BigDecimal.valueOf(value.getNumber());
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
