package dev.attune.load.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
  @TempDir Path folder;

  @Test
  void whatIsSaid_isReadByOthers() throws Exception {
    Path file = folder.resolve("ledger");
    Ledger ledger = Ledger.create(file);
    assertThat(Ledger.of(file).read()).isEmpty();

    ledger.say(Ledger.Word.WITHDRAWN, 1);
    ledger.say(Ledger.Word.DELETED, 2);

    assertThat(Ledger.of(file).read())
        .isEqualTo(Map.of(People.id(1), Ledger.Word.WITHDRAWN, People.id(2), Ledger.Word.DELETED));
  }

  @Test
  void halfALine_isNotReadYet() throws Exception {
    Path file = folder.resolve("ledger");
    Ledger ledger = Ledger.create(file);
    Files.writeString(file, "DELETED 00", StandardOpenOption.APPEND);

    assertThat(ledger.read()).isEmpty();
  }
}
