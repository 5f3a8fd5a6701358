package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.standalone.terminal.Complaint;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirTest {
  @TempDir private Path folder;

  // ./attune demo --data-dir ~ must not empty a home folder.
  @Test
  void folderOfSomebodyElse_isRefusedAndLeftAlone() throws Exception {
    Path file = Files.writeString(folder.resolve("thesis.tex"), "years of work");
    assertThatThrownBy(() -> DataDir.open(folder))
        .isInstanceOf(Complaint.class)
        .hasMessageContaining("holds something that is not Attune's");
    assertThat(file).hasContent("years of work");
  }

  @Test
  void folderInUse_isRefused() {
    try (DataDir first = DataDir.open(folder.resolve("data"))) {
      assertThatThrownBy(() -> DataDir.open(first.path()))
          .isInstanceOf(Complaint.class)
          .hasMessageContaining("another Attune runs in " + first.path());
    }
  }

  @Test
  void closedFolder_canBeOpenedAgainAndKeepsWhatIsInIt() throws Exception {
    try (DataDir data = DataDir.open(folder.resolve("data"))) {
      Files.writeString(data.log(), "{}");
    }
    try (DataDir data = DataDir.open(folder.resolve("data"))) {
      assertThat(data.log()).hasContent("{}");
    }
  }

  @Test
  void clean_removesAllButTheMarker() throws Exception {
    try (DataDir data = DataDir.open(folder.resolve("data"))) {
      Files.createDirectories(data.state("evaluator"));
      Files.writeString(data.state("evaluator").resolve("x"), "1");
      data.clean();
      assertThat(data.state("evaluator")).doesNotExist();
      assertThat(data.log().getParent()).isEmptyDirectory();
      assertThatThrownBy(() -> DataDir.open(data.path())).hasMessageContaining("another Attune");
    }
    DataDir.open(folder.resolve("data")).close();
  }
}
