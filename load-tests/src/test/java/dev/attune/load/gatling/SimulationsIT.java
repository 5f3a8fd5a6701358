package dev.attune.load.gatling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.load.lookup.ServedPopulation;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few users for a few seconds: the simulations run, and notice what is wrong. */
class SimulationsIT {
  private static final int PROFILES = 2_000;
  private static final int RATE = 20;
  private static final Duration WARM_UP = Duration.ofSeconds(1);
  private static final Duration LENGTH = Duration.ofSeconds(3);

  /** However busy the machine is. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir private static Path folder;
  private static ServedPopulation served;

  @BeforeAll
  static void serve() throws Exception {
    try (Progress progress =
        Terminal.plain(System.out, System.err).progress("Loading", PROFILES, "profiles")) {
      served = ServedPopulation.start(PROFILES, folder, folder.resolve("errors"), progress);
    }
  }

  @AfterAll
  static void close() {
    served.close();
  }

  private static Load load(URI server, People people) {
    return new Load(server, people, RATE, 2 * RATE, WARM_UP, LENGTH, PATIENCE, new Outcomes());
  }

  @Test
  void mix_getsTheAnswerThatIsExpected_inEveryWayOfAsking() throws Exception {
    Load load = load(served.http(), new GeneratedPeople(served.people()));
    GatlingRun run = GatlingRun.of(MixSimulation.class, load, folder);
    Outcomes outcomes = load.outcomes();
    for (String name : Requests.MIXED) {
      assertThat(outcomes.of(name).count()).as(name).isPositive();
      assertThat(outcomes.of(name).failed()).as("failed of " + name).isZero();
    }
    assertThat(outcomes.wrong()).isZero();
    assertThat(outcomes.underWay()).isZero();
    assertThat(outcomes.of(Requests.CONDITIONAL).notModified())
        .isEqualTo(outcomes.of(Requests.CONDITIONAL).count());
    long count = Requests.MIXED.stream().mapToLong(name -> outcomes.of(name).count()).sum();
    // A tenth of the users ask twice.
    assertThat(count).isBetween(3L * RATE * 9 / 10, 3L * RATE * 13 / 10);
    assertThat(outcomes.count()).as("with those of the warm-up").isGreaterThan(count);
    assertThat(run.held()).isTrue();
    assertThat(run.report()).hasValueSatisfying(file -> assertThat(file).isNotEmptyFile());
  }

  @Test
  void mix_withAnswersAboutSomebodyElse_saysThatTheyAreWrong() throws Exception {
    Load load = load(served.http(), new OneOff(new GeneratedPeople(served.people())));
    GatlingRun run = GatlingRun.of(MixSimulation.class, load, folder);
    Outcomes outcomes = load.outcomes();
    assertThat(run.held()).isFalse();
    for (String name : new String[] {Requests.GET, Requests.POST, Requests.BATCH, Requests.FIRST}) {
      assertThat(outcomes.of(name).wrong()).as(name).isPositive();
      assertThat(outcomes.of(name).failed()).as(name).isEqualTo(outcomes.of(name).count());
    }
    assertThat(outcomes.of(Requests.UNKNOWN).wrong()).isZero();
  }

  @Test
  void mix_ofAServerThatIsAway_fails_andIsNotTakenForWrong() throws Exception {
    // The discard port: nobody listens there.
    Load load = load(URI.create("http://127.0.0.1:9"), new GeneratedPeople(served.people()));
    GatlingRun run = GatlingRun.of(MixSimulation.class, load, folder);
    assertThat(run.held()).isFalse();
    assertThat(load.outcomes().failed()).isEqualTo(load.outcomes().count()).isPositive();
    assertThat(load.outcomes().wrong()).isZero();
  }

  @Test
  void mix_ofNumberedPeople_asksForThemByNumber() throws Exception {
    Load load = load(served.http(), new NumberedPeople("user_id", 50));
    var _ = GatlingRun.of(MixSimulation.class, load, folder);
    // Nobody here is called 1 or 2, which is no wrong answer.
    assertThat(load.outcomes().of(Requests.GET).failed())
        .isEqualTo(load.outcomes().of(Requests.GET).count())
        .isPositive();
    assertThat(load.outcomes().of(Requests.BATCH).failed()).isPositive();
    assertThat(load.outcomes().wrong()).isZero();
  }

  @Test
  void knee_asksAtEachRate_andStopsByItself() throws Exception {
    Load load = load(served.http(), new GeneratedPeople(served.people()));
    var _ = GatlingRun.of(KneeSimulation.class, load, folder);
    assertThat(load.levels().rates()).containsExactly(RATE, 2 * RATE);
    assertThat(load.outcomes().of(Levels.request(RATE)).count()).isEqualTo(3L * RATE);
    assertThat(load.outcomes().of(KneeSimulation.RISE).count()).isPositive();
    assertThat(load.outcomes().wrong()).isZero();
  }

  /** Asks for one person and expects another. */
  private record OneOff(People people) implements People {
    @Override
    public int size() {
      return people.size() - 1;
    }

    @Override
    public String namespace() {
      return people.namespace();
    }

    @Override
    public String value(int index) {
      return people.value(index + 1);
    }

    @Override
    public Optional<String> fault(int index, byte[] json, int offset, int length) {
      return people.fault(index, json, offset, length);
    }
  }
}
