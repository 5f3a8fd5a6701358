package dev.attune.load.chaos;

import dev.attune.embedded.EmbeddedKafka;
import dev.attune.load.chaos.ChaosFigures.Name;
import dev.attune.load.process.Child;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One run: transitions, two dispatchers that are killed all the while, and endpoints that misbehave
 * by a script; and whether everything came as it must.
 */
final class ChaosBench {
  private static final Duration TOPICS_MAX = Duration.ofSeconds(60);
  private static final Duration BEGUN_MAX = Duration.ofMinutes(2);
  private static final Duration SETTLED_MAX = Duration.ofMinutes(6);

  /** After the last kill somebody may be told of still. */
  private static final Duration AFTER = Duration.ofSeconds(5);

  private static final Duration PATIENCE = ChaosPlan.TIMEOUT.multipliedBy(3);
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final int DISPATCHERS = 2;
  private static final int HEAP_MB = 192;

  private final Terminal terminal;
  private final ChaosPlan plan;
  private final ChaosFigures figures;
  private final Path work;
  private final Path logs;
  private final Random random;
  private final Map<Integer, Instant> withdrawn = new HashMap<>();
  private final Map<Integer, Instant> deleted = new HashMap<>();

  /**
   * @param work folder for the state of the run
   * @param logs folder for the dispatchers' logs
   */
  ChaosBench(Terminal terminal, ChaosPlan plan, ChaosFigures figures, Path work, Path logs) {
    this.terminal = terminal;
    this.plan = plan;
    this.figures = figures;
    this.work = work;
    this.logs = logs;
    random = new Random(plan.seed());
  }

  /**
   * Runs all of it; what was measured before something failed is kept.
   *
   * @throws Complaint when something failed
   */
  void run() throws IOException, InterruptedException {
    byte[] key = new byte[32];
    random.nextBytes(key);
    String secret = "whsec_" + Base64.getEncoder().encodeToString(key);
    Book book =
        new Book(new Script(random.nextLong()), secret, plan.people(), InstantSource.system());
    Path secretFile = Files.writeString(work.resolve("secret"), secret);
    Path ledgerFile = work.resolve("ledger");
    Ledger ledger = Ledger.create(ledgerFile);
    try (EmbeddedKafka broker = EmbeddedKafka.start(work.resolve("kafka"), 0);
        ScriptedReceiver receiver = new ScriptedReceiver(book, PATIENCE)) {
      KafkaSettings kafka = KafkaSettings.local(broker.bootstrapServers());
      KafkaTopics.ensure(kafka, TOPICS_MAX);
      List<Victim> victims = new ArrayList<>();
      for (int i = 0; i < DISPATCHERS; i++) {
        victims.add(victim(i, broker, receiver, secretFile, ledgerFile));
      }
      run(kafka, book, receiver, ledger, victims);
    } catch (Complaint | IllegalStateException e) {
      String why = String.valueOf(e.getMessage()).replace('\n', ' ');
      figures.ended("the run ended before it: " + why);
      throw new Complaint("with the seed " + plan.seed() + ": " + why, e);
    }
  }

