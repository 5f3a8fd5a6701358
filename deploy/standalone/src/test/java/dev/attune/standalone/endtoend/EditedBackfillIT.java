package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An audience that is edited while the past is told for what it was: in the end it has those whom
 * the edit asks for, by all that they did before.
 */
class EditedBackfillIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final int PEOPLE = 300;
  private static final int EVENTS_EACH = 16;
  private static final int BATCH = 200;

  /** A backfill of so few events may be through before an edit is there. */
  private static final int ROUNDS_MAX = 5;

  @TempDir private Path folder;

  @Test
  void editDuringABackfill_isDecidedByAllOfThePast() throws Exception {
    try (Standalone standalone =
        Standalone.start(
            StandaloneConfig.of(folder.resolve("data")).withPorts(StandaloneConfig.Ports.FREE))) {
      String url = standalone.url();
      var definitions =
          new Definitions(folder.resolve("definitions"))
              .with("catalog.yaml", "namespaces: {user_id: {unique: true}}\n");
      apply(url, definitions);
      rent(url);
      boolean edited = false;
      for (int round = 1; round <= ROUNDS_MAX && !edited; round++) {
        String name = "renters-" + round;
        // Of other numbers each time: what was told once is known.
        apply(url, definitions.with(file(name), audience(name, ">= " + (4 + round / 10.0), 2)));
        await("a backfill begins", () -> isOf(backfill(url), name) && passed(url) > 0);
        String begun = backfill(url).path("started_at").asText();
        apply(url, definitions.with(file(name), audience(name, "< " + (4 + round / 10.0), 3)));
        JsonNode under = backfill(url);
        edited =
            under.path("state").asText().equals("running")
                && under.path("started_at").asText().equals(begun);
        Set<String> expected = smallRenters();
        await(name + " has those of the edit", () -> members(url, name).equals(expected));
        await(
            name + " is live",
            () ->
                Http.get(url + "/v1/audiences/" + name)
                    .body()
                    .path("state")
                    .asText()
                    .equals("live"));
        assertThat(members(url, name)).isEqualTo(expected);
        JsonNode audience = Http.get(url + "/v1/audiences/" + name).body();
        assertThat(audience.has("decided_by")).as("%s", audience).isFalse();
        assertThat(audience.path("entered").asLong() - audience.path("exited").asLong())
            .isEqualTo(expected.size());
      }
      assertThat(edited).as("an edit came while a backfill ran").isTrue();
    }
  }

  // Waits for no backfill.
  private static void apply(String url, Definitions definitions) {
    Attune.Answer answer = Attune.run(url, "apply", definitions.folder().toString());
    assertThat(answer.code()).as(answer.output()).isZero();
  }

  private static String file(String name) {
    return "audiences/" + name + ".yaml";
  }

  private static String audience(String name, String total, int count) {
    return """
        name: %s
        when: {event: Kayak Rented, where: properties.total %s, count: ">= %d", within: 1d}
        """
        .formatted(name, total, count);
  }

  /** Person i rents i % 6 times for little, and else for much. */
  private static int small(int person) {
    return person % 6;
  }

  private static void rent(String url) throws Exception {
    List<String> events = new ArrayList<>();
    for (int n = 0; n < EVENTS_EACH; n++) {
      for (int i = 0; i < PEOPLE; i++) {
        events.add(
            """
            {"type": "track", "userId": "p%d", "messageId": "e%d-%d", "event": "Kayak Rented", "properties": {"total": %d}}
            """
                .formatted(i, i, n, n < small(i) ? 1 : 9));
      }
    }
    for (int from = 0; from < events.size(); from += BATCH) {
      String batch = String.join(",", events.subList(from, Math.min(events.size(), from + BATCH)));
      assertThat(Http.post(url + "/v1/batch", "{\"batch\": [" + batch + "]}").status())
          .isEqualTo(200);
    }
  }

  private static Set<String> smallRenters() {
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < PEOPLE; i++) {
      if (small(i) >= 3) {
        expected.add(ProfileIds.of(new Identifier("user_id", "p" + i)));
      }
    }
    return expected;
  }

  private static JsonNode backfill(String url) throws Exception {
    return Http.get(url + "/v1/audiences:backfill").body();
  }

  private static long passed(String url) throws Exception {
    return backfill(url).path("passed").asLong();
  }

  private static boolean isOf(JsonNode backfill, String audience) {
    return backfill.path("audiences").toString().contains("\"" + audience + "\"");
  }

  private static Set<String> members(String url, String name) throws Exception {
    Set<String> members = new TreeSet<>();
    Http.get(url + "/v1/audiences/" + name + "/members?limit=1000")
        .body()
        .path("members")
        .forEach(member -> members.add(member.path("profile_id").asText()));
    return members;
  }

  private static void await(String what, Callable<Boolean> condition) {
    Await.until(
        SOON,
        "not within " + SOON.toSeconds() + " s: " + what,
        () -> {
          try {
            return condition.call();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
