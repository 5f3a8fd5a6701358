package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.Load;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM ends it in order, and what it knew it still knows after the next start. */
class RestartIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final int CONNECTIONS = 4;
  private static final int EVENTS = 500;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private volatile String url = "";

  @Test
  void stateOfEveryKind_isThereAfterARestart() throws Exception {
    Definitions definitions =
        new Definitions(folder.resolve("definitions"))
            .with(
                "catalog.yaml",
                """
                namespaces: {user_id: {unique: true}, email: {max: 5}, anonymous_id: {max: 50}}
                traits: {plan: {type: string}, spent: {type: number}}
                """)
            .with(
                "models/customers.yaml",
                """
                name: customers
                kind: profiles
                source: {files: customers.csv, format: csv}
                key: {namespace: user_id, column: id}
                traits: {spent: spent}
                """)
            .with("audiences/pros.yaml", "name: pros\nwhen: {trait: traits.plan == \"pro\"}\n");
    Files.writeString(folder.resolve("customers.csv"), "id,spent\n1,10.5\n2,20\n3,\n");
    Path config = Files.writeString(folder.resolve("config.yaml"), "models: {root: .}\n");

    JsonNode profile;
    JsonNode letters;
    try (Child child = start(config)) {
      Attune.apply(url, definitions);
      assertThat(Attune.run(url, "refresh", "customers").output())
          .contains("3 rows, 3 of them new or changed");
      String events =
          """
          {"batch": [{"type": "identify", "userId": "1", "traits": {"plan": "pro"}},
                     {"type": "nonsense", "userId": "1"}]}
          """;
      assertThat(Http.post(url + "/v1/batch", events).status()).isEqualTo(200);
      Await.until(
          SOON,
          "the person is no pro",
          () -> profile("1").path("audiences").toString().contains("pros"));
      Await.until(SOON, "no dead letter", () -> letters().size() == 1);
      profile = profile("1");
      letters = letters();
      assertThat(child.terminate()).as("exit code after SIGTERM").isZero();
    }
    try (Child child = start(config)) {
      assertThat(profile("1")).isEqualTo(profile);
      assertThat(profile("2").path("traits").path("spent").asDouble()).isEqualTo(20);
      assertThat(letters()).isEqualTo(letters);
      assertThat(Attune.run(url, "apply", definitions.folder().toString()).output())
          .contains("0 new, 0 changed, 3 unchanged");
      assertThat(Attune.run(url, "refresh", "customers").output())
          .contains("3 rows, 0 of them new or changed");
      assertThat(profile("1")).as("after a refresh without news").isEqualTo(profile);
      Await.until(
          SOON,
          "those who were members before are not counted",
          () -> body("/v1/audiences/pros").path("members").asInt(-1) == 1);
      assertThat(child.terminate()).as("exit code after SIGTERM").isZero();
    }
  }

  @Test
  void terminatedUnderLoad_losesNothing() throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(seed, 0)) {
      terminateUnderLoad(new Random(seed), endpoint);
    } catch (AssertionError | Exception e) {
      throw new AssertionError("seed " + seed + ", data and log in " + folder, e);
    }
  }

  private void terminateUnderLoad(Random random, WebhookEndpoint endpoint) throws Exception {
    Path config = endpoint.allowIn(folder.resolve("config.yaml"));
    Load load;
    try (Child child = start(config)) {
      Attune.apply(url, Rules.write(folder.resolve("definitions"), endpoint));
      load = Load.start(() -> url, random, CONNECTIONS);
      Await.until(SOON, "the load does not go on", () -> load.acknowledged() > EVENTS);
      long redis = child.redisPid();
      assertThat(child.terminate()).as("exit code after SIGTERM under load").isZero();
      assertThat(Child.runs(redis)).as("its Redis still runs").isFalse();
    }
    try (Child child = start(config)) {
      new Outcome(load.stop(), endpoint).check(child.ports());
    }
  }

  private Child start(Path config) throws Exception {
    Child child = Child.start(folder.resolve("data"), "--config", config.toString());
    url = child.url();
    return child;
  }

  /** Without the time of the read. */
  private JsonNode profile(String userId) {
    JsonNode profile = body("/v1/profiles/user_id:" + userId);
    if (profile instanceof ObjectNode object) {
      object.remove("read_at");
    }
    return profile;
  }

  private JsonNode letters() {
    return body("/v1/dead-letters").path("deadLetters");
  }

  private JsonNode body(String path) {
    try {
      return Http.get(url + path).body();
    } catch (Exception e) {
      throw new IllegalStateException(path, e);
    }
  }
}
