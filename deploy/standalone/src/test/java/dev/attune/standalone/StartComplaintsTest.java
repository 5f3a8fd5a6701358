package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.DefinitionException;
import dev.attune.platform.kafka.KafkaUnavailableException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartComplaintsTest {
  @Test
  void storedDefinitionsThatCannotBeTaken_sayWhichAndWhatToDo() {
    assertThat(
            StartComplaints.definitions(
                    new DefinitionException(
                        "the stored definitions cannot be taken: audiences/vip.yaml:2:1: unknown"
                            + " key \"whne\""))
                .sentence())
        .isEqualTo(
            "the stored definitions cannot be taken: audiences/vip.yaml:2:1: unknown key \"whne\";"
                + " start the version of Attune that took them, mend or prune them there with"
                + " ./attune apply, then start this one.");
  }

  @Test
  void kafkaThatDoesNotAnswer_saysWhereToLook(@TempDir Path folder) {
    try (DataDir data = DataDir.open(folder.resolve("data"), DataDir.Kind.UP)) {
      assertThat(
              StartComplaints.kafka(
                      new KafkaUnavailableException("the definitions were not read within 60 s"),
                      data)
                  .sentence())
          .startsWith("Kafka is not usable: the definitions were not read within 60 s; start again")
          .endsWith("look into " + data.log() + ".");
    }
  }
}
