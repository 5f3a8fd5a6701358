package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.TokenState;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.StoreConfig;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.store.redis.RedisTls;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisClusterBackend;
import dev.attune.testkit.people.Load;
import dev.attune.testkit.people.Model;
import dev.attune.testkit.people.WebhookEndpoint;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * I2 over a Redis Cluster: a replica takes over that lacks what its master had acknowledged, while
 * everything goes on. Nobody is told and nothing is restarted; the log brings it back. Set {@code
 * -Dattune.seed} to repeat a failure's load; the moments fall where they fall.
 */
@Timeout(420)
class FailoverIT {
  private static final Logger LOG = LoggerFactory.getLogger(FailoverIT.class);
  private static final Duration SOON = Duration.ofMinutes(1);

  /** From the master's death until all is as if it had not died. */
  private static final Duration HEALED_MAX = Duration.ofSeconds(90);

  private static final int ANSWER_MAX_SECONDS = 5;
  private static final int CONNECTIONS = 2;

  /** Complete before the replica is cut off. */
  private static final List<Integer> SETTLED = people(0, 120);

  /** Strangers before, who log in while it is cut off. */
  private static final List<Integer> TOUCHED = people(120, 180);

  /** Unknown before. */
  private static final List<Integer> NEW = people(180, 240);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Instant began = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  /** What was acknowledged, beside the load. */
  private final List<JsonNode> said = new ArrayList<>();

  /** Of those who were written while the replica was cut off. */
  private final Map<Integer, String> tokens = new ConcurrentHashMap<>();

