package dev.attune.evaluator;

import static dev.attune.evaluator.Changes.event;
import static dev.attune.evaluator.Changes.live;
import static dev.attune.evaluator.Changes.merge;
import static dev.attune.evaluator.Changes.redirect;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.CompiledTrait;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.audience.WarehouseMembers;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Value;
import dev.attune.testkit.Await;
import dev.attune.testkit.KafkaBackend;
import dev.attune.testkit.Signals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two and three evaluators under load, of which one is killed, one frozen until others have taken
 * its partitions and then woken, and one added: what is told is what a plain look at all events
 * gives, and everybody enters and leaves by turns.
 */
final class SeveralEvaluatorsIT {
  static final Definitions DEFINITIONS = EveryOperator.DEFINITIONS;

  private static final Duration DEADLINE = Duration.ofMinutes(2);
  private static final int PEOPLE = 120;
  private static final int STEPS = 600;
  private static final int DAYS = 20;
  private static final int LINES = 8;

  // Late events follow no more redirects.
  private static final int HEIGHT_MAX = Steps.HOPS_MAX - 1;

  private static final long DAY_MICROS = 86_400_000_000L;

  @TempDir Path directory;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final KafkaSettings kafka =
      KafkaSettings.local(KafkaBackend.shared().bootstrapServers())
          .withTopics(new Topics("it-" + System.nanoTime()));
  private final Producer<byte[], byte[]> producer = KafkaClients.producer(kafka, "it-producer");
  private final Consumer<byte[], byte[]> consumer = KafkaClients.consumer(kafka, "it-consumer");
  private final AudienceSet audiences = AudienceSet.compile(DEFINITIONS);
  private final List<Transition> told = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();
  private final List<Person> people = new ArrayList<>();
  private long version;

  /** Somebody, who may have become somebody else. */
  private static final class Person {
    private final String id;
    private final List<Cause> events = new ArrayList<>();
    private long version;
    // How many redirects the longest way to this person has.
    private int height;
    private Person into = this;

    private final boolean pro;
    private final boolean staff;
    private final long renewsAt;
    private final long joinedAt;
    private boolean agrees;
    private boolean listed;

    Person(int number, long now) {
      this.id = "person-" + number;
      this.pro = number % 2 == 0;
      this.staff = number % 3 == 0;
      // Within the next week, or not.
      this.renewsAt = now + (number % 5 + 1L) * 2 * DAY_MICROS;
      this.joinedAt = now - (number % 5 * 2L) * DAY_MICROS - DAY_MICROS / 2;
    }

    Map<String, Value> traits() {
      Value.Builder groups = Value.newBuilder();
      groups.getListBuilder().addValuesBuilder().setText(staff ? "acme" : "other");
      return new TreeMap<>(
          Map.of(
              "consent.marketing", Value.newBuilder().setBoolean(agrees).build(),
              "group_ids", groups.build(),
              "joined_at", Value.newBuilder().setTimestampMicros(joinedAt).build(),
              "plan", Value.newBuilder().setText(pro ? "pro" : "free").build(),
              "renews_at", Value.newBuilder().setTimestampMicros(renewsAt).build()));
    }

    /** With what a table of the warehouse says. */
    Facts facts() {
      return listed ? Changes.listed("churn", joinedAt) : Facts.getDefaultInstance();
    }

    Person now() {
      return into.equals(this) ? this : into.now();
    }
  }

  @AfterEach
  void close() {
    processes.forEach(Process::destroyForcibly);
    producer.close(Duration.ofSeconds(5));
    consumer.close();
  }

  private Process start(String instance) throws IOException {
    Process process =
        EvaluatorProcess.start(
            kafka,
            directory.resolve(instance),
            directory.resolve(instance + ".log").toFile(),
            instance,
            EvaluatorProcess.Decides.OF_SEVERAL);
    processes.add(process);
    return process;
  }

