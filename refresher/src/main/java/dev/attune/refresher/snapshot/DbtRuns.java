package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.core.model.DbtModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** What dbt says of its last run: {@code run_results.json}. */
final class DbtRuns {
  private static final long LENGTH_MAX = 256L << 20;
  private static final Set<String> FINE = Set.of("success", "pass", "warn", "no-op");
  private static final ObjectMapper JSON = new ObjectMapper();

  private DbtRuns() {}

  /**
   * Refuses when the model, or a test of it, failed or was skipped in dbt's last run. One that this
   * run had nothing to do with is fine.
   */
  static void check(DbtModel dbt, Path dataRoot) {
    Path target = dataRoot.toAbsolutePath().normalize().resolve(dbt.target());
    Path file = target.resolve("run_results.json");
    if (!Files.isRegularFile(file)) {
      throw new RefusedException(
          "there is no " + file + ": dbt has not run there (expected: what dbt writes at its end)");
    }
    JsonNode results = json(file).path("results");
    if (!results.isArray()) {
      throw new RefusedException(file + " is not what dbt writes: it has no results");
    }
    // What a test is of stands in the manifest alone.
    JsonNode nodes =
        anyTestFailed(results)
            ? json(target.resolve("manifest.json")).path("nodes")
            : JSON.createObjectNode();
    for (JsonNode result : results) {
      String id = result.path("unique_id").asText();
      String status = result.path("status").asText();
      if (FINE.contains(status)) {
        continue;
      }
      if (isModel(id, dbt.model())) {
        throw new RefusedException(
            "the last dbt run of \"%s\" ended with %s (allowed: success; run dbt again)"
                .formatted(dbt.model(), shown(status)));
      }
      if (id.startsWith("test.") && dependsOn(nodes.path(id), dbt.model())) {
        throw new RefusedException(
            "a dbt test of \"%s\" ended with %s in the last run (allowed: pass, warn)"
                .formatted(dbt.model(), shown(status)));
      }
    }
  }

  private static boolean anyTestFailed(JsonNode results) {
    for (JsonNode result : results) {
      if (result.path("unique_id").asText().startsWith("test.")
          && !FINE.contains(result.path("status").asText())) {
        return true;
      }
    }
    return false;
  }

  private static boolean dependsOn(JsonNode test, String model) {
    for (JsonNode node : test.path("depends_on").path("nodes")) {
      if (isModel(node.asText(), model)) {
        return true;
      }
    }
    return false;
  }

  // model.PROJECT.NAME, or model.PROJECT.NAME.vN
  private static boolean isModel(String id, String model) {
    String[] parts = id.split("\\.", -1);
    return parts.length >= 3 && parts[0].equals("model") && parts[2].equals(model);
  }

  private static String shown(String status) {
    return status.matches("[a-z -]{1,30}") ? "\"" + status + "\"" : "an unknown status";
  }

  private static JsonNode json(Path file) {
    try {
      if (Files.size(file) > LENGTH_MAX) {
        throw new RefusedException(file + " is larger than " + (LENGTH_MAX >> 20) + " MB");
      }
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new RefusedException(file + " is not JSON, or not whole: dbt may be writing it");
    } catch (IOException e) {
      throw new RefusedException("the file " + file + " cannot be read");
    }
  }
}
