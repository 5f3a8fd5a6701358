package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Audiences and consents that the warehouse computes, from a table to a lookup. */
class WarehouseKindsIT {
  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir private Path folder;

  private Definitions definitions() {
    return new Definitions(folder.resolve("definitions"))
        .with("catalog.yaml", "namespaces: {user_id: {unique: true}, email: {}}\n")
        .with(
            "models/churn-risk.yaml",
            """
            name: churn-risk
            kind: audience
            source: {files: %s, format: csv}
            key: {namespace: user_id, column: id}
            since: since
            """
                .formatted(folder.resolve("churn.csv")))
        .with(
            "models/consents.yaml",
            """
            name: consents
            kind: consent
            source: {files: %s, format: csv}
            key: {namespace: user_id, column: id}
            purposes: {marketing: marketing}
            """
                .formatted(folder.resolve("consents.csv")))
        .with("views/page.yaml", "name: page\nversion: 1\ntraits: []\naudiences: [churn-risk]\n");
  }

  private void table(String name, String... lines) throws IOException {
    Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  private static List<String> audiences(Standalone standalone, String who) {
    List<String> audiences = new ArrayList<>();
    lookup(standalone, who).path("audiences").forEach(each -> audiences.add(each.toString()));
    return audiences;
  }

  private static JsonNode lookup(Standalone standalone, String who) {
    try {
      return Http.get(standalone.url() + "/v1/profiles/user_id:" + who).body();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("lookup", e);
    }
  }

  private static void refresh(Standalone standalone, String model) {
    Attune.Answer answer = Attune.run(standalone.url(), "refresh", model);
    assertThat(answer.code()).as(answer.output()).isZero();
  }

  @Test
  void tablesOfMembersAndConsents_showInLookups_asLongAsTheirRowsAreThere() throws Exception {
    table("churn.csv", "id,since", "1,2026-10-01", "2,");
    table("consents.csv", "id,marketing", "1,yes", "2,unknown");
    try (Standalone standalone =
        Standalone.start(
            StandaloneConfig.of(folder.resolve("data")).withPorts(StandaloneConfig.Ports.FREE))) {
      Attune.apply(standalone.url(), definitions());
      refresh(standalone, "churn-risk");
      Await.until(SOON, "1 is no member", () -> audiences(standalone, "1").size() == 1);
      Await.until(SOON, "2 is no member", () -> audiences(standalone, "2").size() == 1);
      assertThat(audiences(standalone, "1").getFirst())
          .contains("churn-risk")
          .contains("2026-10-01T00:00:00Z");
      assertThat(audiences(standalone, "2").getFirst())
          .contains("churn-risk")
          .doesNotContain("2026-10-01");
      for (String path : List.of("user_id:1", "user_id:1?view=page")) {
        assertThat(Http.get(standalone.url() + "/v1/profiles/" + path).body().toString())
            .contains("churn-risk")
            .doesNotContain("#member");
      }

      refresh(standalone, "consents");
      Await.until(
          SOON,
          "the consent of 1 does not show",
          () -> lookup(standalone, "1").toString().contains("consent.marketing"));
      assertThat(lookup(standalone, "2").toString()).contains("consent.marketing");

      // Gone from the table is out of the audience.
      table("churn.csv", "id,since", "2,");
      refresh(standalone, "churn-risk");
      Await.until(SOON, "1 is a member still", () -> audiences(standalone, "1").isEmpty());
      assertThat(audiences(standalone, "2")).hasSize(1);

      Attune.Answer runs = Attune.run(standalone.url(), "runs", "list");
      assertThat(runs.code()).as(runs.output()).isZero();
      assertThat(runs.output()).contains("churn-risk-").contains("consents-").contains("done");
    }
  }
}
