package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.StandaloneConfig.Ports;
import dev.attune.testkit.RedisTalk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The warehouse's own identity resolution, operators' words on it, and what the log keeps of both.
 */
class IdentityIT {
  private static final String ADA = "email:ada@example.org";
  private static final String OLD = "email:ada.old@example.org";
  private static final String PHONE = "anonymous_id:phone";
  private static final String ANSWER_PROFILE = "profile_id";

  @TempDir private Path folder;
  private Standalone standalone;

  @BeforeEach
  void start() throws Exception {
    standalone =
        Standalone.start(
            StandaloneConfig.of(folder.resolve("data"))
                .withPorts(Ports.FREE)
                .withModelsRoot(folder));
    Attune.apply(
        standalone.url(),
        new Definitions(folder.resolve("definitions"))
            .with(
                "catalog.yaml",
                """
                namespaces:
                  email: {max: 5, normalise: lower}
                  anonymous_id: {max: 50}
                  person: {unique: true}
                traits: {}
                """)
            .with(
                "models/people.yaml",
                """
                name: people
                kind: identity
                source: {files: people.parquet, format: parquet}
                identifier: {namespace: {column: kind}, column: id}
                person: {namespace: person, column: person}
                """));
  }

  @AfterEach
  void stop() {
    standalone.close();
  }

  private void refresh(String... rows) throws Exception {
    List<String> values = new ArrayList<>();
    for (String row : rows) {
      String[] cells = row.split(" ", -1);
      values.add("('%s', '%s', '%s')".formatted(cells[0], cells[1], cells[2]));
    }
    Warehouse.parquet(
        folder.resolve("people.parquet"),
        "select * from (values " + String.join(", ", values) + ") t(kind, id, person)");
    attune("refresh", "people");
  }

  private String attune(String... arguments) {
    Attune.Answer answer = Attune.run(standalone.url(), arguments);
    assertThat(answer.code()).as(answer.output()).isZero();
    return answer.output();
  }

  private String refused(String... arguments) {
    Attune.Answer answer = Attune.run(standalone.url(), arguments);
    assertThat(answer.code()).as(answer.output()).isEqualTo(1);
    assertThat(answer.output()).startsWith("attune: ").hasLineCount(1);
    return answer.output();
  }

  private JsonNode get(String path) throws Exception {
    Http.Reply reply = Http.get(standalone.url() + "/v1/profiles/" + path);
    assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
    return reply.body();
  }

  private List<String> knownBy(String who) throws Exception {
    List<String> known = new ArrayList<>();
    get(who)
        .path("identifiers")
        .forEach(i -> known.add(i.path("namespace").asText() + ":" + i.path("value").asText()));
    return known;
  }

  private static List<String> told(JsonNode links) {
    List<String> told = new ArrayList<>();
    links.forEach(
        link ->
            told.add(
                link.path("a").path("value").asText()
                    + " "
                    + link.path("b").path("value").asText()
                    + " "
                    + link.path("source").asText()
                    + " "
                    + link.path("outcome").asText()));
    return told;
  }

  @Test
  void snapshotsRegroup_operatorsSplit_andTheLogBringsAllOfItBack() throws Exception {
    refresh("email Ada@example.org p1", "anonymous_id phone p1", "email ada.old@example.org p2");
    assertThat(knownBy(ADA)).containsExactly(ADA, PHONE, "person:p1");
    assertThat(knownBy(OLD)).containsExactly(OLD, "person:p2");
    String former = get(OLD).path(ANSWER_PROFILE).asText();

    // The warehouse thinks again: both addresses are one person's, the phone is another's.
    refresh("email Ada@example.org p1", "anonymous_id phone p2", "email ada.old@example.org p1");
    assertThat(knownBy(ADA)).containsExactly(OLD, ADA, "person:p1");
    assertThat(knownBy(PHONE)).containsExactly(PHONE, "person:p2");
    JsonNode identity = get(ADA + "/identity");
    assertThat(identity.path(ANSWER_PROFILE).asText()).isEqualTo(former);
    assertThat(told(identity.path("links")))
        .containsExactlyInAnyOrder(
            "ada@example.org p1 model:people joined", "ada.old@example.org p1 model:people joined");
    assertThat(told(identity.path("skipped")))
        .containsExactlyInAnyOrder(
            "phone p1 model:people taken_back", "ada.old@example.org p2 model:people taken_back");
    identity.path("identifiers").forEach(i -> assertThat(i.has("first_seen")).isTrue());

    assertThat(
            attune("identity", "split", ADA, OLD, "--reason", "two people at work", "--by", "sam"))
        .startsWith("Split: the first is of profile ");
    assertThat(knownBy(OLD)).contains(OLD).doesNotContain(ADA);
    JsonNode split = get(ADA + "/identity").path("splits").path(0);
    assertThat(split.path("by").asText()).isEqualTo("sam");
    assertThat(split.path("reason").asText()).isEqualTo("two people at work");
    // In force whatever the next snapshot says.
    attune("refresh", "people", "--full");
    assertThat(knownBy(OLD)).doesNotContain(ADA);
    List<String> before = knownBy(ADA);

    assertThat(RedisTalk.ask(standalone.ports().redis(), "FLUSHALL")).isNotEmpty();
    attune("store", "rebuild");
    assertThat(knownBy(ADA)).isEqualTo(before);
    assertThat(knownBy(OLD)).doesNotContain(ADA);
    assertThat(get(ADA + "/identity").path("splits").path(0)).isEqualTo(split);
    assertThat(knownBy(PHONE)).containsExactly(PHONE, "person:p2");

    assertThat(attune("identity", "lift", OLD, ADA, "--reason", "one after all"))
        .startsWith("Lifted: both are of profile ");
    assertThat(knownBy(ADA)).containsExactly(OLD, ADA, "person:p1");
    assertThat(get(ADA + "/identity").path("splits").path(0).path("lifted").asBoolean()).isTrue();
    // What was taken back before the loss stays so.
    assertThat(knownBy(PHONE)).containsExactly(PHONE, "person:p2");
  }

  @Test
  void wordsThatMakeNoSense_haveASentenceEach() throws Exception {
    refresh("email ada@example.org p1", "anonymous_id phone p2");
    assertThat(refused("identity", "split", "email:nobody@example.org", ADA, "--reason", "x"))
        .contains("nobody is known by the first identifier");
    assertThat(refused("identity", "split", ADA, PHONE, "--reason", "x"))
        .contains("the two identifiers are not linked");
    assertThat(refused("identity", "lift", ADA, "person:p1", "--reason", "x"))
        .contains("there is nothing to lift");
    attune("identity", "split", ADA, "person:p1", "--reason", "x");
    assertThat(refused("identity", "split", "person:p1", ADA, "--reason", "x"))
        .contains("are split already");
    assertThat(refused("identity", "split", "emial:a@example.org", PHONE, "--reason", "x"))
        .contains("one: namespace: unknown (allowed: email, anonymous_id, person)")
        .doesNotContain("example.org");
    assertThat(refused("identity", "split", ADA, "phone", "--reason", "x"))
        .contains("each of the two is NAMESPACE:VALUE");
    assertThat(refused("identity", "split", ADA, ADA, "--reason", "x")).contains("the same");
    assertThat(refused("identity", "split", ADA, PHONE, "--reason", " ")).contains("reason: ");
    Http.Reply page =
        Http.post(standalone.url() + "/v1/identity:split", "{\"one\": {}, \"other\": {}}");
    assertThat(page.status()).isEqualTo(415);
  }
}