  @Test
  void killFreezeAndNewcomer_loseAndRepeatNothing() throws Exception {
    KafkaTopics.ensure(kafka, DEADLINE);
    List<TopicPartition> partitions = new ArrayList<>();
    for (int p = 0; p < kafka.partitions(); p++) {
      partitions.add(new TopicPartition(kafka.topics().audienceTransitions(), p));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    send(Changes.group("acme", 1, Map.of("plan", "pro")));
    send(Changes.group("other", 1, Map.of("plan", "free")));
    for (int i = 0; i < PEOPLE; i++) {
      Person person = new Person(i, micros());
      people.add(person);
      sendLive(person);
    }
    Process one = start("one");
    Process two = start("two");
    steps();
    awaitAllTold("two evaluators");

    steps();
    one.destroyForcibly();
    assertThat(one.waitFor(30, TimeUnit.SECONDS)).as("the process ends").isTrue();
    steps();
    awaitAllTold("the one that is left");

    steps();
    start("three");
    steps();
    awaitAllTold("a new one beside it");

    steps();
    Signals.send(two.pid(), "STOP");
    steps();
    awaitAllTold("the one that is awake");
    steps();
    Signals.send(two.pid(), "CONT");
    steps();
    start("one");
    steps();
    awaitAllTold("all three");
    assertByTurns();
  }

  /**
   * Events, copies of them, merges and splits, events of those who were merged away, consents that
   * are given and taken back, and rows of a table of the warehouse that come and go.
   */
  private void steps() {
    for (int i = 0; i < STEPS; i++) {
      Person person = people.get(random.nextInt(people.size()));
      int what = random.nextInt(100);
      if (what < 3 && person.into.equals(person)) {
        Person into = people.get(random.nextInt(people.size())).now();
        if (!into.equals(person) && person.height < HEIGHT_MAX) {
          becomes(person, into);
        }
      } else if (what < 6 && !person.into.equals(person) && person.height == 0) {
        leaves(person, person.now());
      } else if (what < 10 && person.into.equals(person)) {
        if (random.nextBoolean()) {
          person.agrees = !person.agrees;
        } else {
          person.listed = !person.listed;
        }
        sendLive(person);
      } else if (what < 20 && !person.events.isEmpty()) {
        happens(person, person.events.get(random.nextInt(person.events.size())));
      } else {
        // One in five now: they end while this runs.
        int days = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(DAYS - 1);
        long at = micros() - days * DAY_MICROS - random.nextInt(1_000_000);
        String name = random.nextInt(4) == 0 ? "B" : "A";
        Cause event =
            event(
                "e" + seed + "-" + told.size() + "-" + random.nextLong(),
                name,
                "user_id:" + person.id,
                at,
                "n",
                random.nextInt(5));
        person.events.add(event);
        happens(person, event);
      }
    }
    producer.flush();
    watermarks();
  }

  private void happens(Person person, Cause event) {
    if (person.into.equals(person)) {
      sendLive(person, event);
    } else {
      // Late: whoever wrote it did not know yet.
      send(redirect(person.id, person.version, person.into.id, List.of(event)));
    }
  }

  // As the refresher's, which are microseconds: of two profiles', the greater one is the later.
  private long next(Person person) {
    version = Math.max(version + 1, micros());
    person.version = version;
    return version;
  }

  private void becomes(Person person, Person into) {
    Cause merged = merge(person.id, into.id);
    person.into = into;
    into.height = Math.max(into.height, person.height + 1);
    send(redirect(person.id, next(person), into.id, List.of(merged)));
    sendLive(into, merged);
  }

  // Nobody was merged into this person, so that nobody else leaves with them.
  private void leaves(Person person, Person from) {
    Cause split = Changes.split(from.id, person.id, "user_id:" + person.id);
    person.into = person;
    sendLive(from, split);
    sendLive(person, split);
  }

  private void sendLive(Person person, Cause... causes) {
    List<Trait> traits = new ArrayList<>();
    person
        .traits()
        .forEach(
            (name, value) -> traits.add(Trait.newBuilder().setName(name).setValue(value).build()));
    send(live(person.id, next(person), traits, person.facts(), List.of(causes)));
  }

  private void send(ProfileChange change) {
    byte[] key = change.getChanged().getRecord().getProfileId().getBytes(StandardCharsets.UTF_8);
    var _ =
        producer.send(
            new ProducerRecord<>(kafka.topics().profileChanges(), key, change.toByteArray()));
  }

  private void watermarks() {
    for (int p = 0; p < kafka.partitions(); p++) {
      var _ =
          producer.send(
              new ProducerRecord<>(
                  kafka.topics().profileChanges(),
                  p,
                  "~watermark/0".getBytes(StandardCharsets.UTF_8),
                  Changes.watermark(0, 1, micros()).toByteArray()));
    }
  }

  private void awaitAllTold(String who) {
    try {
      Await.until(
          DEADLINE,
          "not all was told by " + who,
          () -> {
            watermarks();
            poll();
            // Time goes on.
            return members().equals(expected());
          });
    } catch (AssertionError e) {
      SortedSet<String> expected = expected();
      SortedSet<String> missing = new TreeSet<>(expected);
      missing.removeAll(members());
      SortedSet<String> more = new TreeSet<>(members());
      more.removeAll(expected);
      throw new AssertionError(
          "%s, seed %d, %d told: missing %s, too many %s, %d processes alive, which said:%n%s"
              .formatted(
                  e.getMessage(),
                  seed,
                  told.size(),
                  missing,
                  more,
                  processes.stream().filter(Process::isAlive).count(),
                  said()),
          e);
    }
  }

  private String said() {
    try (Stream<Path> files = Files.list(directory)) {
      StringBuilder said = new StringBuilder();
      for (Path log : files.filter(file -> file.toString().endsWith(".log")).toList()) {
        List<String> lines = Files.readAllLines(log);
        lines
            .subList(Math.max(0, lines.size() - LINES), lines.size())
            .forEach(line -> said.append(log.getFileName()).append(": ").append(line).append('\n'));
      }
      return said.toString();
    } catch (IOException e) {
      return String.valueOf(e);
    }
  }

  // Who belongs to what, by a plain look at all events of each.
  private SortedSet<String> expected() {
    Map<String, ProfileState> states = new HashMap<>();
    for (Person person : people) {
      ProfileState state =
          states.computeIfAbsent(person.now().id, _ -> new ProfileState(audiences));
      for (Cause cause : person.events) {
        var _ = state.add(cause.getEvent(), micros());
      }
    }
    SortedSet<String> members = new TreeSet<>();
    for (Person person : people) {
      if (person.into.equals(person)) {
        addExpected(person, Objects.requireNonNull(states.get(person.id)), members);
      }
    }
    return members;
  }

  private void addExpected(Person person, ProfileState state, SortedSet<String> members) {
    Map<String, Value> traits = person.traits();
    WarehouseMembers.add(person.facts(), traits);
    state.setTraits(traits);
    for (CompiledTrait trait : audiences.computed()) {
      Value value = trait.compute(state, micros()).value().orElseThrow();
      state.setComputed(trait.key(), new ProfileState.Membership(1, trait.version(), 0, value));
      members.add(value(person.id, trait.key(), value));
    }
    for (CompiledAudience audience : audiences.audiences()) {
      boolean member =
          audience.name().equals(EveryOperator.OF_GROUP)
              ? person.staff
              : audience.evaluate(state, micros()).member();
      if (member) {
        members.add(person.id + " " + audience.name());
      }
    }
  }

  private static String value(String profileId, String key, Value value) {
    return profileId + " " + key + " = " + value.getInteger();
  }

  private SortedSet<String> members() {
    SortedSet<String> members = new TreeSet<>();
    Map<String, String> values = new HashMap<>();
    for (Transition transition : told) {
      String member = transition.getProfileId() + " " + transition.getAudience();
      if (ComputedKeys.isOne(transition.getAudience())) {
        values.remove(member);
        if (transition.getEntered()) {
          values.put(
              member,
              value(transition.getProfileId(), transition.getAudience(), transition.getValue()));
        }
      } else if (transition.getEntered()) {
        members.add(member);
      } else {
        members.remove(member);
      }
    }
    members.addAll(values.values());
    return members;
  }

  private void assertByTurns() {
    SortedSet<String> members = new TreeSet<>();
    Map<String, Long> versions = new HashMap<>();
    for (Transition transition : told) {
      String member = transition.getProfileId() + " " + transition.getAudience();
      boolean again = transition.getReason() == Transition.Reason.REASSERTED;
      if (!ComputedKeys.isOne(transition.getAudience())) {
        boolean changed = transition.getEntered() ? members.add(member) : members.remove(member);
        assertThat(changed).as("%s, seed %d", transition, seed).isEqualTo(!again);
      }
      // One generation: no state was lost.
      Long before = versions.put(transition.getProfileId(), transition.getVersion());
      assertThat(before == null ? 0L : before)
          .as("%s, seed %d", transition, seed)
          .isLessThan(transition.getVersion());
    }
    assertThat(told).hasSizeGreaterThan(PEOPLE);
  }

  private void poll() {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(20))) {
      try {
        told.add(Transition.parseFrom(record.value()));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("not a transition", e);
      }
    }
  }

  private static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }
}
