package dev.attune.standalone.up;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class StartOptionsTest {
  private static final Path OWN = Path.of(".attune", "demo");

  @TempDir private Path folder;

  @Test
  void commandsOwnFolder_isTakenWhenNeitherFlagNorFileNamesOne() throws Exception {
    Path config = Files.writeString(folder.resolve("attune.yaml"), "host: localhost");
    assertThat(dataDir()).isEqualTo(OWN);
    assertThat(dataDir("--config", config.toString())).isEqualTo(OWN);
  }

  @Test
  void flag_winsOverTheFile_whichWinsOverTheCommandsOwn() throws Exception {
    Path config = Files.writeString(folder.resolve("attune.yaml"), "data_dir: state");
    assertThat(dataDir("--config", config.toString())).isEqualTo(folder.resolve("state"));
    assertThat(dataDir("--config", config.toString(), "--data-dir", "mine"))
        .isEqualTo(Path.of("mine"));
  }

  private static Path dataDir(String... arguments) {
    StartOptions options = CommandLine.populateCommand(new StartOptions(), arguments);
    return options.config(OWN).dataDir();
  }
}