  private static List<Integer> people(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  @Test
  void replicaWithoutTheLastWrites_takesOver_theyComeBackByThemselves() throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(seed, 0.0);
        RedisClusterBackend cluster = RedisClusterBackend.start()) {
      StandaloneConfig config =
          StandaloneConfig.read(
                  endpoint.allowIn(folder.resolve("config.yaml")), folder.resolve("data"))
              .withPorts(StandaloneConfig.Ports.FREE)
              .withDataDir(folder.resolve("data"))
              .withStore(
                  new StoreConfig.Redis(
                      cluster.ports().stream().map(port -> "127.0.0.1:" + port).toList(),
                      true,
                      "",
                      Optional.empty(),
                      RedisTls.OFF));
      try (Standalone standalone = Standalone.start(config)) {
        Attune.apply(standalone.url(), Rules.write(folder.resolve("definitions"), endpoint));
        run(standalone, cluster, endpoint, new Random(seed));
      }
    } catch (AssertionError | Exception e) {
      throw new AssertionError("seed " + seed + ", data and log in " + folder, e);
    }
  }

  private void run(
      Standalone standalone, RedisClusterBackend cluster, WebhookEndpoint endpoint, Random random)
      throws Exception {
    String url = standalone.url();
    Load load = Load.start(standalone::url, random, CONNECTIONS);
    Stream.of(SETTLED, TOUCHED).flatMap(List::stream).forEach(n -> send(url, visit(n)));
    SETTLED.forEach(n -> send(url, login(n, "first")));
    try (Lookups lookups = new Lookups(standalone.ports().grpc())) {
      awaitAsSaid(lookups);

      int master = cluster.masterOf(0);
      int replica = cluster.replicaOf(master);
      awaitReplicated(cluster, master);
      cluster.node(replica).pause();
      cluster.ask(master, "CLIENT KILL TYPE replica"); // else the kernel keeps writes for it
      Stream.of(TOUCHED, NEW)
          .flatMap(List::stream)
          .forEach(n -> tokens.put(n, send(url, login(n, "second"))));
      awaitAsSaid(lookups);
      long acknowledged = number(cluster, master, "master_repl_offset");

      Watcher watcher = new Watcher(standalone.ports().grpc(), random.nextLong());
      try (watcher) {
        Await.until(SOON, "nobody looks up", () -> watcher.answers.get() > 200);
        assertThat(watcher.errors).isEmpty();
        long killed = System.nanoTime();
        cluster.node(master).kill();
        cluster.node(replica).resume();
        NEW.forEach(n -> send(url, login(n, "third")));
        cluster.awaitPromoted(replica);
        long promoted = System.nanoTime();
        // Up to there it was the same history as the master's.
        assertThat(number(cluster, replica, "second_repl_offset")).isLessThan(acknowledged);

        Await.until(HEALED_MAX, "the end of the log was not merged", () -> tailMerges(url) >= 1);
        watcher.merged = System.nanoTime();
        awaitAsSaid(lookups);
        LOG.info(
            "promoted after {} ms, merged {} ms later, as before {} ms after that",
            millis(promoted - killed),
            millis(watcher.merged - promoted),
            millis(System.nanoTime() - watcher.merged));
        long answers = watcher.answers.get();
        Await.until(SOON, "nobody looks up", () -> watcher.answers.get() > answers + 200);
      }
      watcher.check();
    }
    List<JsonNode> events = load.stop();
    LOG.info("{} events of the load, {} requests repeated", events.size(), load.repeated());
    events.addAll(said);
    new Outcome(events, endpoint).check(standalone.ports());
  }

  private static long millis(long nanos) {
    return Duration.ofNanos(nanos).toMillis();
  }

  private ObjectNode visit(int n) {
    ObjectNode event = event(n, "visit");
    event.putObject("traits").put("theme", n + "-theme");
    return event;
  }

  private ObjectNode login(int n, String plan) {
    ObjectNode event = event(n, plan).put("userId", "person" + n);
    event
        .putObject("traits")
        .put("plan", n + "-" + plan)
        .put("email", "person" + n + "@example.org");
    return event;
  }

  private ObjectNode event(int n, String what) {
    return AttuneClient.JSON
        .createObjectNode()
        .put("type", "identify")
        .put("messageId", n + "-" + what)
        .put("timestamp", began.plusMillis(said.size()).toString())
        .put("anonymousId", "browser" + n);
  }

  /** Until it is acknowledged, as SDKs do; returns the token. */
  private String send(String url, JsonNode event) {
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create(url + "/v1/identify"))
                  .timeout(SOON)
                  .POST(HttpRequest.BodyPublishers.ofString(event.toString()))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).as("events are accepted").isEqualTo(200);
      said.add(event);
      return response.headers().firstValue("Attune-Token").orElseThrow();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Each of our people is what all that was said of them makes. */
  private void awaitAsSaid(Lookups lookups) {
    Map<Identifier, Model.Person> people = new Model(said, Rules.CATALOG).people();
    people.forEach(
        (identifier, person) ->
            Await.until(
                HEALED_MAX,
                identifier.value() + " is not as said",
                () ->
                    lookups
                        .find(identifier)
                        .filter(found -> isSame(found, person.profile()))
                        .isPresent()));
  }

  private static boolean isSame(Profile found, Profile expected) {
    return Arrays.equals(
        Fold.canonical(found.toBuilder().clearAudiences().build()), Fold.canonical(expected));
  }

  private static void awaitReplicated(RedisClusterBackend cluster, int master) {
    Await.until(
        SOON,
        "the replica is behind",
        () -> {
          String info = cluster.ask(master, "INFO replication");
          return info.contains("state=online")
              && info.contains(",offset=" + field(info, "master_repl_offset") + ",");
        });
  }

  private static long number(RedisClusterBackend cluster, int node, String field) {
    return Long.parseLong(field(cluster.ask(node, "INFO replication"), field));
  }

  private static String field(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow();
  }

  private double tailMerges(String url) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create(url + "/metrics")).timeout(SOON).build(),
              HttpResponse.BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith("attune_store_tail_merges_total"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Looks our people up all the time. It may be refused; it may be told what was known of somebody
   * earlier, when the loss befell them; it may never be told anything else.
   */
  private final class Watcher implements AutoCloseable {
    private static final Set<Status.Code> REFUSALS =
        Set.of(
            Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED, Status.Code.DEADLINE_EXCEEDED);

    /** What was read before the merge may be near for as long, and somewhat on a busy machine. */
    private static final long NEAR_NANOS_MAX = TimeUnit.SECONDS.toNanos(3);

    final AtomicLong answers = new AtomicLong();
    final List<String> errors = new CopyOnWriteArrayList<>();
    final Map<Status.Code, Integer> refusals = new EnumMap<>(Status.Code.class);
    volatile long merged = Long.MAX_VALUE - NEAR_NANOS_MAX;
    private long longestNanos;
    private long appliedAndMissing;
    private final Map<Identifier, Model.Person> settled;
    private final ManagedChannel channel;
    private final Random random;
    private final Thread thread = Thread.ofPlatform().name("watcher").unstarted(this::watch);
    private volatile boolean stopping;

    Watcher(int port, long seed) {
      settled = new Model(said, Rules.CATALOG).people();
      channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
      random = new Random(seed);
      thread.start();
    }

    private void watch() {
      while (!stopping) {
        int n = random.nextInt(NEW.getLast() + 1);
        String token = random.nextInt(4) == 0 ? tokens.getOrDefault(n, "") : "";
        Identifier identifier =
            random.nextBoolean()
                ? new Identifier("user_id", "person" + n)
                : new Identifier("anonymous_id", "browser" + n);
        long asked = System.nanoTime();
        try {
          GetProfileResponse reply =
              ProfileServiceGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(ANSWER_MAX_SECONDS, TimeUnit.SECONDS)
                  .getProfile(
                      GetProfileRequest.newBuilder()
                          .setIdentifier(identifier.toProto())
                          .setMinToken(token)
                          .setMaxWaitMillis(500)
                          .build());
          judge(n, identifier, reply, asked);
        } catch (StatusRuntimeException e) {
          Status.Code code = e.getStatus().getCode();
          if (code == Status.Code.NOT_FOUND) {
            notFound(n, identifier, asked);
          } else if (REFUSALS.contains(code)) {
            refusals.merge(code, 1, Integer::sum);
          } else {
            errors.add(identifier.value() + ": " + e.getStatus());
          }
        }
        longestNanos = Math.max(longestNanos, System.nanoTime() - asked);
        answers.incrementAndGet();
      }
    }

    private void judge(int n, Identifier identifier, GetProfileResponse reply, long asked) {
      Profile profile = reply.getProfile();
      if (SETTLED.contains(n)
          && !isSame(profile, Objects.requireNonNull(settled.get(identifier)).profile())) {
        errors.add(identifier.value() + ", who was settled, is " + profile);
      }
      Set<String> own =
          new HashSet<>(Set.of("person" + n, "browser" + n, "person" + n + "@example.org"));
      List<String> ids = profile.getIdentifiersList().stream().map(id -> id.getValue()).toList();
      if (!own.containsAll(ids) || !ids.contains(identifier.value())) {
        errors.add(identifier.value() + " is told to be " + ids);
      }
      profile.getTraitsList().stream()
          .filter(
              trait ->
                  !trait.getValue().getText().startsWith(n + "-")
                      && !trait.getValue().getText().startsWith("person" + n + "@"))
          .forEach(trait -> errors.add(identifier.value() + " is told to have " + trait));
      boolean there = profile.getTraitsList().stream().anyMatch(t -> t.getName().equals("plan"));
      if (reply.getTokenState() == TokenState.APPLIED && !there) {
        missing(identifier, asked);
      }
    }

    private void notFound(int n, Identifier identifier, long asked) {
      if (SETTLED.contains(n)) {
        errors.add(identifier.value() + ", who was settled, is nobody");
      } else if (asked - NEAR_NANOS_MAX > merged) {
        errors.add(identifier.value() + " is nobody after all was merged");
      }
    }

    // Until the loss is noticed nobody can know.
    private void missing(Identifier identifier, long asked) {
      appliedAndMissing++;
      if (asked > merged) {
        errors.add(identifier.value() + " is told to be applied, and is not");
      }
    }

    void check() {
      LOG.info(
          "{} lookups, the longest took {} ms, refused: {}, applied as far as was known: {}",
          answers,
          millis(longestNanos),
          refusals,
          appliedAndMissing);
      assertThat(errors).isEmpty();
      assertThat(Duration.ofNanos(longestNanos))
          .isLessThan(Duration.ofSeconds(ANSWER_MAX_SECONDS + 1));
    }

    @Override
    public void close() throws InterruptedException {
      stopping = true;
      thread.join();
      channel.shutdownNow();
    }
  }
}
