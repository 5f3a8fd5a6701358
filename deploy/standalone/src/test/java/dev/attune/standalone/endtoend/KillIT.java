package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.Load;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * I2 and I6: whatever is killed, what was acknowledged takes effect, and every transition is
 * delivered. Set {@code -Dattune.seed} to repeat a failure's load; the kills fall where they fall.
 */
class KillIT {
  private static final Logger LOG = LoggerFactory.getLogger(KillIT.class);
  private static final int KILLS = 3;

  /** After this one it is killed once more while it starts. */
  private static final int KILL_AND_KILL_AGAIN = 1;

  private static final Duration START_MAX = Duration.ofSeconds(10);
  private static final int CONNECTIONS = 4;
  private static final int EVENTS_BETWEEN_KILLS_MAX = 4_000;
  private static final Duration LOAD_MAX = Duration.ofMinutes(2);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private volatile String url = "";

  @Test
  void killedUnderLoad_everyAcknowledgedEventTakesEffectAndEveryTransitionIsDelivered()
      throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(seed, 0.03)) {
      run(seed, endpoint);
    } catch (AssertionError | Exception e) {
      throw new AssertionError("seed " + seed + ", data and log in " + folder + ": " + e, e);
    }
  }

  private void run(long seed, WebhookEndpoint endpoint) throws Exception {
    Random random = new Random(seed);
    Path config = endpoint.allowIn(folder.resolve("config.yaml"));
    Child child = start(config);
    try {
      Attune.apply(url, Rules.write(folder.resolve("definitions"), endpoint));
      Load load = Load.start(() -> url, random, CONNECTIONS);
      for (int kill = 0; kill < KILLS; kill++) {
        awaitMore(load, random);
        long redis = child.redisPid();
        child.kill();
        assertThat(Child.runs(redis)).as("a Redis is left behind by the kill").isTrue();
        if (kill == KILL_AND_KILL_AGAIN) {
          Duration after = Duration.ofMillis(random.nextLong(START_MAX.toMillis()));
          Child.killWhileStarting(folder.resolve("data"), after, "--config", config.toString());
        }
        child = start(config);
        assertThat(Child.runs(redis)).as("the Redis that was left behind still runs").isFalse();
        assertThat(child.redisPid()).isNotEqualTo(redis);
      }
      awaitMore(load, random);
      List<JsonNode> events = load.stop();
      LOG.info("{} events acknowledged, {} requests repeated", events.size(), load.repeated());
      new Outcome(events, endpoint).check(child.ports());
      assertThat(child.terminate()).as("exit code after SIGTERM").isZero();
    } finally {
      child.close();
    }
  }

  private Child start(Path config) throws Exception {
    long began = System.nanoTime();
    Child child = Child.start(folder.resolve("data"), "--config", config.toString());
    url = child.url();
    LOG.info("up after {} ms", Duration.ofNanos(System.nanoTime() - began).toMillis());
    return child;
  }

  private static void awaitMore(Load load, Random random) {
    // None at all, too: a kill may fall into the work that the last one left.
    long wanted = load.acknowledged() + random.nextInt(EVENTS_BETWEEN_KILLS_MAX);
    Await.until(LOAD_MAX, "the collector does not go on", () -> load.acknowledged() >= wanted);
  }
}
