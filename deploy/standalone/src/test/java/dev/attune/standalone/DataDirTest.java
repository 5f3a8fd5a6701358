package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.standalone.DataDir.Kind;
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
    assertThatThrownBy(() -> DataDir.open(folder, Kind.DEMO))
        .isInstanceOf(Complaint.class)
        .hasMessageContaining("holds something that is not Attune's");
    assertThat(file).hasContent("years of work");
  }

  @Test
  void folderInUse_isRefused() {
    try (DataDir first = DataDir.open(folder.resolve("data"), Kind.UP)) {
      assertThatThrownBy(() -> DataDir.open(first.path(), Kind.UP))
          .isInstanceOf(Complaint.class)
          .hasMessageContaining("another Attune runs in " + first.path());
    }
  }

  @Test
  void closedFolder_canBeOpenedAgainAndKeepsWhatIsInIt() throws Exception {
    try (DataDir data = DataDir.open(folder.resolve("data"), Kind.UP)) {
      Files.writeString(data.log(), "{}");
    }
    try (DataDir data = DataDir.open(folder.resolve("data"), Kind.UP)) {
      assertThat(data.log()).hasContent("{}");
    }
  }

  @Test
  void clean_removesAllButTheMarker() throws Exception {
    try (DataDir data = DataDir.open(folder.resolve("data"), Kind.DEMO)) {
      Files.createDirectories(data.state("evaluator"));
      Files.writeString(data.state("evaluator").resolve("x"), "1");
      data.clean();
      assertThat(data.state("evaluator")).doesNotExist();
      assertThat(data.log().getParent()).isEmptyDirectory();
      assertThatThrownBy(() -> DataDir.open(data.path(), Kind.DEMO))
          .hasMessageContaining("another Attune");
    }
    DataDir.open(folder.resolve("data"), Kind.DEMO).close();
  }

  // ./attune demo --config FILE must not empty what ./attune up keeps.
  @Test
  void folderOfUp_isRefusedToADemoAndLeftAlone() throws Exception {
    Path data = folder.resolve("data");
    Path file;
    try (DataDir up = DataDir.open(data, Kind.UP)) {
      file = Files.writeString(up.log(), "years of work");
      assertThatThrownBy(up::clean)
          .isInstanceOf(Complaint.class)
          .hasMessageContaining("is not a demo's");
    }
    assertThatThrownBy(() -> DataDir.open(data, Kind.DEMO))
        .isInstanceOf(Complaint.class)
        .hasMessageContaining(data + " is not a demo's");
    assertThat(file).hasContent("years of work");
    DataDir.open(data, Kind.UP).close();
  }

  @Test
  void folderOfADemoThatUpHasUsed_isTheDemosNoLonger() {
    Path data = folder.resolve("data");
    DataDir.open(data, Kind.DEMO).close();
    DataDir.open(data, Kind.DEMO).close();
    DataDir.open(data, Kind.UP).close();
    assertThatThrownBy(() -> DataDir.open(data, Kind.DEMO)).hasMessageContaining("not a demo's");
  }

  // As a process leaves it that is killed before it has written the kind.
  @Test
  void folderWhoseMarkerSaysNothing_isNotADemos() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.createFile(data.resolve("attune-data"));
    DataDir.open(data, Kind.DEMO).close();
    Files.writeString(data.resolve("attune-data"), "");
    assertThatThrownBy(() -> DataDir.open(data, Kind.DEMO)).hasMessageContaining("not a demo's");
  }
}
