package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.Model;
import dev.attune.testkit.people.Traffic;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One history sent several times over, each time shuffled, duplicated and batched anew, with
 * operators' splits and lifts at other moments: through collector, log, refresher, store and
 * evaluator it comes to the same people for the same reasons, and to what the rules give of all of
 * it at once.
 *
 * <p>The tellings share a system; each has a prefix before all that its people are known by.
 *
 * <p>{@code -Dattune.seed} begins with a seed, {@code -Dattune.seeds} tries so many.
 */
class OrderIT {
  private static final int TELLINGS = 3;
  private static final int SENDERS = 4;
  private static final int EVENTS_PER_SENDER = 40;
  private static final int BATCH_MAX = 20;
  private static final int SPLITS = 3;
  private static final Duration SENT_MAX = Duration.ofMinutes(1);
  private static final Duration THROUGH_MAX = Duration.ofMinutes(1);

  private static final Duration PROBE_INTERVAL = Duration.ofMillis(50);

  @TempDir private static Path folder;
  private static Standalone standalone;
  private static Lookups lookups;

  @BeforeAll
  static void start() throws Exception {
    standalone =
        Standalone.start(
            StandaloneConfig.of(folder.resolve("data")).withPorts(StandaloneConfig.Ports.FREE));
    lookups = new Lookups(standalone.ports().grpc());
    Attune.apply(standalone.url(), Rules.write(folder.resolve("definitions")));
  }

  @AfterAll
  static void stop() throws Exception {
    try (AutoCloseable _ = standalone;
        AutoCloseable _ = lookups) {
      assertThat(standalone.url()).isNotEmpty();
    }
  }

  /** Two identifiers without the prefix, and whether their split is taken back. */
  private record Pair(Identifier one, Identifier other, boolean lifted) {}

  @Test
  void oneHistory_inAnyOrder_makesTheSamePeople() throws Exception {
    long first = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    for (int i = 0; i < Integer.getInteger("attune.seeds", 1); i++) {
      try {
        tell(first + i, "s" + i);
      } catch (AssertionError e) {
        throw new AssertionError("-Dattune.seed=" + (first + i) + ": " + e.getMessage(), e);
      }
    }
  }

