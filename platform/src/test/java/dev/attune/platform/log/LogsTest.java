package dev.attune.platform.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LogsTest {
  @TempDir private Path folder;

  @AfterEach
  void back() {
    Logs.toStandardOutput();
  }

  @Test
  void file_hasOneJsonObjectALine_andControlCharactersAreEscaped() throws Exception {
    Path file = folder.resolve("attune.log");
    Logs.toFile(file);
    LoggerFactory.getLogger("dev.attune.Some").info("first\nline \u001b[31m{}", 7);
    LoggerFactory.getLogger("dev.attune.Some").error("failed", new IllegalStateException("why"));
    LoggerFactory.getLogger("org.apache.kafka.Any").info("too quiet to be heard");
    LoggerFactory.getLogger("state.change.logger").info("the broker's, too quiet to be heard");
    java.util.logging.Logger.getLogger("dev.attune.Jul").warning("through the JDK");
    System.getLogger("io.helidon.Any").log(System.Logger.Level.INFO, "too quiet to be heard");

    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);

    assertThat(lines).hasSize(3);
    JsonNode first = Json.parse(lines.get(0).getBytes(StandardCharsets.UTF_8));
    assertThat(first.path("message").asText()).isEqualTo("first\nline \u001b[31m7");
    assertThat(first.path("level").asText()).isEqualTo("INFO");
    assertThat(first.path("logger_name").asText()).isEqualTo("dev.attune.Some");
    assertThat(lines.get(0)).doesNotContain("\u001b", "attune.log.file", file.toString());
    assertThat(lines.get(1)).contains("IllegalStateException", "why");
    assertThat(lines.get(2)).contains("through the JDK", "\"WARN\"");
  }
}
