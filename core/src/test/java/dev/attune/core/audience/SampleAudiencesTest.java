package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SampleAudiencesTest {
  private static final Path DEFINITIONS = Path.of("..", "definitions");

  @Test
  void sampleAudiences_fitTheSampleCatalog() throws IOException {
    Catalog catalog = Catalog.parse(yaml(DEFINITIONS.resolve("catalog.yaml")));
    List<Path> files;
    try (var found = Files.list(DEFINITIONS.resolve("audiences"))) {
      files = found.toList();
    }
    assertThat(files).isNotEmpty();
    Set<String> names = new HashSet<>();
    for (Path file : files) {
      names.add(yaml(file).get("name").name());
    }
    for (Path file : files) {
      AudienceDefinition audience = AudienceDefinition.parse(yaml(file), catalog, names);
      assertThat(file).hasFileName(audience.name() + ".yaml");
    }
  }

  private static Yaml yaml(Path file) throws IOException {
    return Yaml.parse(file.toString(), Files.readString(file));
  }
}