  private Victim victim(
      int number, EmbeddedKafka broker, ScriptedReceiver receiver, Path secret, Path ledger)
      throws IOException {
    Path log = logs.resolve("chaos-dispatcher-" + number + ".log");
    Files.deleteIfExists(log);
    return new Victim(
        "dispatcher " + number,
        Child.java(
            // One compiler: a life is too short for the other one.
            List.of("-Xmx" + HEAP_MB + "m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
            ChaosChild.class,
            work.resolve("dispatcher-" + number).toString(),
            log.toString(),
            broker.bootstrapServers(),
            secret.toString(),
            ledger.toString(),
            String.valueOf(plan.people()),
            String.valueOf(receiver.port()),
            String.valueOf(plan.endpoints())),
        work,
        logs.resolve("chaos-dispatchers.err"));
  }

  private void run(
      KafkaSettings kafka,
      Book book,
      ScriptedReceiver receiver,
      Ledger ledger,
      List<Victim> victims)
      throws IOException, InterruptedException {
    Killer killer;
    Expected expected;
    List<Instant> breaks = new ArrayList<>();
    try (ExecutorService threads = Executors.newCachedThreadPool();
        Moves moves = Moves.watch(kafka);
        Transitions transitions =
            Transitions.start(kafka, new Random(random.nextLong()), plan.people())) {
      killer = new Killer(victims, new Random(random.nextLong()), threads);
      try {
        for (Victim victim : victims) {
          victim.start();
        }
        await(BEGUN_MAX, () -> book.taken() > 0, "nothing was delivered");
        kill(killer, ledger);
        killer.awaitReturns();
        TimeUnit.MILLISECONDS.sleep(AFTER.toMillis());
        expected = new Expected(plan.endpoints(), transitions.stop(), withdrawn, deleted);
        settle(book, expected, victims);
      } finally {
        killer.awaitReturns();
        victims.forEach(Victim::close);
      }
      tellKills(killer, moves);
      breaks.addAll(moves.seen());
    }
    breaks.addAll(killer.kills());
    tell(Verdict.of(book.attempts(), expected, breaks), book.attempts().size());
    if (!receiver.complaints().isEmpty()) {
      throw new Complaint("the receiver: " + receiver.complaints().peek() + ".");
    }
  }

  private void kill(Killer killer, Ledger ledger) throws IOException, InterruptedException {
    List<Integer> people = new ArrayList<>(IntStream.range(0, plan.people()).boxed().toList());
    Collections.shuffle(people, random);
    int leaving = plan.leaving();
    try (Progress progress = terminal.progress("Killing dispatchers", plan.kills(), "kills")) {
      for (int i = 0; i < plan.kills(); i++) {
        // Spread over the kills, so that somebody leaves before the last one.
        for (int each = leaving * i / plan.kills();
            each < leaving * (i + 1) / plan.kills();
            each++) {
          leave(ledger, Ledger.Word.WITHDRAWN, people.get(each), withdrawn);
          leave(ledger, Ledger.Word.DELETED, people.get(leaving + each), deleted);
        }
        killer.kill(plan.between());
        progress.at(i + 1L);
      }
    }
  }

  private static void leave(
      Ledger ledger, Ledger.Word word, int person, Map<Integer, Instant> known) throws IOException {
    ledger.say(word, person);
    known.put(person, Instant.now());
  }

  /** Waits until nothing is missing and nothing waits, or the deadline has passed. */
  private void settle(Book book, Expected expected, List<Victim> victims)
      throws IOException, InterruptedException {
    try (Progress progress = terminal.progress("Waiting for the rest", 1, "steps")) {
      long deadline = System.nanoTime() + SETTLED_MAX.toNanos();
      while (System.nanoTime() < deadline) {
        long pending = 0;
        boolean ready = true;
        for (Victim victim : victims) {
          ready &= victim.isReady();
          pending += victim.pending();
        }
        progress.detail(pending + " pending");
        if (ready && pending == 0 && Verdict.of(book.attempts(), expected, List.of()).lost() == 0) {
          progress.at(1);
          return;
        }
        TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
      }
    }
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private static void await(Duration most, Condition condition, String otherwise)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + most.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new Complaint(otherwise + " within " + most.toSeconds() + " s.");
      }
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
    }
  }

  private void tellKills(Killer killer, Moves moves) {
    int kills = killer.kills().size();
    figures.measured(
        Name.KILLS,
        kills,
        kills,
        "SIGKILL of one of two dispatchers with %d MB of heap each, %d of them before it was ready; every third stays away for more than 10 s; seed %d"
            .formatted(HEAP_MB, killer.whileStarting(), plan.seed()));
    figures.measured(
        Name.MOVES,
        moves.seen().size(),
        moves.seen().size(),
        "of 4 partitions of the deliveries, by what the group says every 300 ms");
  }

  private void tell(Verdict verdict, long attempts) {
    String first = verdict.first().isEmpty() ? "" : "; the first: " + verdict.first();
    long answers = verdict.answers().values().stream().mapToLong(Integer::longValue).sum();
    String given =
        verdict.answers().entrySet().stream()
            .map(e -> e.getValue() + " " + e.getKey().words())
            .collect(Collectors.joining(", "));
    figures.measured(Name.ANSWERS, verdict.answers().size(), answers, given);
    figures.measured(
        Name.LOST,
        verdict.lost(),
        verdict.deliveries(),
        "%d endpoints, %d people, %d messages taken%s"
            .formatted(plan.endpoints(), plan.people(), verdict.deliveries(), first));
    figures.measured(
        Name.DISORDERED,
        verdict.disordered(),
        verdict.deliveries(),
        "of one person, at one endpoint");
    figures.measured(
        Name.CHANGED, verdict.changed(), attempts, "than those before, or of what nobody wrote");
    figures.measured(Name.FORGED, verdict.forged(), attempts, "by the public library");
    String people =
        "%d people withdrew consent, which half of the endpoints ask for, %d others were deleted"
            .formatted(withdrawn.size(), deleted.size());
    figures.measured(Name.FORBIDDEN, verdict.forbidden(), attempts, people);
    figures.measured(Name.WITHHELD, verdict.withheld(), verdict.withheld(), people);
    figures.measured(
        Name.REPEATED,
        verdict.repeated(),
        attempts,
        "at least once is what is promised; %d of them without a kill or a move since the first, %d after a newer one about the person"
            .formatted(verdict.unexplained(), verdict.late()));
  }
}