  private static void tell(long seed, String name) throws Exception {
    Random random = new Random(seed);
    List<ObjectNode> history = history(random);
    List<Pair> pairs = pairs(history, random);
    List<Callable<Telling>> tellings = new ArrayList<>();
    for (int k = 0; k < TELLINGS; k++) {
      Telling telling =
          new Telling(name + "k" + k + "-", history, pairs, new Random(random.nextLong()));
      tellings.add(
          () -> {
            telling.send();
            return telling;
          });
    }
    List<Map<Identifier, String>> people = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Telling> told :
          threads.invokeAll(tellings, SENT_MAX.toSeconds(), TimeUnit.SECONDS)) {
        people.add(told.get().people());
      }
    }
    for (Map<Identifier, String> others : people) {
      assertThat(others).isEqualTo(people.getFirst());
    }
  }

  private static List<ObjectNode> history(Random random) {
    List<ObjectNode> history = new ArrayList<>();
    for (int sender = 0; sender < SENDERS; sender++) {
      Traffic traffic = new Traffic(random, sender, Instant.now(), Traffic.USERS);
      for (int i = 0; i < EVENTS_PER_SENDER; i++) {
        ObjectNode event = traffic.next();
        if (event.path("traits").has("email")) {
          // Ties are broken by digests of values, and addresses have the prefix in them.
          Instant apart =
              Instant.parse(event.get("timestamp").asText()).plusMillis(history.size() + 1L);
          event.put("timestamp", apart.toString());
        }
        history.add(event);
      }
    }
    return history;
  }

  // Of different people who have logged in with a browser; without a split they are one.
  private static List<Pair> pairs(List<ObjectNode> history, Random random) {
    List<Pair> found = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (var entry : new Model(List.copyOf(history), Rules.CATALOG).people().entrySet()) {
      Identifier strongest =
          Identifier.of(entry.getValue().profile().getIdentifiersList().getFirst());
      if (entry.getKey().namespace().equals("anonymous_id")
          && strongest.namespace().equals("user_id")
          && seen.add(strongest.value())) {
        found.add(new Pair(strongest, entry.getKey(), found.size() % 2 == 1));
      }
    }
    Collections.shuffle(found, random);
    assertThat(found).hasSizeGreaterThanOrEqualTo(SPLITS);
    return found.subList(0, SPLITS);
  }

  /** The history under one prefix, in an order of its own. */
  private static final class Telling {
    private final String prefix;
    private final List<ObjectNode> events;
    private final List<Pair> pairs;
    private final Random random;

    Telling(String prefix, List<ObjectNode> history, List<Pair> pairs, Random random) {
      this.prefix = prefix;
      this.events = history.stream().map(this::prefixed).toList();
      this.pairs = pairs;
      this.random = random;
    }

    private ObjectNode prefixed(ObjectNode event) {
      ObjectNode copy = event.deepCopy();
      for (String id : List.of("userId", "anonymousId", "previousId")) {
        if (copy.has(id)) {
          copy.put(id, prefix + copy.get(id).asText());
        }
      }
      if (copy.path("traits") instanceof ObjectNode traits && traits.has("email")) {
        traits.put("email", prefix + traits.get("email").asText());
      }
      return copy;
    }

    private Identifier prefixed(Identifier identifier) {
      return new Identifier(identifier.namespace(), prefix + identifier.value());
    }

    void send() throws Exception {
      List<ObjectNode> order = new ArrayList<>(events);
      for (int copies = events.size() / 5; copies > 0; copies--) {
        order.add(events.get(random.nextInt(events.size())));
      }
      Collections.shuffle(order, random);
      List<Pair> split = new ArrayList<>(pairs);
      List<Pair> lifted = new ArrayList<>(pairs.stream().filter(Pair::lifted).toList());
      for (int from = 0; from < order.size(); ) {
        int to = Math.min(order.size(), from + 1 + random.nextInt(BATCH_MAX));
        ObjectNode batch = AttuneClient.JSON.createObjectNode();
        batch.putArray("batch").addAll(order.subList(from, to));
        Http.Reply reply = Http.post(standalone.url() + "/v1/batch", batch.toString());
        assertThat(reply.status()).as(reply.message()).isEqualTo(200);
        from = to;
        // Somewhere on the way, as soon as they are one.
        if (random.nextInt(3) == 0) {
          split.removeIf(pair -> said("split", pair));
          lifted.removeIf(pair -> !split.contains(pair) && said("lift", pair));
        }
      }
      Await.until(
          THROUGH_MAX,
          "every split and lift was expected to be taken",
          () -> {
            split.removeIf(pair -> said("split", pair));
            lifted.removeIf(pair -> !split.contains(pair) && said("lift", pair));
            return split.isEmpty() && lifted.isEmpty();
          });
    }

    // False while the two are not one person yet.
    private boolean said(String word, Pair pair) {
      Attune.Answer answer =
          Attune.run(
              standalone.url(),
              "identity",
              word,
              text(prefixed(pair.one())),
              text(prefixed(pair.other())),
              "--reason",
              "order");
      return answer.code() == 0;
    }

    private static String text(Identifier identifier) {
      return identifier.namespace() + ":" + identifier.value();
    }

    /** Everybody as served and why, without the prefix, once they are as the rules say. */
    Map<Identifier, String> people() throws Exception {
      List<Link> words = new ArrayList<>();
      for (Pair pair : pairs) {
        words.add(
            Links.split(
                prefixed(pair.one()), prefixed(pair.other()), 1, "", "order", pair.lifted()));
      }
      Model model = new Model(List.<JsonNode>copyOf(events), words, Rules.CATALOG);
      Map<Identifier, String> people = new TreeMap<>();
      long deadline = System.nanoTime() + THROUGH_MAX.toNanos();
      for (var entry : model.people().entrySet()) {
        Optional<String> difference = difference(entry.getKey(), entry.getValue(), people);
        while (difference.isPresent()) {
          if (System.nanoTime() > deadline) {
            throw new AssertionError("after " + THROUGH_MAX + " still: " + difference.get());
          }
          LockSupport.parkNanos(PROBE_INTERVAL.toNanos());
          difference = difference(entry.getKey(), entry.getValue(), people);
        }
      }
      for (var person : people.entrySet()) {
        person.setValue(person.getValue() + " " + why(prefixed(person.getKey())));
      }
      return people;
    }

    private String why(Identifier who) throws Exception {
      Http.Reply reply =
          Http.get(
              standalone.url()
                  + "/v1/profiles/"
                  + URLEncoder.encode(text(who), StandardCharsets.UTF_8)
                  + "/identity");
      assertThat(reply.status()).as(reply.message()).isEqualTo(200);
      return Reasons.of(reply.body()).replace(prefix, "");
    }

    private Optional<String> difference(
        Identifier who, Model.Person expected, Map<Identifier, String> people) {
      Optional<Profile> found = lookups.find(who);
      if (found.isEmpty()) {
        return Optional.of("nobody is known by " + who.value());
      }
      Profile served = found.get().toBuilder().clearAudiences().build();
      if (!Arrays.equals(Fold.canonical(served), Fold.canonical(expected.profile()))) {
        return Optional.of(who.value() + " is " + served + " and not " + expected.profile());
      }
      Set<String> audiences =
          found.get().getAudiencesList().stream()
              .map(Membership::getAudience)
              .collect(Collectors.toCollection(TreeSet::new));
      if (!audiences.equals(Rules.audiences(expected))) {
        return Optional.of(
            who.value() + " is in " + audiences + " and not " + Rules.audiences(expected));
      }
      people.put(
          new Identifier(who.namespace(), who.value().substring(prefix.length())),
          (audiences + " " + canonical(served)).replace(prefix, ""));
      return Optional.empty();
    }

    // The profile's id is a hash of its strongest identifier, which has the prefix in it.
    private static String canonical(Profile profile) {
      assertThat(profile.getProfileId())
          .isEqualTo(ProfileIds.of(Identifier.of(profile.getIdentifiersList().getFirst())));
      return profile.toBuilder()
          .clearProfileId()
          .clearVersion()
          .clearMergedFrom()
          .build()
          .toString();
    }
  }
}
