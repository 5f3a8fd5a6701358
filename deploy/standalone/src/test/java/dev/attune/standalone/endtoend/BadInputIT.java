package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.StandaloneConfig.Ports;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people get wrong: each has its sentence, and nothing is lost. */
class BadInputIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static final String CATALOG =
      """
      namespaces: {user_id: {unique: true}, email: {max: 5}, anonymous_id: {max: 50}}
      traits:
        plan: {type: string}
        age: {type: integer}
      """;

  @TempDir private static Path folder;
  private static Standalone standalone;

  @BeforeAll
  static void start() throws Exception {
    standalone =
        Standalone.start(
            StandaloneConfig.of(folder.resolve("data"))
                .withPorts(Ports.FREE)
                .withModelsRoot(folder));
    Attune.apply(standalone.url(), definitions());
  }

  @AfterAll
  static void stop() {
    standalone.close();
  }

  // --- files ---

  @Test
  void parquetFileCutInHalf_isRefusedAndProfilesStayAsTheyWere() throws Exception {
    String model = model("parquet");
    Path file = folder.resolve(model + ".parquet");
    String rows = "select 'cut' || i as id, 'pro' as plan from range(5000) t(i)";
    Warehouse.parquet(file, rows);
    assertThat(refresh(model)).contains("5000 rows, 5000 of them new or changed");
    awaitTrait("cut4999", "plan", "pro");

    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertThat(refresh(model))
        .contains(
            model
                + " was refused: "
                + model
                + ".parquet is not a whole Parquet file: its end is missing, it was cut off");
    assertThat(trait("cut0", "plan")).isEqualTo("pro");

    Warehouse.parquet(file, rows.replace("'pro'", "'free'"));
    assertThat(refresh(model)).contains("5000 rows, 5000 of them new or changed");
    awaitTrait("cut0", "plan", "free");
  }

  @Test
  void csvFileWithoutItsKeyColumn_isRefusedWithTheNearestName() throws Exception {
    String model = model("csv");
    Files.writeString(folder.resolve(model + ".csv"), "idd,plan\n1,pro\n");
    assertThat(refresh(model))
        .contains(model + ".csv has no column \"id\"; did you mean \"idd\"? (present: idd, plan)");
  }

  @Test
  void columnOfAnUnsupportedType_isRefusedWithTheAllowedOnes() throws Exception {
    String model = model("parquet");
    Warehouse.parquet(
        folder.resolve(model + ".parquet"), "select 'blob' as id, '\\xAA'::blob as plan");
    assertThat(refresh(model)).contains("plan", "BLOB", "VARCHAR");
    assertThat(profile("blob").status()).isEqualTo(404);
  }

  // --- definitions ---

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "name: a\\nwhne: {trait: has(traits.age)}|audiences/a.yaml:2:1: |did you mean \"when\"?",
        "name: a\\nwhen: {trait: traits.age > \"x\"}|audiences/a.yaml:2:15: |'(int, string)'",
        "name: a\\nwhen: {trait: traits.aeg > 3}|audiences/a.yaml:2:15: |did you mean \"age\"?",
        "name: a\\n  when: 3|audiences/a.yaml:2:|",
      })
  void definitionThatIsWrong_isRefusedWithItsPlaceAndNothingIsApplied(
      String audience, String place, String hint) throws Exception {
    JsonNode before = Http.get(standalone.url() + "/v1/definitions").body();
    Definitions wrong = definitions().with("audiences/a.yaml", audience.replace("\\n", "\n"));
    Attune.Answer answer = Attune.run(standalone.url(), "apply", wrong.folder().toString());
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.output().strip()).startsWith("attune: " + place).hasLineCount(1);
    if (hint != null) {
      assertThat(answer.output()).contains(hint);
    }
    assertThat(Http.get(standalone.url() + "/v1/definitions").body()).isEqualTo(before);
  }

  // --- events ---

  @Test
  void eventOf40Kilobytes_isRefusedAloneAndADeadLetterInABatch() throws Exception {
    String large =
        "{\"type\": \"track\", \"event\": \"Big\", \"userId\": \"big\", \"properties\": {\"x\": \"%s\"}}"
            .formatted("x".repeat(40 << 10));
    Http.Reply alone = Http.post(standalone.url() + "/v1/track", large);
    assertThat(alone.status()).isEqualTo(400);
    assertThat(alone.message()).matches("the event has 4\\d{4} bytes \\(allowed: 32768\\)");

    int letters = letters().size();
    String small = "{\"type\": \"identify\", \"userId\": \"%s\", \"traits\": {\"plan\": \"pro\"}}";
    String batch =
        "{\"batch\": [%s, %s, %s]}"
            .formatted(small.formatted("before"), large, small.formatted("behind"));
    assertThat(Http.post(standalone.url() + "/v1/batch", batch).status()).isEqualTo(200);
    awaitTrait("before", "plan", "pro");
    awaitTrait("behind", "plan", "pro");
    Await.until(SOON, "the large event is no dead letter", () -> letters().size() > letters);
    assertThat(letters().get(0).path("reason").asText())
        .matches("the event has 4\\d{4} bytes \\(allowed: 32768\\)");
    String id = letters().get(0).path("id").asText();
    assertThat(Attune.run(standalone.url(), "dead-letters", "show", id).output())
        .as("its content is kept")
        .contains("x".repeat(40 << 10));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "track|{\"event\": \"A\", |not valid JSON at line 1, column",
        "batch|{\"batch\": [}|not valid JSON at line 1, column 12",
        "identify|[]|the event is no JSON object",
        "identify|{\"traits\": {}}|userId and anonymousId: both missing (one is needed)",
        "track|{\"userId\": \"1\"}|event: missing, or not a text of 1 to 200 characters",
        "batch|{\"batch\": 3}|batch: missing, empty or not a list",
      })
  void requestThatIsWrong_isRefusedWithWhatIsExpected(String path, String body, String sentence)
      throws Exception {
    Http.Reply reply = Http.post(standalone.url() + "/v1/" + path, body);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.message()).startsWith(sentence);
  }

  // --- ports ---

  @ParameterizedTest
  @CsvSource({"HTTP,java", "gRPC,java", "Kafka,java", "Redis,redis"})
  void takenPort_isSaidWithItsHolder(String listener, String holder) {
    Ports held = standalone.ports();
    int port =
        switch (listener) {
          case "HTTP" -> held.http();
          case "gRPC" -> held.grpc();
          case "Kafka" -> held.kafka();
          default -> held.redis();
        };
    Ports wanted =
        new Ports(
            listener.equals("HTTP") ? port : 0,
            listener.equals("gRPC") ? port : 0,
            listener.equals("Kafka") ? port : 0,
            listener.equals("Redis") ? port : 0);
    StandaloneConfig config =
        StandaloneConfig.of(folder.resolve("taken-" + listener)).withPorts(wanted);
    assertThatThrownBy(() -> Standalone.start(config))
        .isInstanceOf(Complaint.class)
        .hasMessageContaining(
            "port " + port + ", wanted for " + listener + ", is taken by " + holder)
        .hasMessageContaining("(pid ")
        .hasMessageContaining("--" + listener.toLowerCase(Locale.ROOT) + "-port");
  }

  private static Definitions definitions() {
    return new Definitions(folder.resolve("definitions-" + NUMBER.incrementAndGet()))
        .with("catalog.yaml", CATALOG);
  }

  /** Publishes a model of its own, which reads {@code <name>.<format>}. */
  private static String model(String format) {
    String name = "model-" + NUMBER.incrementAndGet();
    Attune.apply(
        standalone.url(),
        definitions()
            .with(
                "models/" + name + ".yaml",
                """
                name: %1$s
                kind: profiles
                source: {files: %1$s.%2$s, format: %2$s}
                key: {namespace: user_id, column: id}
                traits: {plan: plan}
                """
                    .formatted(name, format)));
    return name;
  }

  private static String refresh(String model) {
    return Attune.run(standalone.url(), "refresh", model).output();
  }

  private static JsonNode letters() {
    try {
      return Http.get(standalone.url() + "/v1/dead-letters").body().path("deadLetters");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Http.Reply profile(String userId) {
    try {
      return Http.get(standalone.url() + "/v1/profiles/user_id:" + userId);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String trait(String userId, String trait) {
    return profile(userId).body().path("traits").path(trait).asText();
  }

  private static void awaitTrait(String userId, String trait, String value) {
    Await.until(
        SOON,
        trait + " of " + userId + " is not " + value,
        () -> trait(userId, trait).equals(value));
  }
}
