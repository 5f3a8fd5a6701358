package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Yaml;
import dev.attune.proto.v1.Definition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The samples are what people copy from: they must be right. */
class SampleDefinitionsTest {
  private static final Path FOLDER = Path.of("../../definitions");
  private static final Map<String, String> KINDS =
      Map.of(
          "models",
          "model",
          "traits",
          "trait",
          "audiences",
          "audience",
          "webhooks",
          "webhook",
          "views",
          "view",
          "events",
          "event");

  @Test
  void samples_areOneCheckedSet() throws IOException {
    List<Definition> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
        String path = FOLDER.relativize(file).toString();
        String text = Files.readString(file);
        boolean catalog = path.equals("catalog.yaml");
        all.add(
            Definition.newBuilder()
                .setPath(path)
                .setYaml(text)
                .setVersion(1)
                .setKind(catalog ? "catalog" : KINDS.get(path.substring(0, path.indexOf('/'))))
                .setId(catalog ? "catalog" : Yaml.parse(path, text).get("name").name())
                .build());
      }
    }
    Definitions definitions = Definitions.parse(all);
    assertThat(definitions.catalog().namespaces().keySet())
        .containsExactly("user_id", "email", "anonymous_id");
    assertThat(definitions.models()).containsOnlyKeys("customers");
    assertThat(definitions.computed()).containsOnlyKeys("spent_90d");
    assertThat(definitions.audiences())
        .containsOnlyKeys(
            "frequent-buyers",
            "high-value",
            "three-views",
            "upgrade-candidates",
            "window-shoppers");
    assertThat(definitions.webhooks()).containsOnlyKeys("shop-crm");
    assertThat(definitions.views()).containsOnlyKeys("product-page");
  }
}
